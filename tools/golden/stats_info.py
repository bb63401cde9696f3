"""lyceum-stats: mutual-information, optimal-transport. Run with the Python that has scipy and scikit-learn."""
import numpy as np
from scipy.optimize import linear_sum_assignment, linprog
from scipy.stats import wasserstein_distance
from sklearn.metrics import mutual_info_score, normalized_mutual_info_score

from golden import Recipe, case, versions, write


def information():
    cases = []
    for i in range(40):
        r = Recipe(51700 + i)
        n, a, b = 5 + r.below(60), 1 + r.below(7), 1 + r.below(7)
        x = r.belows(a, n)
        y = (x + r.belows(2, n)) % b if i % 2 else r.belows(b, n)
        nmi = [normalized_mutual_info_score(x, y, average_method=m) for m in ("arithmetic", "geometric", "min", "max")]
        cases.append(case(f"codes {i}", {"x": x, "y": y}, {"mi": mutual_info_score(x, y), "nmi": nmi}))
    write("stats", "mutual-information", versions("sklearn", "scipy", "numpy"), cases)


def weights(r, n):
    w = r.uniforms(n) + 0.01
    return w / w.sum()


def transport():
    cases = []
    for i in range(20):
        r = Recipe(55400 + i)
        n, m = 1 + r.below(12), 1 + r.below(12)
        x, y = r.bells(n), 2 * r.bells(m) + 0.5
        if i % 4 == 0:
            x, y = np.rint(x), np.rint(y)  # ties
        a, b = weights(r, n), weights(r, m)
        cases.append(case("line", {"x": x, "y": y, "a": a, "b": b}, {"plain": wasserstein_distance(x, y), "weighted": wasserstein_distance(x, y, a, b)}))
    for i in range(8):
        r = Recipe(55500 + i)
        n = 2 + 2 * i
        c = np.round(r.uniforms(n * n).reshape(n, n), 4) if i % 2 else r.matrix(n, n)
        rows, columns = linear_sum_assignment(c)
        cases.append(case("assignment", {"c": c}, {"cost": c[rows, columns].sum()}))
    for i in range(10):
        r = Recipe(55600 + i)
        n, m = 2 + r.below(8), 2 + r.below(8)
        c = np.rint(5 * r.uniforms(n * m)).reshape(n, m) if i % 3 == 0 else r.uniforms(n * m).reshape(n, m)
        a, b = (np.full(n, 1 / n), np.full(m, 1 / m)) if i % 2 else (weights(r, n), weights(r, m))
        equal = np.vstack([np.kron(np.eye(n), np.ones(m)), np.kron(np.ones(n), np.eye(m))])
        lp = linprog(c.ravel(), A_eq=equal, b_eq=np.concatenate([a, b]), method="highs")
        assert lp.status == 0
        cases.append(case("plan", {"c": c, "a": a, "b": b}, {"cost": lp.fun}))
    write("stats", "optimal-transport", versions("scipy", "numpy"), cases)


information()
transport()
