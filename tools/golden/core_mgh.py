"""lyceum-core: the thirty-five sums of squares of More, Garbow and Hillstrom (1981), minimised by SciPy from their standard starts.

Written from the paper's formulas, index by index, so that the Java transcription, which is written in whole vectors, is checked by another.
Gradients and Hessians are PyTorch's.
"""
import math
import warnings

import numpy as np
import torch
from scipy.optimize import minimize

from golden import case, versions, write

torch.set_default_dtype(torch.float64)
exp, sin, cos, sqrt = torch.exp, torch.sin, torch.cos, math.sqrt

BARD = [0.14, 0.18, 0.22, 0.25, 0.29, 0.32, 0.35, 0.39, 0.37, 0.58, 0.73, 0.96, 1.34, 2.10, 4.39]
GAUSS = [0.0009, 0.0044, 0.0175, 0.0540, 0.1295, 0.2420, 0.3521, 0.3989, 0.3521, 0.2420, 0.1295, 0.0540, 0.0175, 0.0044, 0.0009]
MEYER = [34780, 28610, 23650, 19630, 16370, 13720, 11540, 9744, 8261, 7030, 6005, 5147, 4427, 3820, 3307, 2872]
KOWALIK = [(0.1957, 4), (0.1947, 2), (0.1735, 1), (0.1600, 0.5), (0.0844, 0.25), (0.0627, 0.167), (0.0456, 0.125), (0.0342, 0.1),
           (0.0323, 0.0833), (0.0235, 0.0714), (0.0246, 0.0625)]
OSBORNE1 = [0.844, 0.908, 0.932, 0.936, 0.925, 0.908, 0.881, 0.850, 0.818, 0.784, 0.751, 0.718, 0.685, 0.658, 0.628, 0.603, 0.580, 0.558,
            0.538, 0.522, 0.506, 0.490, 0.478, 0.467, 0.457, 0.448, 0.438, 0.431, 0.424, 0.420, 0.414, 0.411, 0.406]
OSBORNE2 = [1.366, 1.191, 1.112, 1.013, .991, .885, .831, .847, .786, .725, .746, .679, .608, .655, .616, .606, .602, .626, .651, .724, .649,
            .649, .694, .644, .624, .661, .612, .558, .533, .495, .500, .423, .395, .375, .372, .391, .396, .405, .428, .429, .523, .562, .607,
            .653, .672, .708, .633, .668, .645, .632, .591, .559, .597, .625, .739, .710, .729, .720, .636, .581, .428, .292, .162, .098, .054]


def helix(x):
    turn = torch.atan(x[1] / x[0]) / (2 * math.pi) + (0.5 if x[0] < 0 else 0)
    return [10 * (x[2] - 10 * turn), 10 * (torch.sqrt(x[0]**2 + x[1]**2) - 1), x[2]]


def powell(x):
    r = []
    for i in range(0, len(x), 4):
        a, b, c, d = x[i:i + 4]
        r += [a + 10 * b, sqrt(5) * (c - d), (b - 2 * c)**2, sqrt(10) * (a - d)**2]
    return r


def watson(x):
    r = []
    for i in range(1, 30):
        t = i / 29
        r.append(sum(j * x[j] * t**(j - 1) for j in range(1, len(x))) - sum(x[j] * t**j for j in range(len(x)))**2 - 1)
    return r + [x[0], x[1] - x[0]**2 - 1]


def penalty2(x):
    n, a = len(x), sqrt(1e-5)
    r = [x[0] - 0.2]
    for i in range(2, n + 1):
        r.append(a * (exp(x[i - 1] / 10) + exp(x[i - 2] / 10) - math.exp(i / 10) - math.exp((i - 1) / 10)))
    for i in range(n + 1, 2 * n):
        r.append(a * (exp(x[i - n] / 10) - math.exp(-1 / 10)))
    return r + [sum((n - j + 1) * x[j - 1]**2 for j in range(1, n + 1)) - 1]


def variably(x):
    s = sum((j + 1) * (x[j] - 1) for j in range(len(x)))
    return [v - 1 for v in x] + [s, s**2]


def trigonometric(x):
    n, c = len(x), sum(cos(v) for v in x)
    return [n - c + (i + 1) * (1 - cos(x[i])) - sin(x[i]) for i in range(n)]


def almost_linear(x):
    n, product = len(x), 1
    for v in x:
        product = product * v
    return [x[i] + sum(x) - (n + 1) for i in range(n - 1)] + [product - 1]


