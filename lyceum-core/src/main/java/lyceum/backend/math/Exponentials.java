package lyceum.backend.math;

import static lyceum.backend.math.Polynomials.horner;

/** exp and its kin. */
final class Exponentials {
    static final double LOG2E = 0x1.71547652b82fep0;
    /** log 2 in two numbers of one sign. The first for floats has 15 bits, so that its product with an exponent is exact; fused products need no more. */
    private static final double LN2_HIGH_32 = 0x1.62e4p-1, LN2_LOW_32 = 0x1.7f7d1cf79abcap-20, LN2_HIGH_64 = 0x1.62e42fefa39efp-1,
            LN2_LOW_64 = 0x1.abc9e3b39803fp-56;
    /** (exp(r) - 1) / r for |r| of at most log(2) / 2, to exp(r)'s 2^-27.8 and 2^-61.7. */
    private static final double[] GROWTH_32 = {0x1.6ff268p-10, 0x1.1257dap-7, 0x1.5552fep-5, 0x1.555466p-3, 0.5, 1};
    private static final double[] GROWTH_64 = {0x1.1ee8b05c081bep-29, 0x1.af5ea9b52163p-26, 0x1.27e5362b42fbbp-22, 0x1.71ddf862e2ecp-19,
            0x1.a01a017bba5ddp-16, 0x1.a01a01afddea1p-13, 0x1.6c16c16c1f0cap-10, 0x1.111111110f6c3p-7, 0x1.555555555553ep-5,
            0x1.5555555555559p-3, 0.5, 1};
    /** (exp(-r) - 1) / r there. */
    private static final double[] DECAY_32 = {0x1.6ff268p-10, -0x1.1257dap-7, 0x1.5552fep-5, -0x1.555466p-3, 0.5, -1};
    private static final double[] DECAY_64 = {0x1.1ee8b05c081bep-29, -0x1.af5ea9b52163p-26, 0x1.27e5362b42fbbp-22, -0x1.71ddf862e2ecp-19,
            0x1.a01a017bba5ddp-16, -0x1.a01a01afddea1p-13, 0x1.6c16c16c1f0cap-10, -0x1.111111110f6c3p-7, 0x1.555555555553ep-5,
            -0x1.5555555555559p-3, 0.5, -1};
    /** (exp(r) - 1 - r) / r^2 there, for exp(r) - 1 to 2^-26 and 2^-61.7. */
    private static final double[] EXPM1_32 = {0x1.6e4e4ap-10, 0x1.12342p-7, 0x1.555448p-5, 0x1.5554ap-3, 0x1p-1};
    private static final double[] EXPM1_64 = {0x1.1ee8b05c081bep-29, 0x1.af5ea9b52163p-26, 0x1.27e5362b42fbbp-22, 0x1.71ddf862e2ecp-19,
            0x1.a01a017bba5ddp-16, 0x1.a01a01afddea1p-13, 0x1.6c16c16c1f0cap-10, 0x1.111111110f6c3p-7, 0x1.555555555553ep-5,
            0x1.5555555555559p-3, 0x1p-1};
    /** (log(1 + e) - e) / e^2 on [0, 1], for log(1 + e) to 2^-27.5. */
    private static final double[] LOG1P = {-0x1.af49cep-9, 0x1.4917cep-6, -0x1.d6b08cp-5, 0x1.b4ae08p-4, -0x1.3a435ep-3, 0x1.934b54p-3,
            -0x1.ff23e6p-3, 0x1.554ddp-2, -0x1.ffffd2p-2};
    /** (sinh(x) / x - 1) / x^2 of x^2 on [0, 1], to 2^-63. */
    private static final double[] SINH = {0x1.b4d1189995856p-41, 0x1.611a34e8dda8ap-33, 0x1.ae6467739027dp-26, 0x1.71de3a45e7403p-19,
            0x1.a01a01a029332p-13, 0x1.11111111110ap-7, 0x1.5555555555556p-3};

