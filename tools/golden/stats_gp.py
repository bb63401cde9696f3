"""lyceum-stats: gaussian-process. Posteriors, likelihoods, their gradients and maxima by scikit-learn; kernel ridge."""
import warnings

import numpy as np
from sklearn.gaussian_process import GaussianProcessRegressor as GPR
from sklearn.gaussian_process.kernels import RBF, ConstantKernel as C, DotProduct, ExpSineSquared, Matern, RationalQuadratic, WhiteKernel
from sklearn.kernel_ridge import KernelRidge

from golden import Recipe, case, versions, write

warnings.simplefilter("ignore")
# name: kernel, columns, and where each of our parameters stands in scikit-learn's theta, with a factor
KERNELS = {
    "rbf": (C(1.7) * RBF([0.8, 1.5]), 2, [(0, 1), (1, 1), (2, 1)]),
    "matern + rq": (Matern(0.9, nu=1.5) + C(0.6) * RationalQuadratic(length_scale=1.2, alpha=0.7), 2, [(0, 1), (1, 1), (3, 1), (2, 1)]),
    "matern ard": (C(2.2) * Matern([0.7, 1.9], nu=2.5), 2, [(0, 1), (1, 1), (2, 1)]),
    "periodic": (ExpSineSquared(length_scale=1.1, periodicity=2.3) * RBF(2.0), 1, [(1, 1), (0, 1), (2, 1)]),
    "linear": (DotProduct(0.6) + RBF(1.0), 2, [(0, 0.5), (1, 1)]),
    "rough": (C(1.3) * Matern(1.4, nu=0.5), 1, [(0, 1), (1, 1)]),
}
cases = []
for k, (name, (kernel, p, order)) in enumerate(KERNELS.items()):
    r = Recipe(5200 + k)
    n, noise = 14, 0.05 + 0.1 * r.uniform()
    x, z = r.matrix(n, p), 1.3 * r.matrix(4, p)
    y = np.sin(2 * x[:, 0]) + 0.3 * r.bells(n) + 0.5
    extra = r.uniforms(n) * 0.4 if k % 2 else np.zeros(n)
    model = GPR(kernel, alpha=noise + extra, optimizer=None).fit(x, y)
    mean, covariance = model.predict(z, return_cov=True)
    white = GPR(kernel + WhiteKernel(noise), alpha=extra + 1e-300, optimizer=None).fit(x, y)
    value, gradient = white.log_marginal_likelihood(white.kernel_.theta, eval_gradient=True)
    ours = [gradient[i] * f for i, f in order] + [gradient[-1]]
    cases.append(case("fixed " + name, {"kernel": name, "x": x, "y": y, "z": z, "noise": noise, "extra": extra},
                      {"mean": mean, "covariance": covariance.ravel(), "likelihood": value, "gradient": ours}))
for k, n in enumerate([20, 25, 30]):
    r = Recipe(5300 + k)
    x = 6 * r.uniforms(n).reshape(n, 1)
    y = np.sin((1 + k) * x[:, 0]) + (0.2 + 0.2 * k) * r.bells(n)
    kernel = (C(1.0, (1e-5, 1e5)) * RBF(1.0, (1e-5, 1e5)) if k < 2 else C(1.0) * Matern(1.0, nu=1.5)) + WhiteKernel(0.1, (1e-5, 1e5))
    fit = GPR(kernel, alpha=0, optimizer="fmin_l_bfgs_b", n_restarts_optimizer=8, random_state=k).fit(x, y)
    cases.append(case(f"fit {k}", {"x": x, "y": y}, {"likelihood": fit.log_marginal_likelihood_value_}))
for k in range(3):
    r = Recipe(5400 + k)
    x, z, gamma, noise = r.matrix(12, 2), r.matrix(5, 2), 0.2 + r.uniform(), 0.02 + 0.3 * r.uniform()
    y = r.bells(12) + 2
    ridge = KernelRidge(alpha=noise, kernel="rbf", gamma=gamma).fit(x, y)
    cases.append(case(f"ridge {k}", {"x": x, "y": y, "z": z, "gamma": gamma, "noise": noise}, {"mean": ridge.predict(z)}))
write("stats", "gaussian-process", versions("sklearn", "scipy", "numpy"), cases)
