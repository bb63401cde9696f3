"""lyceum-learn: non-negative matrix factorisation against scikit-learn.

NNDSVD starts are scikit-learn's, from exact singular vectors instead of its randomised ones, so that both sides begin alike.
"""
import warnings

import numpy as np
import sklearn.decomposition._nmf as source
from sklearn.decomposition import NMF

from golden import Recipe, case, digits, versions, write

warnings.simplefilter("ignore")


def exact(x, k, random_state=None):
    u, s, v = np.linalg.svd(x, full_matrices=False)
    return u[:, :k], s[:k], v[:k]


source.randomized_svd = exact


def fitted(name, x, k, init, given, w_rows, h_columns, start=None, **options):
    if start is None:
        w, h = source._initialize_nmf(x, k, init=init)
    else:
        w, h = start
    model = NMF(k, init="custom", **options)
    w = model.fit_transform(x, W=w.copy(), H=h.copy())
    return model, case(name, dict(given, k=k, **options), {
        "error": model.reconstruction_err_, "iterations": model.n_iter_,
        "wRows": list(w_rows), "w": w[list(w_rows)], "hColumns": list(h_columns), "h": model.components_[:, list(h_columns)]})


x, _ = digits()
some, pixels = range(0, 1797, 250), range(2, 64, 9)
cases = []
for init in ("nndsvd", "nndsvda"):
    given = {"data": "digits", "start": init}
    cases.append(fitted(f"digits cd {init}", x, 16, init, given, some, pixels, solver="cd", tol=1e-4, max_iter=200)[1])
    cases.append(fitted(f"digits kl {init}", x, 16, init, given, some, pixels, solver="mu", beta_loss="kullback-leibler", tol=0,
                        max_iter=200)[1])

r = Recipe(56900)
small = r.uniforms(30 * 12).reshape(30, 12) ** 3 * 4 + 0.01
w0, h0 = r.uniforms(30 * 4).reshape(30, 4) + 0.1, r.uniforms(4 * 12).reshape(4, 12) + 0.1
new = r.uniforms(7 * 12).reshape(7, 12) * 2 + 0.01
given = {"recipe": "56900: x = 4 u^3 + 0.01 (30 x 12), W = u + 0.1 (30 x 4), H = u + 0.1 (4 x 12), new = 2 u + 0.01 (7 x 12)"}
for name, options in {
    "cd": dict(solver="cd"),
    "cd penalised": dict(solver="cd", alpha_W=0.004, alpha_H=0.002, l1_ratio=0.3),
    "mu": dict(solver="mu"),
    "mu penalised": dict(solver="mu", alpha_W=0.004, alpha_H=0.002, l1_ratio=0.3),
    "kl": dict(solver="mu", beta_loss="kullback-leibler"),
    "kl l1": dict(solver="mu", beta_loss="kullback-leibler", alpha_W=0.004, alpha_H=0.002, l1_ratio=1.0),
    "is": dict(solver="mu", beta_loss="itakura-saito"),
    "is l1": dict(solver="mu", beta_loss="itakura-saito", alpha_W=0.004, alpha_H=0.002, l1_ratio=1.0),
}.items():
    model, c = fitted(f"small {name}", small, 4, None, given, range(0, 30, 4), range(12), start=(w0, h0), tol=0, max_iter=60, **options)
    if options["solver"] == "cd":
        model.set_params(tol=1e-14, max_iter=100000)
        model.tol, model.max_iter = 1e-14, 100000
        c["expected"]["transformed"] = model.transform(new)
    cases.append(c)

write("learn", "nmf", versions("sklearn", "numpy"), cases)
