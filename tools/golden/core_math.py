"""lyceum-core: the functions of lyceum.backend.math at doubles, to twice the digits of a double."""
import math
import os
import sys

import mpmath as mp

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from golden import Recipe, case, versions, write  # noqa: E402

HALF = mp.mpf(1) / 2
FUNCTIONS = {
    "EXP": (mp.exp, -745, 709), "EXPM1": (mp.expm1, -40, 709), "LOG": (mp.log, 0, None), "LOG1P": (mp.log1p, -1, None),
    "LOG2": (lambda x: mp.log(x) / mp.log(2), 0, None), "SIN": (mp.sin, None, None), "COS": (mp.cos, None, None), "TAN": (mp.tan, None, None),
    "ASIN": (mp.asin, -1, 1), "ACOS": (mp.acos, -1, 1), "ATAN": (mp.atan, None, None), "SINH": (mp.sinh, -710, 710), "COSH": (mp.cosh, -710, 710),
    "TANH": (mp.tanh, -20, 20), "SIGMOID": (lambda x: 1 / (1 + mp.exp(-x)), -745, 40), "SOFTPLUS": (lambda x: mp.log1p(mp.exp(x)), -745, 800),
    "ERF": (mp.erf, -6.5, 6.5), "ERFC": (mp.erfc, -6, 27.2), "GELU": (lambda x: x * mp.erfc(-x / mp.sqrt(2)) / 2, -38.6, 40),
}


def points(recipe, low, high, n=240):
    """A third over the range, a third about 0 (or the finite end), a third with exponents of their own."""
    out = []
    u = [float(v) for v in recipe.uniforms(3 * n)]
    for i in range(n):
        a, b, c = u[3 * i:3 * i + 3]
        sign = 1 if c < 0.5 else -1
        if i % 3 == 0 and low is not None and high is not None:
            x = low + (high - low) * a
        elif i % 3 == 1:
            x = (a - 0.5) * 4
        else:
            x = sign * math.ldexp(1 + a, int(b * 60) - 40 if low is not None and high is not None else int(b * 2000) - 1000)
        if (low is None or x > low) and (high is None or x < high):
            out.append(x)
    return out


def twice(y):
    head = float(y)
    return head, float(y - mp.mpf(head))


def main():
    mp.mp.prec = 1400  # of which sines of the largest numbers leave 300
    cases = []
    for k, (name, (f, low, high)) in enumerate(FUNCTIONS.items()):
        xs = points(Recipe(9700 + k), low, high)
        ys = [twice(f(mp.mpf(x))) for x in xs]
        keep = [i for i, (h, _) in enumerate(ys) if abs(h) > 1e-290 and math.isfinite(h)]
        cases.append(case(name, {"x": [xs[i] for i in keep]}, {"y": [ys[i][0] for i in keep], "rest": [ys[i][1] for i in keep]}))
    for k, (name, f) in enumerate({"POW": mp.power, "ATAN2": mp.atan2}.items()):
        u = [float(v) for v in Recipe(9750 + k).uniforms(4 * 240)]
        x, y, z = [], [], []
        for i in range(240):
            a, b, c, d = u[4 * i:4 * i + 4]
            first = math.ldexp(1 + a, int(b * 40) - 20) if i % 2 else 1 + (a - 0.5) / 8
            second = (c - 0.5) * (2000 / max(abs(math.log2(first)), 1e-3) if name == "POW" else math.ldexp(1, int(d * 40) - 20))
            r = twice(f(mp.mpf(first), mp.mpf(second)))
            if abs(r[0]) > 1e-290 and math.isfinite(r[0]):
                x.append(first), y.append(second), z.append(r)
        cases.append(case(name, {"x": x, "y": y}, {"y": [r[0] for r in z], "rest": [r[1] for r in z]}))
    write("core", "math", versions("mpmath"), cases, "y + rest is the function of the double x, to twice the digits of a double.")


if __name__ == "__main__":
    main()
