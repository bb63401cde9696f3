package lyceum.backend.math;

import static lyceum.backend.math.Polynomials.horner;

/** sin, cos and tan. */
final class Trigonometry {
    /** Pi in three numbers of one sign, taken off one after the other by fused products; -0.0 stays what it is. */
    private static final double[] PI_32 = {0x1.921fb4p1, 0x1.4442dp-23, 0x1.846988p-47},
            PI_64 = {0x1.921fb54442d18p1, 0x1.1a62633145c06p-53, 0x1.c1cd129024e08p-106};
    /** Up to here three numbers are enough. */
    private static final double NEAR_32 = 0x1p17, NEAR_64 = 0x1p30;
    /** Adding it to a number of magnitude below 2^22 (2^51) rounds that to an integer, which then stands in the low bits. */
    private static final double ROUND_32 = 0x1.8p23, ROUND_64 = 0x1.8p52;
    /** (sin(r) / r - 1) / r^2 of z = r^2, |r| at most pi / 2, for sin(r) to 2^-27.3 and 2^-61.7. */
    private static final double[] SIN_32 = {0x1.5dc8c4p-19, -0x1.9f70eep-13, 0x1.110edap-7, -0x1.55554cp-3};
    private static final double[] SIN_64 = {0x1.8828f9b681dfbp-49, -0x1.ae431772a922ep-41, 0x1.6123cb11e9467p-33, -0x1.ae6454cafd868p-26,
            0x1.71de3a528708p-19, -0x1.a01a01a0148a1p-13, 0x1.11111111110c1p-7, -0x1.5555555555555p-3};
    /** (tan(r) / r - 1) / r^2 of z = r^2, |r| at most pi / 4, for tan(r) to 2^-56.2. */
    private static final double[] TAN = {0x1.5dfa94edad45p-16, -0x1.785981b2618f4p-15, 0x1.77181b6779fbfp-14, -0x1.ba428ef84e30ap-16,
            0x1.1e46aab8b1abcp-13, 0x1.d2623c0c405e4p-13, 0x1.37fbcbd9938f6p-11, 0x1.7d5b35b2c427bp-10, 0x1.d6d937003b6c1p-9,
            0x1.226e12425e8efp-7, 0x1.664f49a95250dp-6, 0x1.ba1ba1b4664cap-5, 0x1.111111111835p-3, 0x1.55555555554f1p-2};

    private Trigonometry() {}

    private static <V, M> V rounding(Arithmetic<V, M> a) { return a.constant(a.wide() ? ROUND_64 : ROUND_32); }

    private static <V, M> M far(Arithmetic<V, M> a, V x) { return a.less(a.constant(a.wide() ? NEAR_64 : NEAR_32), a.abs(x)); }

    /** {@code (-1)^k sin(x - k pi)}, where the lowest bit of {@code integer} is that of k; 0 for both zeros. F32: 12 operations. */
    private static <V, M> V signedSin(Arithmetic<V, M> a, V x, V k, V integer) {
        V r = x;
        for (double part : a.wide() ? PI_64 : PI_32) r = a.fnma(k, a.constant(part), r);
        V z = a.mul(r, r);
        V y = a.fma(a.mul(r, z), horner(a, z, a.wide() ? SIN_64 : SIN_32), r);
        return a.bitXor(y, a.shiftLeft(integer, a.wide() ? 63 : 31));
    }

    /** {@code sin(r + rest)}, |r| at most pi / 2. F64 lanes. */
    static <V, M> V sinOf(Arithmetic<V, M> a, V r, V rest) {
        V z = a.mul(r, r);
        V cosine = horner(a, z, 1.0 / 24, -0.5, 1); // near enough, as the rest is small
        return a.add(r, a.fma(a.mul(r, z), horner(a, z, SIN_64), a.mul(rest, cosine)));
    }

    /** {@code x = k pi + r}. F32: 16 operations, and the question whether x is huge. */
    static <V, M> V sin(Arithmetic<V, M> a, V x) {
        V integer = a.fma(x, a.constant(1 / Math.PI), rounding(a));
        V y = signedSin(a, x, a.sub(integer, rounding(a)), integer);
        return a.rarely(far(a, x), () -> a.inDouble(HugeAngles::sin, x), a.select(a.equal(x, a.constant(0)), x, y));
    }

    /** {@code x = (k - 1/2) pi + r}, and sin(x + pi / 2) = (-1)^k sin(r). F32: 17 operations, and the question whether x is huge. */
    static <V, M> V cos(Arithmetic<V, M> a, V x) {
        V magnitude = a.abs(x);
        V integer = a.add(a.fma(magnitude, a.constant(1 / Math.PI), a.constant(0.5)), rounding(a));
        V y = signedSin(a, magnitude, a.sub(a.sub(integer, rounding(a)), a.constant(0.5)), integer);
        return a.rarely(far(a, x), () -> a.inDouble(HugeAngles::cos, x), y);
    }

    /** Always in double: the errors of r, of tan(r) and of 1 / tan(r) would add up to more than two ulp of a float. */
    static <V, M> V tan(Arithmetic<V, M> a, V x) {
        return a.rarely(far(a, x), () -> a.inDouble(HugeAngles::tan, x), a.inDouble(Trigonometry::tanNear, x));
    }

    /** {@code x = k pi / 2 + r}; tan(r), or -1 / tan(r) for odd k, with what the roundings of r and tan(r) took. F64 lanes, 38 operations. */
    private static <V, M> V tanNear(Arithmetic<V, M> a, V x) {
        V integer = a.fma(x, a.constant(2 / Math.PI), a.constant(ROUND_64));
        V k = a.sub(integer, a.constant(ROUND_64));
        V first = a.fnma(k, a.constant(PI_64[0] / 2), x), second = a.constant(PI_64[1] / 2), third = a.constant(PI_64[2] / 2);
        V r = a.fnma(k, second, first);
        V rest = a.fnma(k, third, a.fnma(k, second, a.sub(first, r)));

        V plusOrMinus = a.bitOr(a.shiftLeft(integer, 63), a.constant(1));
        V y = tanOrCotangent(a, r, rest, a.less(plusOrMinus, a.constant(0)));
        return a.select(a.equal(x, a.constant(0)), x, y);
    }

    /** {@code tan(r + rest)}, or {@code -1 / tan(r + rest)} where {@code odd}; |r| at most pi / 4. F64 lanes. */
    static <V, M> V tanOrCotangent(Arithmetic<V, M> a, V r, V rest, M odd) {
        V z = a.mul(r, r);
        V change = a.fma(a.mul(r, z), horner(a, z, TAN), a.fma(rest, z, rest));
        V tan = a.add(r, change), lost = a.sub(change, a.sub(tan, r));
        V inverse = a.div(a.constant(-1), tan);
        V cotangent = a.fma(inverse, a.fma(inverse, lost, a.fma(inverse, tan, a.constant(1))), inverse);
        return a.select(odd, cotangent, tan);
    }
}