    private Exponentials() {}

    static <V, M> V ln2High(Arithmetic<V, M> a) { return a.constant(a.wide() ? LN2_HIGH_64 : LN2_HIGH_32); }

    static <V, M> V ln2Low(Arithmetic<V, M> a) { return a.constant(a.wide() ? LN2_LOW_64 : LN2_LOW_32); }

    /** {@code min(max(x, low), high)}, and NaN for NaN. */
    private static <V, M> V bounded(Arithmetic<V, M> a, V x, double low, double high) {
        return a.max(a.constant(low), a.min(a.constant(high), x));
    }

    /** From here on exp is 0. */
    private static <V, M> double least(Arithmetic<V, M> a) { return a.wide() ? -746 : -104; }

    /**
     * 0 in place of {@code y} where exp(x) is 0: {@code scale} then need not find that the power of two makes nothing of it, for which CPUs with {@code vscalefps} take
     * four hundred cycles (Sapphire Rapids). Scores that are hidden are such.
     */
    private static <V, M> V unlessGone(Arithmetic<V, M> a, V x, V y) {
        return a.select(a.lessEqual(x, a.constant(least(a))), a.constant(0), y);
    }

    /** {@code x - n log 2}. */
    static <V, M> V reduced(Arithmetic<V, M> a, V x, V n) { return a.fnma(n, ln2Low(a), a.fnma(n, ln2High(a), x)); }

    /** {@code exp(r)}, |r| at most log(2) / 2. F32: 6 operations. */
    private static <V, M> V expNear(Arithmetic<V, M> a, V r) {
        return a.fma(horner(a, r, a.wide() ? GROWTH_64 : GROWTH_32), r, a.constant(1));
    }

    /** {@code exp(r) - 1}, |r| at most log(2) / 2. F32: 6 operations. */
    static <V, M> V expm1Near(Arithmetic<V, M> a, V r) { return a.fma(a.mul(r, r), horner(a, r, a.wide() ? EXPM1_64 : EXPM1_32), r); }

    /** {@code 2^n exp(r)}, where {@code x = n log 2 + r}. F32: 15 operations. */
    static <V, M> V exp(Arithmetic<V, M> a, V x) {
        V bounded = bounded(a, x, least(a), a.wide() ? 710 : 89);
        V n = a.round(a.mul(bounded, a.constant(LOG2E)));
        return a.scale(unlessGone(a, x, expNear(a, reduced(a, bounded, n))), n);
    }

    /** {@code 2^n (exp(r) - 1) + (2^n - 1)}. F32: 19 operations. */
    static <V, M> V expm1(Arithmetic<V, M> a, V x) {
        V bounded = a.wide() ? bounded(a, x, -38, 710) : bounded(a, x, -18, 89);
        V n = a.round(a.mul(bounded, a.constant(LOG2E)));
        V q = expm1Near(a, reduced(a, bounded, n));
        V power = a.scale(a.constant(0.5), n); // half of 2^n, which may be too large itself
        V y = a.fma(power, q, a.sub(power, a.constant(0.5)));
        return a.copySign(a.select(a.equal(n, a.constant(0)), q, a.add(y, y)), x);
    }

    /**
     * {@code -t / (2 + t)} with {@code t = exp(-2|x|) - 1 = 2^n q + (2^n - 1)}; the divisor is rounded once and lies in the better half of a binade.
     * F32: 20 operations.
     */
    static <V, M> V tanh(Arithmetic<V, M> a, V x) {
        V bounded = a.min(a.constant(a.wide() ? 19.1 : 9.1), a.abs(x));
        V n = a.round(a.mul(bounded, a.constant(-2 * LOG2E)));
        V q = expm1Near(a, reduced(a, a.mul(bounded, a.constant(-2)), n));
        V power = a.scale(a.constant(1), n);
        V t = a.fma(power, q, a.sub(power, a.constant(1))), divisor = a.fma(power, q, a.add(power, a.constant(1)));
        V y = a.div(t, divisor);
        if (a.wide()) { // all floats are within 2 ulp without this; 1 / divisor is (1 - y) / 2
            V lostOfT = a.fma(power, q, a.sub(a.sub(power, a.constant(1)), t)),
                    lostOfDivisor = a.fma(power, q, a.sub(a.add(power, a.constant(1)), divisor));
            y = a.fma(a.fnma(y, lostOfDivisor, lostOfT), a.fnma(y, a.constant(0.5), a.constant(0.5)), y);
        }
        return a.copySign(y, x);
    }