def boundary(x):
    n, h = len(x), 1 / (len(x) + 1)
    y = [0, *x, 0]
    return [2 * y[i] - y[i - 1] - y[i + 1] + h**2 * (y[i] + i * h + 1)**3 / 2 for i in range(1, n + 1)]


def integral(x):
    n, h = len(x), 1 / (len(x) + 1)
    cube = [(x[j] + (j + 1) * h + 1)**3 for j in range(n)]
    r = []
    for i in range(n):
        t = (i + 1) * h
        r.append(x[i] + h / 2 * ((1 - t) * sum((j + 1) * h * cube[j] for j in range(i + 1))
                                 + t * sum((1 - (j + 1) * h) * cube[j] for j in range(i + 1, n))))
    return r


def tridiagonal(x):
    y = [0, *x, 0]
    return [(3 - 2 * y[i]) * y[i] - y[i - 1] - 2 * y[i + 1] + 1 for i in range(1, len(x) + 1)]


def banded(x):
    n = len(x)
    return [x[i] * (2 + 5 * x[i]**2) + 1 - sum(x[j] * (1 + x[j]) for j in range(max(0, i - 5), min(n, i + 2)) if j != i) for i in range(n)]


def chebyquad(x):
    r = []
    for i in range(1, len(x) + 1):
        total = 0
        for v in x:
            before, now = torch.ones(()), 2 * v - 1
            for _ in range(i - 1):
                before, now = now, 2 * (2 * v - 1) * now - before
            total = total + now
        r.append(total / len(x) + (1 / (i * i - 1) if i % 2 == 0 else 0))
    return r


