"""lyceum-learn: Gaussian mixtures against scikit-learn from the same start on iris."""
import warnings

import numpy as np
from sklearn.mixture import GaussianMixture

from golden import case, table, versions, write

warnings.simplefilter("ignore")
x, _ = table("iris")
k, p = 3, 4
weights = np.array([0.2, 0.5, 0.3])
means = x[[7, 60, 120]] + 0.125
base = np.array([[1, 0.25, 0.5, 0], [0.25, 0.75, 0, 0.125], [0.5, 0, 2, 0.25], [0, 0.125, 0.25, 0.5]])
starts = {"full": np.array([base, 0.5 * base, base + np.eye(4)]), "tied": base,
          "diag": np.array([np.diag(base), 0.5 * np.diag(base), [1, 2, 0.5, 0.25]]), "spherical": np.array([0.5, 1, 0.25])}
cases = []
for kind, start in starts.items():
    precisions = np.linalg.inv(start) if kind in ("full", "tied") else 1 / start
    for tol, most, reg in ((1e-3, 100, 1e-6), (1e-13, 1000, 0.0)):
        m = GaussianMixture(k, covariance_type=kind, tol=tol, max_iter=most, reg_covar=reg, weights_init=weights, means_init=means,
                            precisions_init=precisions).fit(x)
        print(kind, tol, m.n_iter_, m.score(x))
        cases.append(case(f"{kind} {tol}", {"kind": kind, "tol": tol, "maxIterations": most, "reg": reg, "weights": weights, "means": means,
                                           "covariances": start}, {
            "weights": m.weights_, "means": m.means_, "covariances": m.covariances_, "score": m.score(x), "iterations": m.n_iter_,
            "bic": m.bic(x), "aic": m.aic(x), "responsibilities": m.predict_proba(x[::20])}))
write("learn", "gmm", versions("sklearn", "numpy"), cases)
