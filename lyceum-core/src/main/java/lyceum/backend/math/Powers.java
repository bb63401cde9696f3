package lyceum.backend.math;

import static lyceum.backend.math.Polynomials.horner;

/** pow, with the answers of IEEE 754 at its edges. */
final class Powers {
    /** log2(1 + f) / f on [-0.25, 0.5], to 2^-41. */
    private static final double[] LOG2 = {0x1.c40d040074628p-6, -0x1.4a51a9364120cp-4, 0x1.dc652cb48dbe9p-4, -0x1.022a7980052eap-3,
            0x1.0e3a32610ab48p-3, -0x1.26a6132fe15a7p-3, 0x1.48135ac1a7f7cp-3, -0x1.7159b88e3c13p-3, 0x1.a619c6f83ceb7p-3,
            -0x1.ec70972bf4a17p-3, 0x1.2776bf8155705p-2, -0x1.7154764169da4p-2, 0x1.ec709dcd0bc1ep-2, -0x1.71547652c50d5p-1,
            0x1.71547652b786dp0};
    /** (2^r - 1) / r on [-0.5, 0.5], for 2^r to 2^-28.9 and 2^-58. */
    private static final double[] EXP2_32 = {0x1.41fbb57ca4b63p-13, 0x1.5f3e5424e00e2p-10, 0x1.3b2d4cfaa4958p-7, 0x1.c6aee88b0c885p-5,
            0x1.ebfbdc3c29deap-3, 0x1.62e430af2ca5fp-1};
    private static final double[] EXP2_64 = {0x1.e79bab47e1fdp-32, 0x1.e61b4f29b508fp-28, 0x1.b5267ce41e973p-24, 0x1.62bfc79d9a64bp-20,
            0x1.ffcbfba9816b5p-17, 0x1.4309130ed8a78p-13, 0x1.5d87fe78cd6bfp-10, 0x1.3b2ab6fba011bp-7, 0x1.c6b08d7049fe8p-5,
            0x1.ebfbdff82c5a4p-3, 0x1.62e42fefa39efp-1};
    /** log2((1 + s) / (1 - s)) = s (C0 + z (C1 + z P(z))) of z = s^2 up to 0.04: P, for log2 to 2^-69. */
    private static final double[] ATANH = {0x1.73999e21d2149p-3, 0x1.567c890858ef5p-3, 0x1.8a2f37d715de7p-3, 0x1.c68dbe60ab5e2p-3,
            0x1.0c9a87e0487dep-2, 0x1.484b13cff5fc7p-2, 0x1.a61762a7b7872p-2, 0x1.2776c50ef9bdap-1};
    private static final double C0_HIGH = 0x1.71547652b82fep1, C0_LOW = 0x1.777d0ffda0d24p-55, C1_HIGH = 0x1.ec709dc3a03fdp-1,
            C1_LOW = 0x1.d27f05548af0cp-55;
    /** 2^1100 and 2^-1100 are beyond all doubles. */
    private static final double LARGEST = 1100;

    private Powers() {}

    /** The power of two floats, in double. */
    static <V, M> V pow32(Arithmetic<V, M> a, V x, V y) { return a.inDouble(Powers::inDouble, x, y); }

    /** F64 lanes, to the digits of a float. 53 operations. */
    private static <V, M> V inDouble(Arithmetic<V, M> a, V x, V y) {
        V m = a.mantissa(a.abs(x)), e = Logarithms.exponent(a, x, m), f = a.sub(m, a.constant(1));
        V t = a.mul(y, a.fma(f, horner(a, f, LOG2), e));
        V bounded = bounded(a, t), n = a.round(bounded);
        V power = a.fma(horner(a, a.sub(bounded, n), EXP2_32), a.sub(bounded, n), a.constant(1));
        return atTheEdges(a, x, y, a.scale(power, n));
    }

    private static <V, M> V bounded(Arithmetic<V, M> a, V t) { return a.max(a.constant(-LARGEST), a.min(a.constant(LARGEST), t)); }

    /** From {@code found} = |x|^y: 1 for |x| = 1 even at a y of NaN, the sign for odd y, NaN for fractions of a negative number, 1 for y = 0. 16 operations. */
    private static <V, M> V atTheEdges(Arithmetic<V, M> a, V x, V y, V found) {
        V power = a.select(a.equal(a.abs(x), a.constant(1)), a.constant(1), found);
        V half = a.mul(y, a.constant(0.5));
        M integer = a.equal(a.round(y), y), even = a.equal(a.round(half), half);
        V signed = a.select(a.both(integer, a.not(even)), a.copySign(power, x), power);
        M negative = a.both(a.less(x, a.constant(0)), a.less(a.constant(Double.NEGATIVE_INFINITY), x));
        V real = a.select(a.both(negative, a.not(integer)), a.constant(Double.NaN), signed);
        return a.select(a.equal(y, a.constant(0)), a.constant(1), real);
    }

    /** A number as the sum of two, the second what the rounding of the first took. */
    private record Pair<V>(V high, V low) {

        /** {@code x + y + rest} for |x| of at least |y| (Dekker). */
        static <V, M> Pair<V> sum(Arithmetic<V, M> a, V x, V y, V rest) {
            V sum = a.add(x, y);
            return new Pair<>(sum, a.add(a.add(a.sub(x, sum), y), rest));
        }

        <M> Pair<V> times(Arithmetic<V, M> a, Pair<V> other) {
            V product = a.mul(high, other.high);
            V rest = a.fma(high, other.low, a.mul(low, other.high));
            return new Pair<>(product, a.add(a.fma(high, other.high, a.neg(product)), rest));
        }
    }

    /** {@code log2 |x|} to 2^-64 of itself: the exponent and the series of the area tangent, its first two terms in two doubles. */
    private static <V, M> Pair<V> log2(Arithmetic<V, M> a, V x) {
        V m = a.mantissa(a.abs(x)), e = Logarithms.exponent(a, x, m), f = a.sub(m, a.constant(1));
        V divisor = a.add(f, a.constant(2)), lost = a.sub(f, a.sub(divisor, a.constant(2)));
        V s = a.div(f, divisor);
        var ratio = new Pair<>(s, a.div(a.fnma(s, lost, a.fnma(s, divisor, f)), divisor));
        var square = ratio.times(a, ratio);
        V z = square.high();
        var inner = Pair.sum(a, a.constant(C1_HIGH), a.mul(z, horner(a, z, ATANH)), a.constant(C1_LOW));
        var middle = square.times(a, inner);
        var outer = Pair.sum(a, a.constant(C0_HIGH), middle.high(), a.add(middle.low(), a.constant(C0_LOW)));
        var log = ratio.times(a, outer);
        return Pair.sum(a, e, log.high(), log.low());
    }

    /** {@code 2^(y log2 |x|)} with the exponent in two doubles. */
    static <V, M> V pow64(Arithmetic<V, M> a, V x, V y) {
        var log = log2(a, x);
        V product = a.mul(y, log.high()), t = bounded(a, product);
        V rest = a.fma(y, log.low(), a.fma(y, log.high(), a.neg(product)));
        rest = a.select(a.less(a.abs(product), a.constant(LARGEST)), rest, a.constant(0));
        V n = a.round(t), r = a.add(a.sub(t, n), rest);
        return atTheEdges(a, x, y, a.scale(a.fma(horner(a, r, EXP2_64), r, a.constant(1)), n));
    }
}
