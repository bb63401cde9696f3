package lyceum.backend.math;

import static lyceum.backend.math.Exponentials.LOG2E;
import static lyceum.backend.math.Polynomials.horner;

/** log and its kin. */
final class Logarithms {
    /** (log(1 + f) - f + f^2 / 2) / f^3 on [-0.25, 0.5], for log(1 + f) to 2^-26.5 and 2^-56.6. */
    private static final double[] LOG_32 = {-0x1.71b97ap-5, 0x1.ad3baap-4, -0x1.0db5fcp-3, 0x1.2884cep-3, -0x1.54ed04p-3, 0x1.99695ep-3,
            -0x1.000046p-2, 0x1.5555a4p-2};
    private static final double[] LOG_64 = {0x1.0920fc5e2f89ap-7, -0x1.e183521554567p-6, 0x1.9f4cedc975de4p-5, -0x1.e8e802c0737b9p-5,
            0x1.f25283d24ec89p-5, -0x1.fffcd21f4089ep-5, 0x1.101cb1e4efb83p-4, -0x1.246576cfb60c3p-4, 0x1.3b1f0319c2b83p-4,
            -0x1.555939479ffaep-4, 0x1.745cec20309a3p-4, -0x1.999972cbbdaf2p-4, 0x1.c71c70dea88cdp-4, -0x1.00000063d9ebdp-3,
            0x1.2492492974bb2p-3, -0x1.555555545937ep-3, 0x1.999999998c6dep-3, -0x1.0000000000771p-2, 0x1.55555555555ap-2};
    /** (log2(1 + f) - f log2 e) / f^2 there, to 2^-26.2 and 2^-58.8. */
    private static final double[] LOG2_32 = {-0x1.15374ap-4, 0x1.3c7d9cp-3, -0x1.879c9ep-3, 0x1.ab98e8p-3, -0x1.eb9a7p-3, 0x1.27516cp-2,
            -0x1.71559ep-2, 0x1.ec7122p-2, -0x1.715476p-1};
    private static final double[] LOG2_64 = {-0x1.4c2f7fe2664cdp-7, 0x1.38eabe8a7ca0fp-5, -0x1.16c50b5d9245fp-4, 0x1.4ed0339f0fd1ap-4,
            -0x1.55ceb20a2f7aep-4, 0x1.5c3610e5be70ep-4, -0x1.6fc65aadbd2dp-4, 0x1.8993ce4260645p-4, -0x1.a6286251e1b98p-4,
            0x1.c697c9dc7123cp-4, -0x1.ec709511c2c68p-4, 0x1.0c9a56ab5c617p-3, -0x1.2776c24886c29p-3, 0x1.484b14e90ee36p-3,
            -0x1.7154766b64f3bp-3, 0x1.a61762a437bfcp-3, -0x1.ec709dc3484a7p-3, 0x1.2776c50efc866p-2, -0x1.71547652b86e7p-2,
            0x1.ec709dc3a03e3p-2, -0x1.71547652b82fdp-1};
    /** log2 e is this and the next. */
    private static final double LOG2E_HIGH_32 = 0x1.715476p0, LOG2E_LOW_32 = LOG2E - LOG2E_HIGH_32, LOG2E_LOW_64 = 0x1.777d0ffda0d23p-56;

    private Logarithms() {}

    /** The exponent e of {@code x = 2^e m}, where m is {@link Arithmetic#mantissa}: one more where that is below 1. */
    static <V, M> V exponent(Arithmetic<V, M> a, V x, V m) {
        V e = a.exponent(x);
        return a.select(a.less(m, a.constant(1)), a.add(e, a.constant(1)), e);
    }

    /**
     * {@code e log 2 + log(1 + f)}. Both parts of log 2 have one sign, so the e of zero and of infinity, infinite themselves, pass through.
     * F32: 15 operations.
     */
    private static <V, M> V combine(Arithmetic<V, M> a, V e, V f) {
        V z = a.mul(f, f);
        V rest = a.fma(a.mul(f, horner(a, f, a.wide() ? LOG_64 : LOG_32)), z, a.mul(e, Exponentials.ln2Low(a)));
        return a.fma(e, Exponentials.ln2High(a), a.add(f, a.fma(a.constant(-0.5), z, rest)));
    }

    private static <V, M> V exceptBelowZero(Arithmetic<V, M> a, V x, V y) {
        return a.select(a.less(x, a.constant(0)), a.constant(Double.NaN), y);
    }

    /** {@code x = 2^e (1 + f)} with f in [-0.25, 0.5). F32: 22 operations. */
    static <V, M> V log(Arithmetic<V, M> a, V x) {
        V m = a.mantissa(x);
        return exceptBelowZero(a, x, combine(a, exponent(a, x, m), a.sub(m, a.constant(1))));
    }

    /** {@code log(1 + x)} with 1 + x = 2^e (1 + f) as in {@link #log}, but f = (2^-e - 1) + 2^-e x has the digits of x that 1 + x lost. */
    private static <V, M> V log1p(Arithmetic<V, M> a, V x, V e) {
        V power = a.scale(a.constant(1), a.neg(e));
        return combine(a, e, a.fma(power, x, a.sub(power, a.constant(1))));
    }

    /** {@link #log1p} where 1 + x is positive and finite. */
    static <V, M> V log1pOrdinary(Arithmetic<V, M> a, V x) {
        V u = a.add(x, a.constant(1));
        return log1p(a, x, exponent(a, u, a.mantissa(u)));
    }

    /** F32: 31 operations. */
    static <V, M> V log1p(Arithmetic<V, M> a, V x) {
        V u = a.add(x, a.constant(1));
        V e = exponent(a, u, a.mantissa(u));
        V y = a.copySign(log1p(a, x, e), x);
        M ordinary = a.both(a.less(a.constant(0), u), a.less(u, a.constant(Double.POSITIVE_INFINITY)));
        return a.select(ordinary, y, exceptBelowZero(a, u, e));
    }

    /** {@code e + log2(1 + f)}; exact for powers of two. F32: 21 operations. */
    static <V, M> V log2(Arithmetic<V, M> a, V x) {
        V m = a.mantissa(x);
        V f = a.sub(m, a.constant(1));
        V rest = a.fma(a.mul(f, f), horner(a, f, a.wide() ? LOG2_64 : LOG2_32),
                a.mul(f, a.constant(a.wide() ? LOG2E_LOW_64 : LOG2E_LOW_32)));
        return exceptBelowZero(a, x, a.add(exponent(a, x, m), a.fma(f, a.constant(a.wide() ? LOG2E : LOG2E_HIGH_32), rest)));
    }
}
