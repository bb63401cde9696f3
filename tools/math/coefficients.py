"""The polynomials of lyceum.backend.math, in the order of its classes: python3 tools/math/coefficients.py, two minutes.

Each line: the array, and the largest weighted error as a power of two.
"""
from remez import fit, fit_rounded, java, mp, powers, to_double, to_float

TINY = mp.mpf(10) ** -20
LOG2E = 1 / mp.log(2)
LN2 = mp.log(2) / 2 * mp.mpf('1.0005')
HALF_PI, QUARTER_PI = (mp.pi / 2 * mp.mpf('1.0001')) ** 2, (mp.pi / 4 * mp.mpf('1.0001')) ** 2


def smooth(f, at_zero):
    """f with its removable singularity at 0 filled."""
    return lambda x: f(x) if abs(x) > TINY else at_zero


def of_square(f, first, at_zero):
    """(f(r) / r - first) / r^2 of z = r^2."""
    return lambda z: (f(mp.sqrt(z)) / mp.sqrt(z) - first) / z if z > TINY else at_zero


def single(name, f, count, weight, low, high):
    c, e = fit_rounded(f, powers(0, count - 1), weight, low, high, to_float)
    print(java(name, c), '//', mp.nstr(mp.log(e, 2), 5), flush=True)


def double(name, f, count, weight, low, high, **kw):
    c, e = fit(f, powers(0, count - 1), weight, low, high, **kw)
    print(java(name, [to_double(v) for v in c]), '//', mp.nstr(mp.log(e, 2), 5), flush=True)


def exponentials():
    expm1 = smooth(lambda r: (mp.expm1(r) - r) / r ** 2, mp.mpf(1) / 2)
    single('GROWTH_32', smooth(lambda r: mp.expm1(r) / r, mp.mpf(1)), 6, lambda r: r / mp.exp(r), -LN2, LN2)
    relative = lambda r: abs(r ** 2 / mp.expm1(r)) if r != 0 else mp.mpf(0)
    single('EXPM1_32', expm1, 5, relative, -LN2, LN2)
    double('EXPM1_64', expm1, 11, relative, -LN2, LN2)  # GROWTH_64 has these but the last two, 1/2 and 1
    single('LOG1P', smooth(lambda e: (mp.log1p(e) - e) / e ** 2, -mp.mpf(1) / 2), 9, lambda e: e ** 2 / mp.log1p(e) if e > 0 else mp.mpf(0), 0, 1)
    double('SINH', of_square(mp.sinh, 1, mp.mpf(1) / 6), 7, lambda z: z, 0, mp.mpf('1.001'))


def logarithms():
    log = smooth(lambda f: (mp.log1p(f) - f + f * f / 2) / f ** 3, mp.mpf(1) / 3)
    log2 = smooth(lambda f: (mp.log1p(f) - f) * LOG2E / f ** 2, -LOG2E / 2)
    for kind, name, n, m in ((single, '32', 8, 9), (double, '64', 19, 21)):
        kind('LOG_' + name, log, n, lambda f: abs(f ** 3 / mp.log1p(f)) if f != 0 else mp.mpf(0), -0.25, 0.5)
        mp.mp.prec = 160 if kind is single else 240  # rounding one coefficient after the other is touchy: this gave the best
        kind('LOG2_' + name, log2, m, lambda f: abs(f ** 2 / mp.log1p(f)) if f != 0 else mp.mpf(0), -0.25, 0.5)
        mp.mp.prec = 240


def trigonometry():
    sine = lambda z: z * mp.sqrt(z) / mp.sin(mp.sqrt(z)) if z > 0 else mp.mpf(0)
    single('SIN_32', of_square(mp.sin, 1, -mp.mpf(1) / 6), 4, sine, 0, HALF_PI)
    double('SIN_64', of_square(mp.sin, 1, -mp.mpf(1) / 6), 8, sine, 0, HALF_PI)
    double('TAN', of_square(mp.tan, 1, mp.mpf(1) / 3), 14, lambda z: z * mp.sqrt(z) / mp.tan(mp.sqrt(z)) if z > 0 else mp.mpf(0), 0, QUARTER_PI)
    double('ASIN', of_square(mp.asin, 1, mp.mpf(1) / 6), 13, lambda z: z, 0, mp.mpf('0.2501'))
    double('ATAN', of_square(mp.atan, 1, -mp.mpf(1) / 3), 12, lambda z: z, 0, mp.mpf('0.172'))
    mp.mp.prec = 2000
    x, pieces = 1 / mp.pi, [mp.mpf(0)]
    for _ in range(24):
        x *= mp.mpf(2) ** 53
        pieces.append(mp.floor(x) * mp.mpf(2) ** -53)
        x -= mp.floor(x)
    print(java('ONE_OVER_PI', list(reversed(pieces + [mp.mpf(0)] * (32 - len(pieces))))))
    mp.mp.prec = 240


