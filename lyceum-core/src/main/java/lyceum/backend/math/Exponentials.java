package lyceum.backend.math;

import static lyceum.backend.math.Polynomials.horner;

/** exp and its kin. Names end with the width of their lanes. */
final class Exponentials {
    private static final double LOG2E = 0x1.71547652b82fep0;
    /** log 2 in two floats; the first has 17 bits, so that its product with an exponent is exact. */
    private static final double LN2_HIGH = 0x1.62e4p-1, LN2_LOW = 0x1.7f7d1cf79abcap-20;
    /** exp(r) on |r| at most log(2) / 2. */
    private static final double[] EXP = {0x1.6ff268p-10, 0x1.1257dap-7, 0x1.5552fep-5, 0x1.555466p-3, 0.5, 1, 1};

    private Exponentials() { }

    /** {@code 2^n exp(r)}, where {@code x = n log 2 + r}. 13 operations. */
    static <V, M> V exp32(Arithmetic<V, M> a, V x) {
        V bounded = a.max(a.constant(-104), a.min(a.constant(89), x));
        V n = a.round(a.mul(bounded, a.constant(LOG2E)));
        V r = a.fnma(n, a.constant(LN2_LOW), a.fnma(n, a.constant(LN2_HIGH), bounded));
        return a.scale(horner(a, r, EXP), n);
    }
}
