"""lyceum-core: methods that use curvature. conjugate-gradient: fifty systems solved by scipy.sparse.linalg.cg. second-order: minima by
SciPy's L-BFGS-B with and without bounds, and the minimum of scikit-learn's logistic regression on digits."""
import sys

import numpy as np
import torch
from scipy.optimize import minimize
from scipy.sparse.linalg import LinearOperator, cg
from sklearn.linear_model import LogisticRegression

from core_optim import bowl, factors, logistic
from golden import Recipe, case, digits, versions, write

REF = versions("scipy", "numpy")
torch.set_default_dtype(torch.float64)


def system(seed):
    """A = H2 H1 D H1 H2 with two reflections; eigenvalues log-spaced from 1 to the condition, in a scale of their own."""
    r = Recipe(seed)
    n = 10 + r.below(21)
    condition = 10 ** (4 * r.uniform())
    scale = 10 ** (4 * r.uniform() - 2)
    a = np.diag(scale * condition ** (np.arange(n) / (n - 1)))
    for _ in range(2):
        v = r.bells(n)
        h = np.eye(n) - 2 * np.outer(v, v) / (v @ v)
        a = h @ a @ h
    return (a + a.T) / 2, r.bells(n)


def conjugate_gradient():
    cases = []
    for k in range(50):
        a, b = system(51200 + k)
        x, info = cg(LinearOperator(a.shape, matvec=lambda v: a @ v), b, rtol=1e-13, maxiter=100 * len(b))
        assert info == 0
        cases.append(case(f"system {k}", {"seed": 51200 + k}, {"x": x}))
    write("core", "conjugate-gradient", REF, cases, "r = Recipe(seed); n = 10 + below(21); condition = 10^(4 uniform); scale = 10^(4 uniform - 2); D = scale * condition^(i / (n - 1)); "
          "twice: v = bells(n), H = I - 2 v v' / v'v, A = H A H; b = bells(n). cg(rtol=1e-13).")


def valley():
    def f(x):
        return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum() + 0.05 * (x * x).sum()
    return f, np.zeros(8)


def soft_maximum():
    r = Recipe(51020)
    a, b = torch.tensor(r.matrix(12, 5)), torch.tensor(r.bells(12))
    return lambda x: torch.logsumexp(a @ x + b, 0) + 0.05 * (x * x).sum(), np.ones(5)


def poisson():
    r = Recipe(51021)
    z, counts = torch.tensor(0.5 * r.matrix(40, 4)), torch.tensor(r.belows(6, 40).astype(np.float64))
    return lambda x: (torch.exp(z @ x) - counts * (z @ x)).sum(), np.zeros(4)


def second_order():
    cases = []
    for make in (bowl, logistic, factors, valley, soft_maximum, poisson):
        f, x0 = make()
        x0 = np.asarray(x0, dtype=np.float64)

        def value_and_gradient(x):
            t = torch.tensor(x, requires_grad=True)
            y = f(t)
            y.backward()
            return y.item(), t.grad.numpy()

        def least(bounds):
            return minimize(value_and_gradient, x0, jac=True, method="L-BFGS-B", bounds=bounds,
                            options={"gtol": 1e-10, "ftol": 0, "maxiter": 20000, "maxfun": 100000})
        free, boxed = least(None), least([(-0.2, 0.3)] * len(x0))
        print(make.__name__, free.fun, np.abs(free.jac).max(), boxed.fun, boxed.x)
        cases.append(case(make.__name__, {"x0": x0, "lower": -0.2, "upper": 0.3}, {"value": free.fun, "boxed": boxed.fun}))
    write("core", "second-order", REF, cases, "bowl, logistic, factors: TestProblems. valley: Rosenbrock + 0.05 |x|^2. soft_maximum: r = Recipe(51020); A = matrix(12, 5), b = bells(12): "
          "logsumexp(A x + b) + 0.05 |x|^2. poisson: r = Recipe(51021); Z = 0.5 matrix(40, 4), y = belows(6, 40): sum(exp(Z x) - y Z x). L-BFGS-B, gtol 1e-10, ftol 0.")


def logistic_regression():
    x, y = digits()
    x = np.asarray(x, dtype=np.float64)
    model = LogisticRegression(C=1, tol=1e-8, max_iter=10000).fit(x, y)
    scores = torch.tensor(x @ model.coef_.T + model.intercept_)
    value = (torch.logsumexp(scores, 1) - scores[torch.arange(len(y)), torch.tensor(np.asarray(y, dtype=np.int64))]).sum().item() + 0.5 * (model.coef_ ** 2).sum()
    print(model.n_iter_, value)
    write("labs", "logistic-digits", versions("sklearn", "numpy"), [case("digits", {"C": 1}, {"objective": value})],
          "LogisticRegression(C=1, tol=1e-8, max_iter=10000) on digits; objective: cross entropy summed over rows + |W|^2 / 2, intercepts free.")


if __name__ == "__main__":
    for name in sys.argv[1:] or ("conjugate_gradient", "second_order", "logistic_regression"):
        globals()[name]()