    /** {@code 2^n / (2^n + exp(-r))}, where {@code x = n log 2 + r}; the 1 of exp(-r) is added last. F32: 18 operations. */
    static <V, M> V sigmoid(Arithmetic<V, M> a, V x) {
        V bounded = bounded(a, x, least(a), a.wide() ? 38 : 18);
        V n = a.round(a.mul(bounded, a.constant(LOG2E)));
        V r = reduced(a, bounded, n), one = unlessGone(a, x, a.constant(1));
        V part = a.fma(horner(a, r, a.wide() ? DECAY_64 : DECAY_32), r, a.scale(one, n));
        V divisor = a.add(part, a.constant(1)), quotient = a.div(one, divisor);
        if (a.wide()) { // all floats are within 2 ulp without this; of doubles nobody can try all
            V lost = a.sub(part, a.sub(divisor, a.constant(1)));
            quotient = a.fnma(quotient, a.mul(quotient, lost), quotient);
        }
        return a.scale(quotient, n);
    }

    /** {@code max(x, 0) + log(1 + exp(-|x|))}. F32: 28 operations. */
    static <V, M> V softplus(Arithmetic<V, M> a, V x) {
        V bounded = a.max(a.constant(least(a)), a.neg(a.abs(x)));
        V n = a.round(a.mul(bounded, a.constant(LOG2E)));
        V e = a.scale(unlessGone(a, bounded, expNear(a, reduced(a, bounded, n))), n);
        V log = a.wide() ? Logarithms.log1pOrdinary(a, e) : a.fma(a.mul(e, e), horner(a, e, LOG1P), e);
        return a.add(log, a.max(a.constant(0), x));
    }

    /** {@code exp(x) / 2}, finite where sinh and cosh are. F64 lanes. */
    private static <V, M> V halfExp(Arithmetic<V, M> a, V x) {
        V bounded = a.min(a.constant(711), x);
        V n = a.round(a.mul(bounded, a.constant(LOG2E)));
        return a.scale(expNear(a, reduced(a, bounded, n)), a.sub(n, a.constant(1)));
    }

    /** {@code h + h / (2h + 1)} with h = (exp(|x|) - 1) / 2; without the 1 where it no longer matters; an odd polynomial up to 1. F64 lanes. */
    static <V, M> V sinh(Arithmetic<V, M> a, V x) {
        V bounded = a.min(a.constant(711), a.abs(x));
        V n = a.round(a.mul(bounded, a.constant(LOG2E)));
        V power = a.scale(a.constant(0.5), n);
        V h = a.fma(power, expm1Near(a, reduced(a, bounded, n)), a.sub(power, a.constant(0.5)));
        V y = a.add(h, a.div(h, a.fma(h, a.constant(2), a.constant(1))));
        V z = a.mul(bounded, bounded), near = a.fma(a.mul(bounded, z), horner(a, z, SINH), bounded);
        M large = a.less(a.constant(50), bounded), small = a.less(bounded, a.constant(1));
        return a.copySign(a.select(large, halfExp(a, bounded), a.select(small, near, y)), x);
    }

    /** {@code e + 1 / (4e)} with e = exp(|x|) / 2. F64 lanes. */
    static <V, M> V cosh(Arithmetic<V, M> a, V x) {
        V e = halfExp(a, a.abs(x));
        return a.add(e, a.div(a.constant(0.25), e));
    }
}
