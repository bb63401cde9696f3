"""lyceum-learn: DBSCAN, OPTICS and HDBSCAN against scikit-learn."""
import numpy as np
from sklearn.cluster import DBSCAN, HDBSCAN, OPTICS
from sklearn.metrics import adjusted_rand_score

from golden import Recipe, case, versions, write

letters = lambda labels: "".join("-" if v < 0 else chr(ord("a") + v) for v in labels)
METRICS = ("euclidean", "manhattan", "chebyshev")
r = Recipe(52700)


def rows():
    """Size, columns and clusters drawn; every third set lies on whole numbers, where distances tie."""
    n, p, k = 30 + r.below(60), 1 + r.below(3), 1 + r.below(4)
    centres, spread = r.uniforms(k * p).reshape(k, p) * 10, r.uniforms(k) * 1.5 + 0.1
    part, noise = r.belows(k, n), r.matrix(n, p)
    return n, p, centres[part] + spread[part][:, None] * noise


cases = []
for s in range(100):
    n, p, x = rows()
    grid, weighted, metric = s % 3 == 0, s % 4 == 1, METRICS[s % 5 % 3]
    eps = [1.0, 2.0][r.below(2)] if grid else 0.2 + 1.3 * r.uniform()
    m = 2 + r.below(5)
    if grid:
        x = np.floor(x)
    w = np.floor(r.uniforms(n) * 3) if weighted else None
    d = DBSCAN(eps=eps, min_samples=m, metric=metric).fit(x, sample_weight=w)
    core = np.zeros(n, int)
    core[d.core_sample_indices_] = 1
    cases.append(case(f"dbscan {s}", {}, {"labels": letters(d.labels_), "core": "".join(map(str, core))}))
for s in range(8):
    n, p, x = rows()
    # "euclidean" would take scikit-learn's shortcut by dot products, which loses half the digits and so breaks ties by rounding.
    o = OPTICS(min_samples=3 + s % 3, metric=("minkowski", *METRICS[1:])[s % 3], max_eps=np.inf if s % 2 == 0 else 2.0).fit(x)
    cases.append(case(f"optics {s}", {}, {"reachability": o.reachability_, "order": o.ordering_}))
for s in range(40):
    n, p, x = rows()
    h = HDBSCAN(min_cluster_size=4 + s % 4, min_samples=3 + s % 3).fit(x)
    # Mutual reachabilities tie often, and scikit-learn then goes by the order of rows; only sets that no order changes are kept.
    orders = [np.random.RandomState(o).permutation(n) for o in range(30)]
    if any(adjusted_rand_score(h.labels_[o], HDBSCAN(min_cluster_size=4 + s % 4, min_samples=3 + s % 3).fit(x[o]).labels_) < 1 for o in orders):
        continue
    cases.append(case(f"hdbscan {s}", {}, {"labels": letters(h.labels_)}))
print([len(set(c["expected"]["labels"])) for c in cases if c["name"].startswith("h")], np.mean([c["expected"]["labels"].count("-") / len(c["expected"]["labels"]) for c in cases if c["name"].startswith("d")]))
write("learn", "dbscan", versions("sklearn", "numpy"), cases,
      "52700, for each case in turn: n = 30 + below(60), p = 1 + below(3), k = 1 + below(4), centres (k x p) 10 u, spread (k) 1.5 u + 0.1, "
      "part = belows(k, n), noise (n x p); x = centre + spread noise; for dbscan s then eps = 1 + below(2) and x floored where s % 3 == 0, else "
      "0.2 + 1.3 u, minPoints = 2 + below(5), weights floor(3 u) where s % 4 == 1")