def powers_of_two():
    double('LOG2', smooth(lambda f: mp.log1p(f) * LOG2E / f, LOG2E), 15, lambda f: abs(f / (mp.log1p(f) * LOG2E)) if f != 0 else 1 / LOG2E, -0.25, 0.5)
    exp2 = smooth(lambda r: mp.expm1(r / LOG2E) / r, 1 / LOG2E)
    for name, n in (('32', 6), ('64', 11)):
        double('EXP2_' + name, exp2, n, lambda r: abs(r) / mp.exp(r / LOG2E), -0.5, 0.5)
    atanh = lambda z: (mp.atanh(mp.sqrt(z)) / mp.sqrt(z) - 1 - z / 3) / z ** 2 * 2 * LOG2E if z > mp.mpf(10) ** -15 else 2 * LOG2E / 5
    double('ATANH', atanh, 8, lambda z: z ** 2 / (2 * LOG2E), 0, mp.mpf('0.0401'))


def error_functions():
    double('ERF_64', lambda z: mp.erf(mp.sqrt(z)) / mp.sqrt(z) - 1 if z > TINY else 2 / mp.sqrt(mp.pi) - 1, 11,
           lambda z: mp.sqrt(z) / mp.erf(mp.sqrt(z)) if z > 0 else mp.mpf(1), 0, mp.mpf('0.57'))

    def ratio(w):
        """erfinv(x) / x with w = -log(1 - x^2), by Newton's method on erfc."""
        if w < TINY:
            return mp.sqrt(mp.pi) / 2
        x = mp.sqrt(-mp.expm1(-w))
        rest, y = mp.exp(-w) / (1 + x), mp.erfinv(x) if w < 5 else mp.sqrt(w) * mp.mpf('0.9')
        for _ in range(60):
            step = (mp.erfc(y) - rest) / (2 / mp.sqrt(mp.pi) * mp.exp(-y * y))
            y += step
            if abs(step) < mp.mpf(10) ** -45:
                break
        return y / x

    near, far = mp.mpf('3.125'), mp.mpf('3.25')
    double('INVERSE', lambda u: ratio(u + near), 15, lambda u: 1 / ratio(u + near), -near, near, grid=120)
    double('INVERSE_FAR', lambda u: ratio((u + far) ** 2), 10, lambda u: 1 / ratio((u + far) ** 2), mp.mpf('-0.7501'), mp.mpf('0.86'), grid=120)


def gamma_functions():
    two = smooth(lambda z: mp.loggamma(2 + z) / z, 1 - mp.euler)
    double('NEAR_TWO', two, 18, lambda z: 1 / two(z), -0.501, 0.501, grid=250)

    def stirling(w):
        if w < mp.mpf(10) ** -8:
            return mp.mpf(1) / 12 - w / 360
        x = 1 / mp.sqrt(w)
        return (mp.loggamma(x) - ((x - mp.mpf('0.5')) * mp.log(x) - x + mp.log(2 * mp.pi) / 2)) * x

    def psi(w):
        if w < mp.mpf(10) ** -8:
            return mp.mpf(1) / 12 - w / 120
        x = 1 / mp.sqrt(w)
        return (mp.log(x) - 1 / (2 * x) - mp.digamma(x)) * x * x

    double('STIRLING', stirling, 7, lambda w: mp.mpf(12), 0, mp.mpf(1) / 64, grid=250)
    double('PSI', psi, 8, lambda w: mp.mpf(12), 0, mp.mpf(1) / 64, grid=250)


if __name__ == '__main__':
    for family in (exponentials, logarithms, trigonometry, powers_of_two, error_functions, gamma_functions):
        print('#', family.__name__)
        family()
