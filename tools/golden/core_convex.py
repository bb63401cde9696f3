"""lyceum-core: the lasso of proximal gradient, Hock-Schittkowski problems, linear programs."""
import mpmath
import numpy as np
from scipy.optimize import linprog, minimize
from sklearn.linear_model import Lasso

from golden import Recipe, case, diabetes, versions, write


def lasso():
    x, y = diabetes()
    m = Lasso(alpha=0.1, tol=1e-14, max_iter=1_000_000).fit(x, y)
    write("labs", "proximal-gradient", versions("sklearn", "numpy"),
          [case("diabetes", {"alpha": 0.1, "tol": 1e-14, "max_iter": 1_000_000}, {"coef": m.coef_, "intercept": m.intercept_})])


# name: f, start, equalities c(x) = 0, inequalities g(x) <= 0
PROBLEMS = {
    "6": (lambda x: (1 - x[0])**2, [-1.2, 1], [lambda x: 10 * (x[1] - x[0]**2)], []),
    "28": (lambda x: (x[0] + x[1])**2 + (x[1] + x[2])**2, [-4, 1, 1], [lambda x: x[0] + 2 * x[1] + 3 * x[2] - 1], []),
    "35": (lambda x: 9 - 8 * x[0] - 6 * x[1] - 4 * x[2] + 2 * x[0]**2 + 2 * x[1]**2 + x[2]**2 + 2 * x[0] * x[1] + 2 * x[0] * x[2], [0.5, 0.5, 0.5],
           [], [lambda x: x[0] + x[1] + 2 * x[2] - 3, lambda x: -x[0], lambda x: -x[1], lambda x: -x[2]]),
    "39": (lambda x: -x[0], [2, 2, 2, 2], [lambda x: x[1] - x[0]**3 - x[2]**2, lambda x: x[0]**2 - x[1] - x[3]**2], []),
    "40": (lambda x: -x[0] * x[1] * x[2] * x[3], [0.8, 0.8, 0.8, 0.8],
           [lambda x: x[0]**3 + x[1]**2 - 1, lambda x: x[0]**2 * x[3] - x[2], lambda x: x[3]**2 - x[1]], []),
    "43": (lambda x: x[0]**2 + x[1]**2 + 2 * x[2]**2 + x[3]**2 - 5 * x[0] - 5 * x[1] - 21 * x[2] + 7 * x[3], [0, 0, 0, 0], [],
           [lambda x: x[0]**2 + x[1]**2 + x[2]**2 + x[3]**2 + x[0] - x[1] + x[2] - x[3] - 8,
            lambda x: x[0]**2 + 2 * x[1]**2 + x[2]**2 + 2 * x[3]**2 - x[0] - x[3] - 10,
            lambda x: 2 * x[0]**2 + x[1]**2 + x[2]**2 + 2 * x[0] - x[1] - x[3] - 5]),
    "48": (lambda x: (x[0] - 1)**2 + (x[1] - x[2])**2 + (x[3] - x[4])**2, [3, 5, -3, 2, -2],
           [lambda x: x.sum() - 5, lambda x: x[2] - 2 * (x[3] + x[4]) + 3], []),
    "51": (lambda x: (x[0] - x[1])**2 + (x[1] + x[2] - 2)**2 + (x[3] - 1)**2 + (x[4] - 1)**2, [2.5, 0.5, 2, -1, 0.5],
           [lambda x: x[0] + 3 * x[1] - 4, lambda x: x[2] + x[3] - 2 * x[4], lambda x: x[1] - x[4]], []),
    "71": (lambda x: x[0] * x[3] * (x[0] + x[1] + x[2]) + x[2], [1, 5, 5, 1], [lambda x: (x**2).sum() - 40],
           [lambda x: 25 - x.prod()] + [lambda x, i=i: 1 - x[i] for i in range(4)] + [lambda x, i=i: x[i] - 5 for i in range(4)]),
    "76": (lambda x: x[0]**2 + 0.5 * x[1]**2 + x[2]**2 + 0.5 * x[3]**2 - x[0] * x[2] + x[2] * x[3] - x[0] - 3 * x[1] + x[2] - x[3], [0.5] * 4, [],
           [lambda x: x[0] + 2 * x[1] + x[2] + x[3] - 5, lambda x: 3 * x[0] + x[1] + 2 * x[2] - x[3] - 4, lambda x: 1.5 - x[1] - 4 * x[2]]
           + [lambda x, i=i: -x[i] for i in range(4)]),
    "77": (lambda x: (x[0] - 1)**2 + (x[0] - x[1])**2 + (x[2] - 1)**2 + (x[3] - 1)**4 + (x[4] - 1)**6, [2.0] * 5,
           [lambda x: x[0]**2 * x[3] + np.sin(x[3] - x[4]) - 2 * np.sqrt(2), lambda x: x[1] + x[2]**4 * x[3]**2 - 8 - np.sqrt(2)], []),
}


def hock_schittkowski():
    cases = []
    for name, (f, start, equalities, inequalities) in PROBLEMS.items():
        constraints = [{"type": "eq", "fun": c} for c in equalities] + [{"type": "ineq", "fun": lambda x, g=g: -g(x)} for g in inequalities]
        m = minimize(f, np.array(start, float), method="SLSQP", constraints=constraints, options={"ftol": 1e-13, "maxiter": 1000})
        assert m.status == 0, m
        cases.append(case("hs " + name, {"start": start}, {"value": m.fun, "x": m.x}))
    return cases


def linear():
    values = []
    for i in range(100):
        r = Recipe(9100 + i)
        n, m, k = 3 + i % 10, 6 + i % 10 + i % 7, i % 3
        g, a, x = r.matrix(m, n), r.matrix(k, n), r.bells(n)
        h, b = g @ x + r.uniforms(m), a @ x
        q = -g.T @ r.uniforms(m) - a.T @ r.bells(k)
        s = linprog(q, A_ub=g, b_ub=h, A_eq=a if k else None, b_eq=b if k else None, bounds=(None, None), method="highs")
        assert s.status == 0, s
        values.append(s.fun)
    return [case("linear", {"seed": "9100 + i"}, {"values": values})]


def decimals():
    mpmath.mp.dps = 80
    functions = {"exp": mpmath.exp, "log": mpmath.log, "sin": mpmath.sin, "sqrt": mpmath.sqrt, "reciprocal": lambda x: 1 / x}
    points = {"exp": [-9.5, -1.0, 0.1, 1.0, 20.25], "sin": [-8.0, -0.5, 0.1, 3.0, 40.75]}
    return [case(f"decimal {name} {x}", {"function": name, "x": x}, {"value": mpmath.nstr(f(mpmath.mpf(x)), 60)})
            for name, f in functions.items() for x in points.get(name, [0.001, 0.1, 1.5, 3.0, 1000.0])]


lasso()
write("core", "convex", versions("scipy", "numpy", "mpmath"), hock_schittkowski() + linear() + decimals())
