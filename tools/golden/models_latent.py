"""lyceum-models, disentangled-representation: MIG, SAP and DCI by scikit-learn from given codes, factors and bins."""
import warnings

import numpy as np
from sklearn.linear_model import Lasso
from sklearn.metrics import mutual_info_score

from golden import Recipe, case, standardise, versions, write

warnings.simplefilter("ignore")
BINS = 20
REF = versions("sklearn", "numpy")


def gap(table, scale):
    ordered = np.sort(table, axis=0)[::-1]
    return float(np.mean((ordered[0] - ordered[1]) / scale))


def binned(z):
    return np.stack([np.digitize(c, np.histogram(c, BINS)[1][:-1]) for c in z.T], 1)


def entropy_rows(p):
    p = p / p.sum(1, keepdims=True)
    logs = np.where(p > 0, np.log(np.where(p > 0, p, 1)), 0)
    return -(p * logs).sum(1)


def purity(importance):
    rows = importance[importance.sum(1) > 0]
    weight = rows.sum(1) / rows.sum()
    return float(((1 - entropy_rows(rows) / np.log(rows.shape[1])) * weight).sum())


def score(z, v, alpha):
    cut = binned(z)
    mi = np.array([[mutual_info_score(v[:, f], cut[:, j]) for f in range(v.shape[1])] for j in range(z.shape[1])])
    entropy = np.array([mutual_info_score(c, c) for c in v.T])
    zs, vs = standardise(z), standardise(v.astype(float))
    r2 = np.array([[np.corrcoef(zs[:, j], vs[:, f])[0, 1] ** 2 for f in range(v.shape[1])] for j in range(z.shape[1])])
    fits = [Lasso(alpha=alpha, tol=1e-12, max_iter=1_000_000).fit(zs, vs[:, f]) for f in range(v.shape[1])]
    weights = np.abs(np.stack([m.coef_ for m in fits], 1))
    error = float(np.mean([np.mean((m.predict(zs) - vs[:, f]) ** 2) for f, m in enumerate(fits)]))
    return {"mi": mi, "mig": gap(mi, entropy), "sap": gap(r2, 1.0), "importances": weights, "disentanglement": purity(weights),
            "completeness": purity(weights.T), "error": error}


def main():
    cases = []
    for i, (levels, k, mixing, alpha) in enumerate([((6, 4, 5), 5, 0.3, 0.01), ((3, 8), 4, 1.0, 0.05), ((5, 5, 5, 2), 4, 0.05, 0.002)]):
        r = Recipe(8100 + i)
        n = 300
        v = np.stack([r.belows(m, n) for m in levels], 1)
        turn = np.eye(len(levels), k) + mixing * r.matrix(len(levels), k)
        z = np.round((v - v.mean(0)) / v.std(0) @ turn + 0.4 * r.matrix(n, k), 5)
        cases.append(case(f"score {i}", {"codes": z, "factors": v, "bins": BINS, "alpha": alpha}, score(z, v, alpha)))
    write("models", "disentanglement", REF, cases)


main()
