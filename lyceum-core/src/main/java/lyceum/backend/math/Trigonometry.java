package lyceum.backend.math;

import static lyceum.backend.math.Polynomials.horner;

/** sin, cos and tan. Names end with the width of their lanes. */
final class Trigonometry {
    /** Pi in three floats of one sign, taken off one after the other by fused products; -0.0 stays what it is. */
    private static final double[] PI = {0x1.921fb4p1, 0x1.4442dp-23, 0x1.846988p-47};
    /** Half pi in two doubles. */
    private static final double HALF_PI = 0x1.921fb54442d18p0, HALF_PI_LOW = 0x1.1a62633145c06p-54;
    /** Up to here three floats of pi are enough. */
    private static final double NEAR = 0x1p17;
    /** Adding it to a float of magnitude below 2^22 rounds it to an integer, which then stands in the low bits. */
    private static final double ROUND = 0x1.8p23, ROUND64 = 0x1.8p52;
    /** (sin(r) / r - 1) / r^2 of z = r^2, |r| at most pi / 2, for sin(r) to 2^-27.3. */
    private static final double[] SIN = {0x1.5dc8c4p-19, -0x1.9f70eep-13, 0x1.110edap-7, -0x1.55554cp-3};
    /** (tan(r) / r - 1) / r^2 of z = r^2, |r| at most pi / 4, for tan(r) to 2^-29.6. */
    private static final double[] TAN = {0x1.1ee0b06fce5ebp-8, 0x1.6e1fa354177b5p-14, 0x1.631febec29336p-7, 0x1.5cad39669e98p-6, 0x1.badc1ef9fabddp-5, 0x1.110d8c623deb2p-3,
        0x1.5555605fcd7d7p-2};
    /** 1 / pi in pieces of 24 bits, whose products with a float are exact in double. */
    private static final double[] ONE_OVER_PI = {0x1.45f304p-2, 0x1.6e4e44p-25, 0x1.529fcp-53, 0x1.3abe8p-76, 0x1.f534dcp-97, 0x1.c0db62p-121, 0x1.2b3278p-146, 0x1.0e41p-171};
    /** (sin(pi f) / f - pi) / f^2 of z = f^2, |f| at most 1/2, for sin(pi f) to 2^-43.7. */
    private static final double[] SIN_PI = {0x1.d52b8bbc11df7p-12, -0x1.e29b1271e7a6fp-8, 0x1.50770f38d7995p-4, -0x1.32d2c9bd9becfp-1, 0x1.466bc66f4a4e2p1, -0x1.4abbce624e0cap2};

    private Trigonometry() { }

    /** {@code x - k pi}. */
    private static <V, M> V reduced32(Arithmetic<V, M> a, V x, V k) {
        V r = a.fnma(k, a.constant(PI[0]), x);
        r = a.fnma(k, a.constant(PI[1]), r);
        return a.fnma(k, a.constant(PI[2]), r);
    }

    /** {@code (-1)^k sin(r)}, where the lowest bit of {@code integer} is that of k; 0 for both zeros. 9 operations. */
    private static <V, M> V signedSin32(Arithmetic<V, M> a, V r, V integer) {
        V z = a.mul(r, r);
        V y = a.fma(a.mul(r, z), horner(a, z, SIN), r);
        return a.bitXor(y, a.shiftLeft(integer, 31));
    }

    private static <V, M> M far(Arithmetic<V, M> a, V x) { return a.less(a.constant(NEAR), a.abs(x)); }

    /** {@code x = k pi + r}. 16 operations, and the question whether x is huge. */
    static <V, M> V sin32(Arithmetic<V, M> a, V x) {
        V integer = a.fma(x, a.constant(1 / Math.PI), a.constant(ROUND));
        V k = a.sub(integer, a.constant(ROUND));
        V y = a.select(a.equal(x, a.constant(0)), x, signedSin32(a, reduced32(a, x, k), integer));
        return a.rarely(far(a, x), () -> a.inDouble(Trigonometry::sinHuge, x), y);
    }

