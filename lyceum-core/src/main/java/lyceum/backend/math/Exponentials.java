package lyceum.backend.math;

import static lyceum.backend.math.Polynomials.horner;

/** exp and its kin. Names end with the width of their lanes. */
final class Exponentials {
    static final double LOG2E = 0x1.71547652b82fep0;
    /** log 2 in two floats; the first has 15 bits, so that its product with an exponent is exact. */
    static final double LN2_HIGH = 0x1.62e4p-1, LN2_LOW = 0x1.7f7d1cf79abcap-20;
    /** exp(r) for |r| of at most log(2) / 2, to 2^-27.8. */
    static final double[] EXP = {0x1.6ff268p-10, 0x1.1257dap-7, 0x1.5552fep-5, 0x1.555466p-3, 0.5, 1, 1};
    /** (exp(r) - 1) / r there. */
    static final double[] EXP_MINUS_1 = {0x1.6ff268p-10, 0x1.1257dap-7, 0x1.5552fep-5, 0x1.555466p-3, 0.5, 1};
    /** (exp(-r) - 1) / r there. */
    private static final double[] EXP_OF_MINUS = {0x1.6ff268p-10, -0x1.1257dap-7, 0x1.5552fep-5, -0x1.555466p-3, 0.5, -1};
    /** (exp(r) - 1 - r) / r^2 there, for exp(r) - 1 to 2^-26. */
    private static final double[] EXPM1 = {0x1.6e4e4ap-10, 0x1.12342p-7, 0x1.555448p-5, 0x1.5554ap-3, 0x1p-1};
    /** (log(1 + e) - e) / e^2 on [0, 1], for log(1 + e) to 2^-27.5. */
    private static final double[] LOG1P = {-0x1.af49cep-9, 0x1.4917cep-6, -0x1.d6b08cp-5, 0x1.b4ae08p-4, -0x1.3a435ep-3, 0x1.934b54p-3, -0x1.ff23e6p-3, 0x1.554ddp-2,
        -0x1.ffffd2p-2};

    private Exponentials() { }

    /** {@code x - n log 2}. */
    private static <V, M> V reduced32(Arithmetic<V, M> a, V x, V n) {
        return a.fnma(n, a.constant(LN2_LOW), a.fnma(n, a.constant(LN2_HIGH), x));
    }

    /** {@code 2^n exp(r)}, where {@code x = n log 2 + r}. 13 operations. */
    static <V, M> V exp32(Arithmetic<V, M> a, V x) {
        V bounded = a.max(a.constant(-104), a.min(a.constant(89), x));
        V n = a.round(a.mul(bounded, a.constant(LOG2E)));
        return a.scale(horner(a, reduced32(a, bounded, n), EXP), n);
    }

    /** {@code exp(r) - 1}, |r| at most log(2) / 2. 7 operations. */
    private static <V, M> V expm1Near32(Arithmetic<V, M> a, V r) { return a.fma(a.mul(r, r), horner(a, r, EXPM1), r); }

    /** {@code 2^n (exp(r) - 1) + (2^n - 1)}. 20 operations. */
    static <V, M> V expm132(Arithmetic<V, M> a, V x) {
        V bounded = a.max(a.constant(-18), a.min(a.constant(89), x));
        V n = a.round(a.mul(bounded, a.constant(LOG2E)));
        V q = expm1Near32(a, reduced32(a, bounded, n));
        V power = a.scale(a.constant(0.5), n); // half of 2^n, which may be beyond a float
        V y = a.fma(power, q, a.sub(power, a.constant(0.5)));
        return a.copySign(a.select(a.equal(n, a.constant(0)), q, a.add(y, y)), x);
    }

    /** {@code -t / (2 + t)} with {@code t = exp(-2|x|) - 1 = 2^n q + (2^n - 1)}; the divisor is rounded once and lies in the good half of a binade. 18 operations. */
    static <V, M> V tanh32(Arithmetic<V, M> a, V x) {
        V bounded = a.min(a.constant(9.1), a.abs(x));
        V n = a.round(a.mul(bounded, a.constant(-2 * LOG2E)));
        V q = expm1Near32(a, reduced32(a, a.mul(bounded, a.constant(-2)), n));
        V power = a.scale(a.constant(1), n);
        V t = a.fma(power, q, a.sub(power, a.constant(1))), divisor = a.fma(power, q, a.add(power, a.constant(1)));
        return a.copySign(a.div(t, divisor), x);
    }

    /** {@code 2^n / (2^n + exp(-r))}, where {@code x = n log 2 + r}; the 1 of exp(-r) is added last. 16 operations. */
    static <V, M> V sigmoid32(Arithmetic<V, M> a, V x) {
        V bounded = a.max(a.constant(-104), a.min(a.constant(18), x));
        V n = a.round(a.mul(bounded, a.constant(LOG2E)));
        V r = reduced32(a, bounded, n);
        V divisor = a.add(a.fma(horner(a, r, EXP_OF_MINUS), r, a.scale(a.constant(1), n)), a.constant(1));
        return a.scale(a.div(a.constant(1), divisor), n);
    }

    /** {@code max(x, 0) + log(1 + exp(-|x|))}. 26 operations. */
    static <V, M> V softplus32(Arithmetic<V, M> a, V x) {
        V bounded = a.max(a.constant(-104), a.neg(a.abs(x)));
        V n = a.round(a.mul(bounded, a.constant(LOG2E)));
        V e = a.scale(horner(a, reduced32(a, bounded, n), EXP), n);
        V log = a.fma(a.mul(e, e), horner(a, e, LOG1P), e);
        return a.add(log, a.max(a.constant(0), x));
    }
}
