package lyceum.backend.math;

import static lyceum.backend.math.Polynomials.horner;

/** erf and its kin. Their coefficients, a polynomial for each of many intervals, stand in {@link ErrorTables}. */
final class ErrorFunctions {
    /** Distance of the points about which erf has a polynomial each. */
    private static final double SPACING = 65.0 / 256;
    private static final double ROUND = 0x1.8p23;
    /** erf(x) / x - 1 of x^2 on [0, 0.57], for erf to 2^-59.9. */
    private static final double[] ERF_64 = {0x1.889ad9145a9e4p-27, -0x1.560a85b7d4daep-23, 0x1.b904e307b67d2p-20, -0x1.f4c5151ce8459p-17,
        0x1.f9a2a5fdb6e14p-14, -0x1.c02db0d935265p-11, 0x1.565bcd0218a62p-8, -0x1.b82ce312507eap-6, 0x1.ce2f21a0423abp-4, -0x1.812746b0379dfp-2,
        0x1.06eba8214db69p-3};
    /** erfinv(x) / x of w - 3.125 for w = -log(1 - x^2) up to 6.25, to 2^-34.7; beyond, up to the largest float below 1, of sqrt(w) - 3.25, to 2^-28.5. */
    private static final double[] INVERSE = {0x1.da185d571cbc6p-44, 0x1.6cfaf0f9fcde9p-40, -0x1.1923a872a84c3p-36, -0x1.399d12f84afc3p-35,
        0x1.28a7cd089a1p-30, -0x1.23bc6eacc6045p-28, -0x1.f602f79ed3ec4p-26, 0x1.c74209a8d8d6bp-22, -0x1.6e6b97b7391adp-20, -0x1.d1dabd12345f5p-17,
        0x1.879bcf80b87afp-13, -0x1.84574a90170eep-11, -0x1.8b6c31768e68ep-8, 0x1.ebd80d9357e4ap-3, 0x1.a755e7c9745ecp0};
    private static final double[] INVERSE_FAR = {0x1.1a8dc54af680dp-14, -0x1.62888839c32f8p-15, -0x1.68e43e32efd36p-12, 0x1.03067c629bd5bp-10,
        -0x1.bbf9a8fbbd5c1p-10, 0x1.458c64d4aca95p-9, -0x1.eb9263980a2d1p-9, 0x1.60073bafd242cp-8, 0x1.0158a6574f2c2p0, 0x1.8abcc36ff7484p1};

    private ErrorFunctions() { }

    /** A number {@code 2^n (value + rest)}, the rest being the smaller. */
    private record Tail<V>(V value, V rest, V n) {
        <M> V sum(Arithmetic<V, M> a) { return a.add(value, rest); }

        <M> V scaled(Arithmetic<V, M> a) { return a.scale(sum(a), n); }
    }

    /** The polynomial about the nearest of 16 points. 18 operations. */
    static <V, M> V erf32(Arithmetic<V, M> a, V x) {
        V bounded = a.min(a.constant(15.49 * SPACING), a.abs(x));
        V integer = a.fma(bounded, a.constant(1 / SPACING), a.constant(ROUND));
        V d = a.fnma(a.sub(integer, a.constant(ROUND)), a.constant(SPACING), bounded);
        V slope = lookups(a, integer, d, ErrorTables.ERF, 5);
        V erf = a.max(a.lookup(ErrorTables.ERF[5], integer), d); // d itself only about 0: elsewhere erf is larger
        return a.copySign(a.fma(slope, d, erf), x);
    }

    /** An odd polynomial about 0, 1 less the tail of erfc beyond 0.75. */
    static <V, M> V erf64(Arithmetic<V, M> a, V x) {
        V magnitude = a.abs(x), z = a.mul(x, x);
        V near = a.fma(x, horner(a, z, ERF_64), x);
        var tail = tail(a, a.min(a.constant(6), magnitude), 1, ErrorTables.ERFC_64);
        V far = a.copySign(a.sub(a.constant(1), tail.scaled(a)), x);
        return a.select(a.less(magnitude, a.constant(0.75)), near, far);
    }

