package lyceum.backend.math;

import static lyceum.backend.math.Polynomials.horner;

/** erf and its kin. Their coefficients, a polynomial for each of many intervals, stand in {@link ErrorTables}. */
final class ErrorFunctions {
    /** Distance of the points about which erf has a polynomial each. */
    private static final double SPACING = 65.0 / 256;
    private static final double ROUND = 0x1.8p23;
    /** erf(x) / x - 1 of x^2 on [0, 0.57], for erf to 2^-59.9. */
    private static final double[] ERF_64 = {0x1.889ad9145a9e4p-27, -0x1.560a85b7d4daep-23, 0x1.b904e307b67d2p-20, -0x1.f4c5151ce8459p-17,
            0x1.f9a2a5fdb6e14p-14, -0x1.c02db0d935265p-11, 0x1.565bcd0218a62p-8, -0x1.b82ce312507eap-6, 0x1.ce2f21a0423abp-4,
            -0x1.812746b0379dfp-2, 0x1.06eba8214db69p-3};
    /** erfinv(x) / x of w - 3.125 for w = -log(1 - x^2) up to 6.25, to 2^-34.7; beyond, up to the largest float below 1, of sqrt(w) - 3.25, to 2^-28.5. */
    private static final double[] INVERSE = {0x1.da185d571cbc6p-44, 0x1.6cfaf0f9fcde9p-40, -0x1.1923a872a84c3p-36, -0x1.399d12f84afc3p-35,
            0x1.28a7cd089a1p-30, -0x1.23bc6eacc6045p-28, -0x1.f602f79ed3ec4p-26, 0x1.c74209a8d8d6bp-22, -0x1.6e6b97b7391adp-20,
            -0x1.d1dabd12345f5p-17, 0x1.879bcf80b87afp-13, -0x1.84574a90170eep-11, -0x1.8b6c31768e68ep-8, 0x1.ebd80d9357e4ap-3,
            0x1.a755e7c9745ecp0};
    private static final double[] INVERSE_FAR = {0x1.1a8dc54af680dp-14, -0x1.62888839c32f8p-15, -0x1.68e43e32efd36p-12,
            0x1.03067c629bd5bp-10, -0x1.bbf9a8fbbd5c1p-10, 0x1.458c64d4aca95p-9, -0x1.eb9263980a2d1p-9, 0x1.60073bafd242cp-8,
            0x1.0158a6574f2c2p0, 0x1.8abcc36ff7484p1};

    /** x exp(x^2) erfc(x) of 1 / x^2 from 3.9 to 10.1, less its limit; then x exp(x^2 / 2) Phi(-x) from 5.5 to 14.6. To 2^-30. */
    private static final double ERFC_LIMIT = 0x1.20dd76p-1, NORMAL_LIMIT = 0x1.988454p-2;
    private static final double[] ERFC_FAR = {-0x1.857bfcp2, 0x1.7cda2ep1, -0x1.078822p0, 0x1.b0ac3ep-2, -0x1.20dbbep-2, -0x1.e1fe14p-25};
    private static final double[] NORMAL_FAR = {-0x1.1392d4p7, 0x1.0d8494p5, -0x1.74ca52p2, 0x1.31f45cp0, -0x1.9881fap-2, -0x1.f8d1cep-26};

    private ErrorFunctions() {}

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

    /** The polynomial of one of 16 intervals; x lies in number {@code x (flat + steep x)}, rounded: short ones where it falls fast. 20 operations. */
    private static <V, M> V near(Arithmetic<V, M> a, V x, double flat, double steep, double[][] tables) {
        V index = a.fma(x, a.fma(x, a.constant(steep), a.constant(flat)), a.constant(ROUND));
        V d = a.sub(x, a.lookup(tables[tables.length - 1], index));
        return lookups(a, index, d, tables, tables.length - 1);
    }

    /** {@code 2^n (1 + growth) = exp(-factor x^2)}, with x^2 to twice its digits. */
    private record Bell<V>(V growth, V n) {
        static <V, M> Bell<V> of(Arithmetic<V, M> a, V x, double factor) {
            V square = a.mul(x, x), minusRest = a.fnma(x, x, square);
            V n = a.round(a.mul(square, a.constant(-factor * Exponentials.LOG2E)));
            V r = a.fma(minusRest, a.constant(factor), Exponentials.reduced(a, a.mul(square, a.constant(-factor)), n));
            return new Bell<>(Exponentials.expm1Near(a, r), n);
        }