    /** {@code x = (k - 1/2) pi + r}, and sin(x + pi / 2) = (-1)^k sin(r). 16 operations, and the question whether x is huge. */
    static <V, M> V cos32(Arithmetic<V, M> a, V x) {
        V integer = a.add(a.fma(a.abs(x), a.constant(1 / Math.PI), a.constant(0.5)), a.constant(ROUND));
        V k = a.sub(a.sub(integer, a.constant(ROUND)), a.constant(0.5));
        V y = signedSin32(a, reduced32(a, a.abs(x), k), integer);
        return a.rarely(far(a, x), () -> a.inDouble(Trigonometry::cosHuge, x), y);
    }

    /** In double: the errors of r, of tan(r) and of 1 / tan(r) would add up to more than two ulp of a float. */
    static <V, M> V tan32(Arithmetic<V, M> a, V x) {
        return a.rarely(far(a, x), () -> a.inDouble(Trigonometry::tanHuge, x), a.inDouble(Trigonometry::tanNear, x));
    }

    /** {@code x = k pi / 2 + r}; tan(r), or -1 / tan(r) for odd k. F64 lanes, to the digits of a float. 21 operations. */
    static <V, M> V tanNear(Arithmetic<V, M> a, V x) {
        V integer = a.fma(x, a.constant(2 / Math.PI), a.constant(ROUND64));
        V k = a.sub(integer, a.constant(ROUND64));
        V r = a.fnma(k, a.constant(HALF_PI_LOW), a.fnma(k, a.constant(HALF_PI), x));
        V z = a.mul(r, r);
        V tan = a.fma(a.mul(r, z), horner(a, z, TAN), r);
        V plusOrMinus = a.bitOr(a.shiftLeft(integer, 63), a.constant(1));
        return a.select(a.less(plusOrMinus, a.constant(0)), a.div(a.constant(-1), tan), tan);
    }

    /** A number as the exact sum of two: the sum rounded, and what the rounding took. */
    private record Pair<V>(V high, V low) {

        /** Knuth's two-sum with {@code y}. */
        <M> Pair<V> plus(Arithmetic<V, M> a, V y) {
            V sum = a.add(high, y), back = a.sub(sum, high);
            V error = a.add(a.sub(high, a.sub(sum, back)), a.sub(y, back));
            return new Pair<>(sum, a.add(low, error));
        }
    }

    /** {@code x / pi + offset} less a multiple of two, in F64 lanes for an x that is a float: the products with the pieces are exact, and so are their remainders. */
    private static <V, M> Pair<V> halfTurns(Arithmetic<V, M> a, V x, double offset) {
        var sum = new Pair<>(a.constant(offset), a.constant(0));
        for (double piece : ONE_OVER_PI) {
            V product = a.mul(x, a.constant(piece));
            sum = sum.plus(a, a.fnma(a.round(a.mul(product, a.constant(0.5))), a.constant(2), product));
        }
        return sum;
    }

    /** {@code sin(pi f)}, |f| at most 1/2. */
    private static <V, M> V sinPi(Arithmetic<V, M> a, V f) {
        V z = a.mul(f, f);
        return a.fma(a.mul(f, z), horner(a, z, SIN_PI), a.mul(f, a.constant(Math.PI)));
    }

    private static <V, M> V sinOfHalfTurns(Arithmetic<V, M> a, Pair<V> turns) {
        V k = a.round(turns.high());
        V f = a.add(a.sub(turns.high(), k), turns.low());
        V parity = a.fnma(a.round(a.mul(k, a.constant(0.5))), a.constant(2), k); // 0, 1 or -1
        V sign = a.fnma(a.mul(parity, parity), a.constant(2), a.constant(1));
        return a.mul(sinPi(a, f), sign);
    }

    static <V, M> V sinHuge(Arithmetic<V, M> a, V x) { return sinOfHalfTurns(a, halfTurns(a, x, 0)); }

    static <V, M> V cosHuge(Arithmetic<V, M> a, V x) { return sinOfHalfTurns(a, halfTurns(a, x, 0.5)); }

    static <V, M> V tanHuge(Arithmetic<V, M> a, V x) {
        var turns = halfTurns(a, x, 0);
        V f = a.sub(turns.high(), a.round(turns.high()));
        V complement = a.sub(a.sub(a.copySign(a.constant(0.5), f), f), turns.low());
        return a.div(sinPi(a, a.add(f, turns.low())), a.abs(sinPi(a, complement)));
    }
}
