"""lyceum-learn: FastICA against scikit-learn.

A start is told along the principal axes. scikit-learn makes the first entry of an axis positive, Lyceum the largest, so that the columns of
w_init change their signs here where the two differ.
"""
import warnings

import numpy as np
from sklearn.decomposition import FastICA

from golden import Recipe, case, product, versions, write

warnings.simplefilter("ignore")
cases = []
r = Recipe(57000)
n = 500
sources = np.stack([r.uniforms(n) - 0.5, np.floor(3 * r.uniforms(n)) - 1, r.bells(n) ** 3 / 4, r.uniforms(n) ** 3, r.bells(n)], axis=1)
mixing = r.matrix(5, 5)
x = product(sources, mixing.T.copy()) + 10 * np.arange(5.0)
start = r.matrix(5, 5)
for k in (5, 3):
    _, _, axes = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
    axes = axes[:k]
    theirs = np.sign(axes[:, 0])
    ours = np.sign(axes[np.arange(k), np.abs(axes).argmax(axis=1)])
    for algorithm in ("parallel", "deflation"):
        for fun in ("logcosh", "exp", "cube"):
            m = FastICA(k, algorithm=algorithm, fun=fun, whiten="unit-variance", tol=1e-4, max_iter=200,
                        w_init=start[:k, :k] * (theirs * ours))
            s = m.fit_transform(x)
            cases.append(case(f"{algorithm} {fun} k={k}", {
                "recipe": "57000: x = S A^T + 10 j from columns u - 1/2, floor(3 u) - 1, bell^3 / 4, u^3, bell (500 each), then A (5 x 5) and "
                          "the start (5 x 5, its first k rows and columns), both bells",
                "k": k, "algorithm": algorithm, "fun": fun},
                {"components": m.components_, "mixing": m.mixing_, "mean": m.mean_, "iterations": m.n_iter_, "sources": s[::100]}))
write("learn", "ica", versions("sklearn", "numpy"), cases)
