package lyceum.backend.math;

import static lyceum.backend.math.Exponentials.LN2_HIGH;
import static lyceum.backend.math.Exponentials.LN2_LOW;
import static lyceum.backend.math.Exponentials.LOG2E;
import static lyceum.backend.math.Polynomials.horner;

/** log and its kin. Names end with the width of their lanes. */
final class Logarithms {
    /** (log(1 + f) - f + f^2 / 2) / f^3 on [-0.25, 0.5], for log(1 + f) to 2^-26.5. */
    private static final double[] LOG = {-0x1.71b97ap-5, 0x1.ad3baap-4, -0x1.0db5fcp-3, 0x1.2884cep-3, -0x1.54ed04p-3, 0x1.99695ep-3, -0x1.000046p-2, 0x1.5555a4p-2};
    /** (log2(1 + f) - f log2 e) / f^2 there, to 2^-26.2. */
    private static final double[] LOG2 = {-0x1.15374ap-4, 0x1.3c7d9cp-3, -0x1.879c9ep-3, 0x1.ab98e8p-3, -0x1.eb9a7p-3, 0x1.27516cp-2, -0x1.71559ep-2, 0x1.ec7122p-2, -0x1.715476p-1};
    private static final double LOG2E_HIGH = 0x1.715476p0;

    private Logarithms() { }

    /**
     * {@code e log 2 + log(1 + f)}. Both parts of log 2 have one sign, so the e of zero and of infinity, infinite themselves, pass through.
     * 14 operations.
     */
    private static <V, M> V combine32(Arithmetic<V, M> a, V e, V f) {
        V z = a.mul(f, f);
        V rest = a.fma(a.mul(f, horner(a, f, LOG)), z, a.mul(e, a.constant(LN2_LOW)));
        return a.fma(e, a.constant(LN2_HIGH), a.add(f, a.fma(a.constant(-0.5), z, rest)));
    }

    private static <V, M> V exceptBelowZero(Arithmetic<V, M> a, V x, V y) { return a.select(a.less(x, a.constant(0)), a.constant(Double.NaN), y); }

    /** {@code x = 2^e (1 + f)} with f in [-0.25, 0.5). 21 operations. */
    static <V, M> V log32(Arithmetic<V, M> a, V x) {
        V m = a.mantissa(x);
        V e = a.sub(a.exponent(x), a.exponent(m));
        return exceptBelowZero(a, x, combine32(a, e, a.sub(m, a.constant(1))));
    }

    /** As {@link #log32} of 1 + x = 2^e (1 + f), but f = (2^-e - 1) + 2^-e x has the digits of x that 1 + x lost. 31 operations. */
    static <V, M> V log1p32(Arithmetic<V, M> a, V x) {
        V u = a.add(x, a.constant(1));
        V m = a.mantissa(u);
        V minus = a.sub(a.exponent(m), a.exponent(u));
        V power = a.scale(a.constant(1), minus);
        V f = a.fma(power, x, a.sub(power, a.constant(1)));
        V y = a.copySign(combine32(a, a.neg(minus), f), x);
        M ordinary = a.both(a.less(a.constant(0), u), a.less(u, a.constant(Double.POSITIVE_INFINITY)));
        return a.select(ordinary, y, exceptBelowZero(a, u, a.neg(minus)));
    }

    /** {@code e + log2(1 + f)}; exact for powers of two. 20 operations. */
    static <V, M> V log232(Arithmetic<V, M> a, V x) {
        V m = a.mantissa(x);
        V e = a.sub(a.exponent(x), a.exponent(m));
        V f = a.sub(m, a.constant(1));
        V rest = a.fma(a.mul(f, f), horner(a, f, LOG2), a.mul(f, a.constant(LOG2E - LOG2E_HIGH)));
        return exceptBelowZero(a, x, a.add(e, a.fma(f, a.constant(LOG2E_HIGH), rest)));
    }
}
