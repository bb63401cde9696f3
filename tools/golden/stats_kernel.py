"""lyceum-stats: mercer (Gram matrices and their gradients; the SVM family has learn_kernel.py)."""
import numpy as np
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, DotProduct, ExpSineSquared, Matern, RationalQuadratic
from sklearn.metrics import pairwise as pw

from golden import Recipe, case, versions, write

REF = versions("numpy", "sklearn")


def points(seed, n, p):
    return Recipe(seed).matrix(n, p)


def cut(m, step=11):
    """Every 11th entry: small files, all rows and columns met."""
    return np.asarray(m).ravel()[::step]


cases = []
for i, (n, m, p) in enumerate([(9, 7, 1), (12, 10, 3), (25, 30, 12)]):
    x, z = points(61000 + i, n, p), points(61100 + i, m, p) + 0.5
    a, b = np.abs(x), np.abs(z)
    a[:, 0] = 0
    b[0, 0] = 0
    lengths = 0.5 + Recipe(61200 + i).uniforms(p) * 3
    gp = {"ard": RBF(lengths), "matern12": Matern(lengths, nu=0.5), "matern32": Matern(lengths, nu=1.5), "matern52": Matern(lengths, nu=2.5),
          "quadratic": RationalQuadratic(length_scale=0.6, alpha=1.7), "sum": 2.5 * RBF(1.3) + Matern(0.8, nu=1.5) * RBF(2.0)}
    if p == 1:
        gp["periodic"] = ExpSineSquared(0.7, 1.9)
    expected = {
        "linear": cut(pw.linear_kernel(x, z)), "polynomial": cut(pw.polynomial_kernel(x, z, 3, 0.4, 1.5)), "homogeneous": cut(pw.polynomial_kernel(x, z, 2, 0.3, 0)),
        "rbf": cut(pw.rbf_kernel(x, z, 0.2)), "laplacian": cut(pw.laplacian_kernel(x, z, 0.3)), "sigmoid": cut(pw.sigmoid_kernel(x, z, 0.2, -0.5)),
        "chi2": cut(pw.chi2_kernel(a, b, 0.4)), **{k: cut(v(x, z)) for k, v in gp.items()}}
    gradients = {k: [cut(v(x, eval_gradient=True)[1][:, :, j]) for j in range(len(v.theta))] for k, v in gp.items() if n < 20}
    cases.append(case(f"p = {p}", {"set": i, "n": n, "m": m, "p": p, "lengths": lengths}, {"gram": expected, "gradient": gradients}))
write("stats", "mercer", REF, cases, "x = Recipe(61000 + set).matrix, z = Recipe(61100 + set).matrix + 0.5; every 11th entry of each matrix, row by row")