PROBLEMS = [
    ("rosenbrock", [-1.2, 1], lambda x: [10 * (x[1] - x[0]**2), 1 - x[0]]),
    ("freudenstein and roth", [0.5, -2],
     lambda x: [-13 + x[0] + ((5 - x[1]) * x[1] - 2) * x[1], -29 + x[0] + ((x[1] + 1) * x[1] - 14) * x[1]]),
    ("powell badly scaled", [0, 1], lambda x: [1e4 * x[0] * x[1] - 1, exp(-x[0]) + exp(-x[1]) - 1.0001]),
    ("brown badly scaled", [1, 1], lambda x: [x[0] - 1e6, x[1] - 2e-6, x[0] * x[1] - 2]),
    ("beale", [1, 1], lambda x: [y - x[0] * (1 - x[1]**i) for i, y in ((1, 1.5), (2, 2.25), (3, 2.625))]),
    ("jennrich and sampson", [0.3, 0.4], lambda x: [2 + 2 * i - (exp(i * x[0]) + exp(i * x[1])) for i in range(1, 11)]),
    ("helical valley", [-1, 0, 0], helix),
    ("bard", [1, 1, 1], lambda x: [y - (x[0] + i / ((16 - i) * x[1] + min(i, 16 - i) * x[2])) for i, y in enumerate(BARD, 1)]),
    ("gaussian", [0.4, 1, 0], lambda x: [x[0] * exp(-x[1] * ((8 - i) / 2 - x[2])**2 / 2) - y for i, y in enumerate(GAUSS, 1)]),
    ("meyer", [0.02, 4000, 250], lambda x: [x[0] * exp(x[1] / (45 + 5 * i + x[2])) - y for i, y in enumerate(MEYER, 1)]),
    ("gulf", [5, 2.5, 0.15],
     lambda x: [exp(-torch.abs(25 + (-50 * math.log(i / 100))**(2 / 3) - x[1])**x[2] / x[0]) - i / 100 for i in range(1, 100)]),
    ("box", [0, 10, 20],
     lambda x: [exp(-t * x[0]) - exp(-t * x[1]) - x[2] * (math.exp(-t) - math.exp(-10 * t)) for t in (0.1 * i for i in range(1, 11))]),
    ("powell singular", [3, -1, 0, 1], powell),
    ("wood", [-3, -1, -3, -1],
     lambda x: [10 * (x[1] - x[0]**2), 1 - x[0], sqrt(90) * (x[3] - x[2]**2), 1 - x[2], sqrt(10) * (x[1] + x[3] - 2), (x[1] - x[3]) / sqrt(10)]),
    ("kowalik and osborne", [0.25, 0.39, 0.415, 0.39],
     lambda x: [y - x[0] * (u**2 + u * x[1]) / (u**2 + u * x[2] + x[3]) for y, u in KOWALIK]),
    ("brown and dennis", [25, 5, -5, -1],
     lambda x: [(x[0] + t * x[1] - math.exp(t))**2 + (x[2] + x[3] * math.sin(t) - math.cos(t))**2 for t in (i / 5 for i in range(1, 21))]),
    ("osborne 1", [0.5, 1.5, -1, 0.01, 0.02],
     lambda x: [y - (x[0] + x[1] * exp(-10 * i * x[3]) + x[2] * exp(-10 * i * x[4])) for i, y in enumerate(OSBORNE1)]),
    ("biggs", [1, 2, 1, 1, 1, 1],
     lambda x: [x[2] * exp(-t * x[0]) - x[3] * exp(-t * x[1]) + x[5] * exp(-t * x[4]) - (math.exp(-t) - 5 * math.exp(-10 * t) + 3 * math.exp(-4 * t))
                for t in (0.1 * i for i in range(1, 14))]),
    ("osborne 2", [1.3, 0.65, 0.65, 0.7, 0.6, 3, 5, 7, 2, 4.5, 5.5],
     lambda x: [y - (x[0] * exp(-i / 10 * x[4]) + x[1] * exp(-(i / 10 - x[8])**2 * x[5]) + x[2] * exp(-(i / 10 - x[9])**2 * x[6])
                     + x[3] * exp(-(i / 10 - x[10])**2 * x[7])) for i, y in enumerate(OSBORNE2)]),
    ("watson", [0] * 6, watson),
    ("extended rosenbrock", [-1.2, 1] * 5,
     lambda x: [v for i in range(0, 10, 2) for v in (10 * (x[i + 1] - x[i]**2), 1 - x[i])]),
    ("extended powell", [3, -1, 0, 1] * 3, powell),
    ("penalty 1", list(range(1, 11)), lambda x: [sqrt(1e-5) * (v - 1) for v in x] + [sum(v**2 for v in x) - 0.25]),
    ("penalty 2", [0.5] * 10, penalty2),
    ("variably dimensioned", [1 - j / 10 for j in range(1, 11)], variably),
    ("trigonometric", [0.1] * 10, trigonometric),
    ("brown almost linear", [0.5] * 10, almost_linear),
    ("discrete boundary value", [j / 11 * (j / 11 - 1) for j in range(1, 11)], boundary),
    ("discrete integral equation", [j / 11 * (j / 11 - 1) for j in range(1, 11)], integral),
    ("broyden tridiagonal", [-1] * 10, tridiagonal),
    ("broyden banded", [-1] * 10, banded),
    ("linear of full rank", [1] * 5, lambda x: [(x[i] if i < 5 else 0) - 2 / 10 * sum(x) - 1 for i in range(10)]),
    ("linear of rank 1", [1] * 5, lambda x: [i * sum(j * x[j - 1] for j in range(1, 6)) - 1 for i in range(1, 11)]),
    ("linear of rank 1 with zeros", [1] * 5,
     lambda x: [-torch.ones(())] + [(i - 1) * sum(j * x[j - 1] for j in range(2, 5)) - 1 for i in range(2, 10)] + [-torch.ones(())]),
    ("chebyquad", [j / 9 for j in range(1, 9)], chebyquad),
]

METHODS = {"bfgs": ("BFGS", {"gtol": 1e-9, "maxiter": 5000}), "lbfgs": ("L-BFGS-B", {"gtol": 1e-9, "ftol": 0, "maxiter": 20000, "maxfun": 40000}),
           "cg": ("CG", {"gtol": 1e-9, "maxiter": 20000}), "trust": ("trust-exact", {"gtol": 1e-9, "maxiter": 5000})}


def solved(residuals, start):
    def f(x):
        return sum(r**2 for r in residuals(list(x.unbind())))

    def value(x):
        at = torch.tensor(x, requires_grad=True)
        y = f(at)
        return float(y), torch.autograd.grad(y, at)[0].numpy()

    def hessian(x):
        return torch.autograd.functional.hessian(f, torch.tensor(x)).numpy()

    found = {"start": value(np.array(start, float))[0]}
    for name, (method, options) in METHODS.items():
        try:
            answer = minimize(value, np.array(start, float), jac=True, method=method, options=options,
                              **({"hess": hessian} if name == "trust" else {}))
            found[name] = float(answer.fun)
        except (ValueError, np.linalg.LinAlgError, OverflowError):
            found[name] = float("inf")
    return found


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    cases = [case(name, {"x0": [float(v) for v in start]}, solved(residuals, start)) for name, start, residuals in PROBLEMS]
    write("core", "more-garbow-hillstrom", versions("scipy", "torch"), cases, "none: the paper's starts")
