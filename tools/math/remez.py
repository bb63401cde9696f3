"""Minimax coefficients for the recipes of lyceum.backend.math, by Remez exchange in mpmath.

fit(f, basis, weight, lo, hi) minimises max |weight (f - sum c_k basis_k)|; fit_rounded rounds the coefficients to float or double one after the other,
fitting the rest again each time.
"""
import mpmath as mp
import numpy as np

mp.mp.prec = 240


def solve(f, basis, weight, nodes):
    n = len(basis)
    a = mp.matrix(n + 1, n + 1)
    b = mp.matrix(n + 1, 1)
    for i, x in enumerate(nodes):
        w = weight(x)
        for k, g in enumerate(basis):
            a[i, k] = w * g(x)
        a[i, n] = (-1) ** i
        b[i] = w * f(x)
    s = mp.lu_solve(a, b)
    return [s[k] for k in range(n)], abs(s[n])


def fit(f, basis, weight, lo, hi, rounds=12, grid=400):
    """Coefficients and the largest weighted error."""
    lo, hi = mp.mpf(lo), mp.mpf(hi)
    n = len(basis)
    if n == 0:
        xs = [lo + (hi - lo) * (1 - mp.cos(mp.pi * i / grid)) / 2 for i in range(grid + 1)]
        return [], max(abs(weight(x) * f(x)) for x in xs)
    nodes = [lo + (hi - lo) * (1 - mp.cos(mp.pi * (i + mp.mpf('0.5')) / (n + 1))) / 2 for i in range(n + 1)]
    xs = [lo + (hi - lo) * (1 - mp.cos(mp.pi * i / grid)) / 2 for i in range(grid + 1)]
    fx = [f(x) for x in xs]
    wx = [weight(x) for x in xs]
    bx = [[g(x) for g in basis] for x in xs]
    worst = None
    for _ in range(rounds):
        c, level = solve(f, basis, weight, nodes)
        e = [wx[i] * (fx[i] - mp.fdot(c, bx[i])) for i in range(grid + 1)]
        worst = max(abs(v) for v in e)
        extrema = []
        for i in range(grid + 1):  # one extremum for each run of a sign
            if extrema and (e[i] > 0) == (e[extrema[-1]] > 0):
                if abs(e[i]) > abs(e[extrema[-1]]):
                    extrema[-1] = i
            else:
                extrema.append(i)
        while len(extrema) > n + 1:
            extrema.pop(0 if abs(e[extrema[0]]) < abs(e[extrema[-1]]) else -1)
        if len(extrema) < n + 1:
            break
        nodes = [xs[i] for i in extrema]
        if level > 0 and worst / level < mp.mpf('1.0005'):
            break
    return c, worst


def to_float(c):
    return mp.mpf(float(np.float32(float(c)))) if abs(c) < mp.mpf(2) ** 120 else c


def to_double(c):
    return mp.mpf(float(mp.nstr(c, 40)))


def fit_rounded(f, basis, weight, lo, hi, rounding, exact=0, **kw):
    """As fit; the coefficients are rounded in their order, later ones make good for it. The last `exact` are left to the plain rounding."""
    done, rest = [], list(basis)
    g = f
    while rest:
        c, _ = fit(g, rest, weight, lo, hi, **kw)
        r = rounding(c[0])
        done.append(r)
        b, old = rest.pop(0), g
        g = (lambda old, r, b: lambda x: old(x) - r * b(x))(old, r, b)
    xs = [mp.mpf(lo) + (mp.mpf(hi) - mp.mpf(lo)) * i / 1000 for i in range(1001)]
    return done, max(abs(weight(x) * g(x)) for x in xs)


def powers(first, last, step=1):
    return [(lambda k: lambda x: x ** k)(k) for k in range(first, last + 1, step)]


def java(name, c, kind='double'):
    """Highest power first, as Horner's rule takes them."""
    return 'static final double[] %s = {%s};' % (name, ', '.join(hexa(v) for v in reversed(c)))


def hexa(v):
    h = float(v).hex()
    mantissa, exponent = h.split('p')
    if '.' in mantissa:
        mantissa = mantissa.rstrip('0').rstrip('.')
    return mantissa + 'p' + str(int(exponent))
