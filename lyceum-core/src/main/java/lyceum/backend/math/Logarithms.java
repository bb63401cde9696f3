package lyceum.backend.math;

import static lyceum.backend.math.Polynomials.horner;

/** log and its kin. Names end with the width of their lanes. */
final class Logarithms {
    /** log 2 in two floats; the first has 17 bits and is the smaller, so that both have one sign and infinities pass through. */
    private static final double LN2_HIGH = 0x1.62e4p-1, LN2_LOW = 0x1.7f7d1cf79abcap-20;
    /** (log(1 + f) - f + f^2 / 2) / f^3 on [-0.25, 0.5]. */
    private static final double[] LOG = {-0x1.71b97ap-5, 0x1.ad3baap-4, -0x1.0db5fcp-3, 0x1.2884cep-3, -0x1.54ed04p-3, 0x1.99695ep-3, -0x1.000046p-2, 0x1.5555a4p-2};

    private Logarithms() { }

    /** {@code e log 2 + log(1 + f)}, where {@code x = 2^e (1 + f)} with f in [-0.25, 0.5). 20 operations. */
    static <V, M> V log32(Arithmetic<V, M> a, V x) {
        V m = a.mantissa(x);
        V e = a.sub(a.exponent(x), a.exponent(m));
        V f = a.sub(m, a.constant(1)), z = a.mul(f, f);
        V rest = a.fma(a.mul(f, horner(a, f, LOG)), z, a.mul(e, a.constant(LN2_LOW)));
        V y = a.fma(e, a.constant(LN2_HIGH), a.add(f, a.fma(a.constant(-0.5), z, rest)));
        return a.select(a.less(x, a.constant(0)), a.constant(Double.NaN), y);
    }
}
