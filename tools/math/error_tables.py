"""The tables of lyceum.backend.math.ErrorTables: python3 tools/math/error_tables.py, a minute."""
from remez import fit, fit_rounded, hexa, java, mp, powers, to_double, to_float

mp.mp.prec = 200


def erfcx(x):
    return mp.exp(x * x) * mp.erfc(x)


def normal(x):
    return erfcx(x / mp.sqrt(2)) / 2


def show(name, columns, error):
    print('    // %s, to 2^%s' % (name, mp.nstr(mp.log(error, 2), 4)))
    lines = []
    for power in reversed(range(len(columns[0]))):
        v = [hexa(c[power]) for c in columns]
        lines.append('        {' + ',\n            '.join(', '.join(v[k:k + 8]) for k in range(0, len(v), 8)) + '}')
    print('    static final double[][] %s = {\n%s\n    };' % (name, ',\n'.join(lines)))


def erf():
    spacing, degree, columns, worst = mp.mpf(65) / 256, 5, [], 0
    for k in range(16):
        centre = k * spacing
        if k == 0:
            c, e = fit_rounded(lambda d: mp.erf(d) - d, powers(1, degree), lambda d: 1 / mp.erf(d), mp.mpf('1e-9'), spacing / 2, to_float, grid=120)
            c = [mp.mpf(0)] + c
        else:
            c, e = fit(lambda d: mp.erf(centre + d), powers(0, degree), lambda d: 1 / mp.erf(centre + d), -spacing / 2, spacing / 2, grid=120)
            c = [to_float(v) for v in c]
        columns.append(c)
        worst = max(worst, e)
    show('ERF', columns, worst)


def rounding_of(y):
    return abs(to_float(y) / y - 1)


def pieces(name, f, slope, curve, bound, degree=7):
    """A polynomial for each of 16 intervals of [0, bound]; x is in number x (slope + curve x), rounded. The last line has the points about which they are: near
    the middles, where the function and its slope happen to be close to floats."""
    def border(k):
        return (-slope + mp.sqrt(slope * slope + 4 * curve * k)) / (2 * curve)
    columns, worst = [], 0
    for k in range(16):
        low, high = border(max(0, k - mp.mpf(1) / 2)), min(bound, border(k + mp.mpf(1) / 2))
        middle, step = to_float((low + high) / 2), (high - low) / 2 ** 16
        centre = min((to_float(middle + i * step) for i in range(-1000, 1000)), key=lambda x: rounding_of(f(x)) + rounding_of(mp.diff(f, x)) / 2)
        c, e = fit(lambda d: f(centre + d), powers(0, degree), lambda d: 1 / f(centre + d), low - centre, high - centre, rounds=6, grid=80)
        columns.append([centre] + [to_float(v) for v in c])
        worst = max(worst, e)
    show(name, columns, worst)


def far(name, f, low, high, degree):
    """x f(x) of 1 / x^2 less its limit as a float."""
    limit = to_float(f(mp.mpf(10) ** 20) * mp.mpf(10) ** 20)
    c, e = fit_rounded(lambda z: f(1 / mp.sqrt(z)) / mp.sqrt(z) - limit, powers(0, degree), lambda z: mp.sqrt(z) / f(1 / mp.sqrt(z)), 1 / high ** 2, 1 / low ** 2, to_float, grid=200)
    print('    // limit %s, to 2^%s' % (hexa(limit), mp.nstr(mp.log(e, 2), 4)))
    print('    ' + java(name, c))


def tail(name, f, fraction_bits, octaves, degree, largest, rounding):
    """Intervals of x + 1: the top fraction bits of each octave; column number: octave modulo the count, then the fraction's bits."""
    columns, worst, parts = [], 0, 2 ** fraction_bits
    for octave in octaves:
        for m in range(parts):
            low, width = mp.mpf(2) ** octave * (1 + mp.mpf(m) / parts), mp.mpf(2) ** octave / parts
            centre = low + width / 2 - 1
            if low - 1 > largest:
                columns.append([mp.mpf(0)] * (degree + 2))
                continue
            c, e = fit(lambda d: f(centre + d), powers(0, degree), lambda d: 1 / f(centre + d), -width / 2, width / 2, rounds=6, grid=80)
            head = rounding(c[0])
            columns.append([head, rounding(c[0] - head)] + [rounding(v) for v in c[1:]])
            worst = max(worst, e)
    show(name, columns, worst)


if __name__ == '__main__':
    erf()
    pieces('ERFC_NEAR', mp.erfc, mp.mpf('1.5'), mp.mpf('0.625'), mp.mpf('3.9'))
    pieces('NORMAL_NEAR', lambda x: mp.erfc(x / mp.sqrt(2)) / 2, mp.mpf('1.0625'), mp.mpf('0.3125'), mp.mpf('5.5'))
    far('ERFC_FAR', erfcx, mp.mpf('3.9'), mp.mpf('10.1'), 5)
    far('NORMAL_FAR', normal, mp.mpf('5.5'), mp.mpf('14.6'), 5)
    tail('ERFC_64', erfcx, 3, (1, 2, 3, 4, 5, 6, 7, 0), 11, 27.5, to_double)
    tail('NORMAL_64', normal, 3, (1, 2, 3, 4, 5, 6, 7, 0), 11, 38.9, to_double)