        /** Times the sum of these two; the rest has at most 0.4 of the value. */
        <M> Tail<V> times(Arithmetic<V, M> a, V value, V rest) {
            return new Tail<>(value, a.fma(value, growth, a.fma(rest, growth, rest)), n);
        }
    }

    /** {@code exp(-factor x^2) (limit + P(1 / x^2))}. */
    private static <V, M> Tail<V> far(Arithmetic<V, M> a, V x, V inverseSquare, double factor, double limit, double[] coefficients) {
        return Bell.of(a, x, factor).times(a, a.constant(limit), horner(a, inverseSquare, coefficients));
    }

    /** By pieces up to 3.9. */
    static <V, M> V erfc32(Arithmetic<V, M> a, V x) {
        V magnitude = a.abs(x), y = near(a, a.min(a.constant(3.9), magnitude), 1.5, 0.625, ErrorTables.ERFC_NEAR);
        V fast = a.select(a.less(x, a.constant(0)), a.sub(a.constant(2), y), y);
        return a.rarely(a.less(a.constant(3.9), x), () -> {
            V bounded = a.min(a.constant(10.1), magnitude);
            V inverse = a.div(a.constant(1), bounded);
            var tail = far(a, bounded, a.mul(inverse, inverse), 1, ERFC_LIMIT, ERFC_FAR);
            V quotient = a.mul(tail.value(), inverse), lost = a.fnma(quotient, bounded, tail.value());
            return a.scale(a.fma(a.add(lost, tail.rest()), inverse, quotient), tail.n());
        }, fast);
    }

    /** {@code max(x, 0) - |x| Phi(-|x|)}, by pieces down to -5.5. 26 operations. */
    static <V, M> V gelu32(Arithmetic<V, M> a, V x) {
        V magnitude = a.abs(x), bounded = a.min(a.constant(5.5), magnitude);
        V fast = a.fnma(bounded, near(a, bounded, 1.0625, 0.3125, ErrorTables.NORMAL_NEAR), a.max(a.constant(0), x));
        return a.rarely(a.less(x, a.constant(-5.5)), () -> {
            V least = a.min(a.constant(14.6), magnitude); // Phi of less is 0
            return a.neg(far(a, least, a.div(a.constant(1), a.mul(least, least)), 0.5, NORMAL_LIMIT, NORMAL_FAR).scaled(a));
        }, fast);
    }

    /** {@code exp(-factor x^2) Q(x)}. F64 lanes. */
    private static <V, M> Tail<V> tail(Arithmetic<V, M> a, V x, double factor, double[][] tables) {
        V shifted = a.add(x, a.constant(1)), index = a.shiftRight(shifted, 49);
        V middle = a.bitOr(a.bitAnd(shifted, a.bits(-1L << 49)), a.bits(1L << 48)), d = a.sub(x, a.sub(middle, a.constant(1)));
        V rest = lookups(a, index, d, tables, tables.length - 1);
        return Bell.of(a, x, factor).times(a, a.lookup(tables[tables.length - 1], index), rest);
    }

    /** {@code exp(-x^2) Q(x)} above 0, 2 less that below. */
    static <V, M> V erfc64(Arithmetic<V, M> a, V x) {
        V y = tail(a, a.min(a.constant(27.3), a.abs(x)), 1, ErrorTables.ERFC_64).scaled(a);
        return a.select(a.less(x, a.constant(0)), a.sub(a.constant(2), y), y);
    }

    /** {@code x Phi(x)}, Phi(x) = erfc(-x / sqrt 2) / 2 by its tail on the left, by 1 less its tail on the right. */
    static <V, M> V gelu64(Arithmetic<V, M> a, V x) {
        double bound = 38.8; // Phi of less is 0
        V magnitude = a.min(a.constant(bound), a.abs(x));
        var tail = tail(a, magnitude, 0.5, ErrorTables.NORMAL_64);
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
