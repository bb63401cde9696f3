"""lyceum-stats: variance-covariance, mahalanobis."""
import numpy as np
import scipy.stats as st
from scipy.spatial.distance import cdist
from sklearn.covariance import OAS, LedoitWolf

from golden import Recipe, case, versions, write

REF = versions("numpy", "scipy", "sklearn")


def data(i):
    """n x d; every second set in whole numbers, so that there are ties."""
    r = Recipe(45100 + i)
    n, d = 5 + r.below(40), 2 + r.below(4)
    x = r.matrix(n, d)
    x[:, 1] = x[:, 1] + 0.8 * x[:, 0]
    return np.rint(1.5 * x) if i % 2 else 3 * x + 10.0


def moments():
    cases = []
    for i in range(20):
        x = data(i)
        a, b = x[:, 0], x[:, 1]
        w = np.array(Recipe(45200 + i).belows(4, len(a)) + 1)
        k = st.kendalltau(a, b)
        p, s = st.pearsonr(a, b), st.spearmanr(a, b)
        lw, oas = LedoitWolf().fit(x), OAS().fit(x)
        cases.append(case(f"set {i}", {"seed": 45100 + i}, {
            "cov": np.cov(x.T), "corr": np.corrcoef(x.T), "weighted": np.cov(x.T, fweights=w)[0], "reliability": np.cov(x.T, aweights=w)[0],
            "pearson": [p.statistic, p.pvalue], "spearman": [s.statistic, s.pvalue], "kendall": [k.statistic, k.pvalue],
            "ledoitWolf": [lw.shrinkage_, *lw.covariance_[0]], "oas": [oas.shrinkage_, *oas.covariance_[0]]}))
    write("stats", "variance-covariance", REF, cases, "Recipe(seed) as data() in the script; weights are belows(4) + 1 of Recipe(seed + 100)")


def mahalanobis():
    cases = []
    for i in [i for i in range(0, 30, 2) if len(data(i)) > 12][:6]:
        x = data(i)
        y = data(i)[::-1][:4] + 0.5
        c = np.cov(x.T)
        cases.append(case(f"set {i}", {"set": i}, {"distances": cdist(x[:6], y, "mahalanobis", VI=np.linalg.inv(c)),
                                                       "centre": cdist(x[:6], x.mean(0)[None], "mahalanobis", VI=np.linalg.inv(c)).ravel()}))
    write("stats", "mahalanobis", REF, cases)


moments()
mahalanobis()
