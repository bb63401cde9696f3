"""The tables of lyceum.backend.math.ErrorTables: python3 tools/math/error_tables.py, a minute."""
from remez import fit, fit_rounded, hexa, mp, powers, to_double, to_float

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
    tail('ERFC_32', erfcx, 2, (1, 2, 3, 0), 6, 100, to_float)
    tail('NORMAL_32', normal, 2, (1, 2, 3, 0), 6, 100, to_float)
    tail('ERFC_64', erfcx, 3, (1, 2, 3, 4, 5, 6, 7, 0), 11, 27.5, to_double)
    tail('NORMAL_64', normal, 3, (1, 2, 3, 4, 5, 6, 7, 0), 11, 38.9, to_double)