    /** Horner's rule with coefficients from the first tables. */
    private static <V, M> V lookups(Arithmetic<V, M> a, V index, V d, double[][] tables, int count) {
        V sum = a.lookup(tables[0], index);
        for (int k = 1; k < count; k++) sum = a.fma(sum, d, a.lookup(tables[k], index));
        return sum;
    }

    /** {@code exp(-factor x^2) Q(x)} with x^2 to twice its digits; the rest has at most 0.4 of the value. F32: 35 operations. */
    private static <V, M> Tail<V> tail(Arithmetic<V, M> a, V x, double factor, double[][] tables) {
        V square = a.mul(x, x), minusRest = a.fnma(x, x, square);
        V n = a.round(a.mul(square, a.constant(-factor * Exponentials.LOG2E)));
        V r = a.fma(minusRest, a.constant(factor), Exponentials.reduced(a, a.mul(square, a.constant(-factor)), n));
        V growth = a.mul(r, Exponentials.growth(a, r));

        V shifted = a.add(x, a.constant(1)), index = a.shiftRight(shifted, a.wide() ? 49 : 21);
        V start = a.bitAnd(shifted, a.bits(a.wide() ? -1L << 49 : -1 << 21)), half = a.bits(a.wide() ? 1L << 48 : 1 << 20);
        V d = a.sub(x, a.sub(a.bitOr(start, half), a.constant(1)));
        V change = lookups(a, index, d, tables, tables.length - 1), value = a.lookup(tables[tables.length - 1], index);
        return new Tail<>(value, a.fma(a.add(value, change), growth, change), n);
    }

    /** {@code exp(-x^2) Q(x)} above 0, 2 less that below. F32: 43 operations. */
    static <V, M> V erfc(Arithmetic<V, M> a, V x) {
        var tail = tail(a, a.min(a.constant(a.wide() ? 27.3 : 10.1), a.abs(x)), 1, a.wide() ? ErrorTables.ERFC_64 : ErrorTables.ERFC_32);
        V y = tail.scaled(a);
        return a.select(a.less(x, a.constant(0)), a.sub(a.constant(2), y), y);
    }

    /** {@code x Phi(x)}, Phi(x) = erfc(-x / sqrt 2) / 2 by its tail on the left, by 1 less its tail on the right. F32: 47 operations. */
    static <V, M> V gelu(Arithmetic<V, M> a, V x) {
        double bound = a.wide() ? 38.8 : 14.6; // Phi of less is 0
        V magnitude = a.min(a.constant(bound), a.abs(x));
        var tail = tail(a, magnitude, 0.5, a.wide() ? ErrorTables.NORMAL_64 : ErrorTables.NORMAL_32);
        V bounded = a.max(a.constant(-bound), x);
        V product = a.fma(bounded, tail.value(), a.mul(bounded, tail.rest())); // their sum would be rounded before it
        V left = a.scale(product, tail.n());
        V right = a.fnma(magnitude, tail.scaled(a), x);
        return a.select(a.less(x, a.constant(0)), left, right);
    }

    /** For floats, on F64 lanes. After Giles, Approximating the erfinv function (2011). */
    static <V, M> V erfinv(Arithmetic<V, M> a, V x) {
        V one = a.constant(1), magnitude = a.abs(x);
        V w = a.neg(Logarithms.log(a, a.mul(a.sub(one, magnitude), a.add(one, magnitude))));
        V near = horner(a, a.sub(w, a.constant(3.125)), INVERSE), far = horner(a, a.sub(a.sqrt(w), a.constant(3.25)), INVERSE_FAR);
        V ratio = a.select(a.less(w, a.constant(6.25)), near, far);
        return a.mul(x, a.select(a.equal(magnitude, one), a.constant(Double.POSITIVE_INFINITY), ratio));
    }
}
