package lyceum.backend.math;

import static lyceum.backend.math.Polynomials.horner;

/** log gamma and its derivative on F64 lanes; floats are worked in double. DLMF chapter 5. */
final class GammaFunctions {
    /** From here on Stirling's series has few terms. */
    private static final int FAR = 8;
    /** Below it the next term of log gamma, 0.58 x, is beyond all digits. */
    private static final double TINY = 0x1p-60;
    private static final double LOG_SQRT_2PI = 0.91893853320467274178, PI_LOW = 0x1.1a62633145c07p-53;
    /** log gamma(2 + z) / z on [-0.5, 0.5], to 2^-56. */
    private static final double[] NEAR_TWO = {0x1.401a655c60389p-22, -0x1.380a48e86bb28p-21, 0x1.e2dcb5b9ee97dp-21, -0x1.08fb02ae29fa3p-19,
            0x1.26dc57a5d8049p-18, -0x1.3d4cf09596ad9p-17, 0x1.57fdc74d07ac1p-16, -0x1.78d8f9ce0529ap-15, 0x1.a1282a0e63385p-14,
            -0x1.d3fd6a7760351p-13, 0x1.0b36ae7afd843p-11, -0x1.38ac5bfd35cdcp-10, 0x1.7add6eb03437bp-9, -0x1.e404fc21d81d1p-8,
            0x1.51322ac7d6ee5p-6, -0x1.13e001a557559p-4, 0x1.4a34cc4a60fa8p-2, 0x1.b0ee6072093cep-2};
    /** x (log gamma(x) - (x - 1/2) log x + x - log(2 pi) / 2) of 1 / x^2, x at least 8. */
    private static final double[] STIRLING = {0x1.4c37ea9955ed5p-8, -0x1.ef97feaa11fcbp-10, 0x1.b92c92fec47d6p-11, -0x1.38134e1506141p-11,
            0x1.a01a017e8939fp-11, -0x1.6c16c16c14af4p-9, 0x1.5555555555555p-4};
    /** x^2 (log x - 1 / (2x) - psi(x)) of 1 / x^2, x at least 8. */
    private static final double[] PSI = {-0x1.33037fafb5d8p-2, 0x1.47dd2478aa56p-4, -0x1.58e87d9f8ed28p-6, 0x1.f07735d74d6d1p-8,
            -0x1.11110c2dc6b2dp-8, 0x1.04104101a9abdp-8, -0x1.1111111110d77p-7, 0x1.5555555555555p-4};

    private GammaFunctions() {}

    /** {@code log |gamma(x)|}; infinite at 0, -1, -2, ... Below 0 by reflection: log(pi / |sin(pi x)|) - log gamma(1 - x). */
    static <V, M> V lgamma(Arithmetic<V, M> a, V x) { return a.rarely(a.less(x, a.constant(0)), () -> reflected(a, x), positive(a, x)); }

    /** About 0 it is -log |x|, of which pi x loses digits where it has few. */
    private static <V, M> V reflected(Arithmetic<V, M> a, V x) {
        M tiny = a.less(a.constant(-TINY), x);
        V sine = a.select(tiny, a.abs(x), a.abs(sinPi(a, x))), log = a.select(tiny, a.constant(0), a.constant(Math.log(Math.PI)));
        V y = a.sub(a.sub(log, Logarithms.log(a, sine)), positive(a, a.sub(a.constant(1), x)));
        return a.select(a.equal(x, a.round(x)), a.constant(Double.POSITIVE_INFINITY), y);
    }

    /** {@code sin(pi x)} up to its sign. */
    private static <V, M> V sinPi(Arithmetic<V, M> a, V x) {
        V f = a.sub(x, a.round(x)), r = a.mul(f, a.constant(Math.PI));
        return Trigonometry.sinOf(a, r, a.fma(f, a.constant(PI_LOW), a.fma(f, a.constant(Math.PI), a.neg(r))));
    }

    /**
     * About 2 by a polynomial, brought there by log gamma(x + 1) = log x + log gamma(x): up from below 3/2, down from below 8. Beyond by Stirling's series.
     * All share one logarithm.
     */
    private static <V, M> V positive(Arithmetic<V, M> a, V x) {
        V one = a.constant(1);
        M below = a.less(x, a.constant(1.5)), far = a.lessEqual(a.constant(FAR), x);
        M tiny = a.less(x, a.constant(0.5));
        V z = a.select(below, a.select(tiny, x, a.sub(x, one)), a.sub(x, a.constant(2)));
        V factors = a.select(below, a.select(tiny, a.mul(x, a.add(x, one)), x), one);
        for (int k = 1; k < FAR - 1; k++) { // x - k stays at least 3/2, z at most 1/2
            M more = a.less(a.constant(0.5), z);
            factors = a.select(more, a.mul(factors, a.add(z, one)), factors);
            z = a.select(more, a.sub(z, one), z);
        }
        V log = Logarithms.log(a, a.select(far, x, factors));
        V near = a.fma(z, horner(a, z, NEAR_TWO), a.select(below, a.neg(log), log));
        V inverse = a.div(one, x);
        V tail = a.fma(inverse, horner(a, a.mul(inverse, inverse), STIRLING), a.constant(LOG_SQRT_2PI));
        V stirling = a.fma(a.sub(x, a.constant(0.5)), a.sub(log, one), a.sub(tail, a.constant(0.5)));
        V infinity = a.constant(Double.POSITIVE_INFINITY);
        return a.select(a.equal(x, infinity), infinity, a.select(far, stirling, near));
    }

    /** Derivative of {@link #lgamma}; infinite at both zeros against their sign, NaN at the other poles. Below 0 by reflection: psi(1 - x) - pi cot(pi x). */
    static <V, M> V digamma(Arithmetic<V, M> a, V x) {
        return a.rarely(a.less(x, a.constant(0)), () -> digammaReflected(a, x), digammaPositive(a, x));
    }

    private static <V, M> V digammaReflected(Arithmetic<V, M> a, V x) {
        V f = a.sub(x, a.round(x));
        M far = a.less(a.constant(0.25), a.abs(f)); // where the cotangent is the tangent of the complement
        V angle = a.select(far, a.sub(a.copySign(a.constant(0.5), f), f), f), r = a.mul(angle, a.constant(Math.PI));
        V rest = a.fma(angle, a.constant(PI_LOW), a.fma(angle, a.constant(Math.PI), a.neg(r)));
        V tan = Trigonometry.tanOrCotangent(a, r, rest, a.not(far)); // the negative cotangent where it is near
        V y = a.fnma(a.select(far, tan, a.neg(tan)), a.constant(Math.PI), digammaPositive(a, a.sub(a.constant(1), x)));
        return a.select(a.equal(x, a.round(x)), a.constant(Double.NaN), y);
    }

    /** By its asymptotic series, which below 8 is taken at x + 8, less the sum of 1 / (x + k), k = 0 to 7, over one denominator. */
    private static <V, M> V digammaPositive(Arithmetic<V, M> a, V x) {
        V sum = a.constant(1), product = x;
        for (int k = 1; k < FAR; k++) {
            V next = a.add(x, a.constant(k));
            sum = a.fma(sum, next, product);
            product = a.mul(product, next);
        }
        M near = a.less(x, a.constant(FAR));
        V y = a.select(near, a.add(x, a.constant(FAR)), x), inverse = a.div(a.constant(1), y), w = a.mul(inverse, inverse);
        V tail = a.fnma(w, horner(a, w, PSI), a.fnma(inverse, a.constant(0.5), Logarithms.log(a, y)));
        return a.select(near, a.sub(tail, a.div(sum, product)), tail);
    }
}
