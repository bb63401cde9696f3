package lyceum.backend.math;

import static lyceum.backend.math.Polynomials.horner;

/** asin, acos, atan and atan2 on F64 lanes; floats are worked in double. */
final class Arcs {
    /** (asin(r) / r - 1) / r^2 of z = r^2, |r| at most 1/2, for asin(r) to 2^-59.8. */
    private static final double[] ASIN = {0x1.0be4f532dc1a7p-5, -0x1.59f882cc5f689p-6, 0x1.650397abdc665p-6, 0x1.e1555c56b801fp-9,
            0x1.618b2c26aa8eep-7, 0x1.757775f68397ep-7, 0x1.ca21478f050e4p-7, 0x1.1c49ddd8ee9cap-6, 0x1.6e8bdfe945037p-6,
            0x1.f1c71a8b7f2a1p-6, 0x1.6db6db722bc86p-5, 0x1.333333332df0ap-4, 0x1.5555555555578p-3};
    /** (atan(t) / t - 1) / t^2 of z = t^2, |t| at most tan(pi / 8), for atan(t) to 2^-64. */
    private static final double[] ATAN = {0x1.f13d9ef43b6f6p-7, -0x1.120eac352a012p-5, 0x1.70dc23a997095p-5, -0x1.ab796cc0a82e7p-5,
            0x1.e17164362eec9p-5, -0x1.110c6b3892191p-4, 0x1.3b136db1cf10cp-4, -0x1.745d14b4a4de6p-4, 0x1.c71c71b729c6fp-4,
            -0x1.249249247533ap-3, 0x1.9999999999645p-3, -0x1.5555555555554p-2};
    private static final double TAN_PI_8 = 0.4142135623730951, HALF_PI_LOW = 0x1.1a62633145c07p-54;

    private Arcs() {}

    /** asin(r) of |x| up to 1/2; beyond, r = sqrt((1 - |x|) / 2), half the angle to the end. */
    private record Reduced<V, M>(M far, V r, V change) {
        static <V, M> Reduced<V, M> of(Arithmetic<V, M> a, V x) {
            V magnitude = a.abs(x);
            M far = a.less(a.constant(0.5), magnitude);
            V z = a.select(far, a.mul(a.sub(a.constant(1), magnitude), a.constant(0.5)), a.mul(x, x));
            V root = a.sqrt(z), r = a.select(far, root, magnitude);
            V lost = a.select(far, a.div(a.fnma(root, root, z), a.add(root, root)), a.constant(0)); // of the root's rounding
            lost = a.select(a.less(a.constant(0), root), lost, a.constant(0));
            return new Reduced<>(far, r, a.fma(a.mul(r, z), horner(a, z, ASIN), lost));
        }
    }

    static <V, M> V asin(Arithmetic<V, M> a, V x) {
        var half = Reduced.of(a, x);
        V near = a.add(half.r(), half.change());
        V rest = a.fnma(half.change(), a.constant(2), a.constant(2 * HALF_PI_LOW / 2));
        V twice = a.add(half.r(), half.r()), from = a.sub(a.constant(Math.PI / 2), twice);
        V lost = a.sub(a.sub(a.constant(Math.PI / 2), from), twice);
        return a.copySign(a.select(half.far(), a.add(from, a.add(rest, lost)), near), x);
    }

    /** Twice the half angle from x = 1 or from x = -1, or the complement of asin. */
    static <V, M> V acos(Arithmetic<V, M> a, V x) {
        var half = Reduced.of(a, x);
        V angle = a.mul(a.add(half.r(), half.change()), a.constant(2));
        M below = a.less(x, a.constant(0));
        V far = a.select(below, a.sub(a.constant(Math.PI), a.sub(angle, a.constant(2 * HALF_PI_LOW))), angle);
        V r = a.copySign(half.r(), x), change = a.copySign(half.change(), x);
        V complement = a.sub(a.constant(Math.PI / 2), r), lost = a.sub(a.sub(a.constant(Math.PI / 2), complement), r);
        return a.select(half.far(), far, a.add(complement, a.add(lost, a.sub(a.constant(HALF_PI_LOW), change))));
    }

    /** {@code base + atan(numerator / denominator)}, the quotient at most tan(pi / 8). */
    private static <V, M> V sum(Arithmetic<V, M> a, V base, V low, V t) {
        V z = a.mul(t, t);
        V change = a.fma(a.mul(t, z), horner(a, z, ATAN), low);
        return a.add(base, a.add(t, change));
    }

    /** The angle of (x, y) in the first quadrant: 0, pi / 4 or pi / 2 and the arc tangent of a small quotient. */
    private static <V, M> V angle(Arithmetic<V, M> a, V y, V x) {
        M steep = a.less(x, y);
        V small = a.select(steep, x, y), large = a.select(steep, y, x);
        M middle = a.less(a.mul(large, a.constant(TAN_PI_8)), small);
        V numerator = a.select(middle, a.sub(small, large), small), denominator = a.select(middle, a.add(small, large), large);
        V t = a.div(numerator, denominator);
        V turned = a.select(steep, a.neg(t), t), zero = a.constant(0);
        V base = a.select(middle, a.constant(Math.PI / 4), a.select(steep, a.constant(Math.PI / 2), zero));
        V low = a.select(middle, a.constant(HALF_PI_LOW / 2), a.select(steep, a.constant(HALF_PI_LOW), zero));
        return sum(a, base, low, turned);
    }

    static <V, M> V atan(Arithmetic<V, M> a, V x) {
        V magnitude = a.min(a.constant(0x1p60), a.abs(x)); // beyond, half pi
        return a.copySign(angle(a, magnitude, a.constant(1)), x);
    }

    /** Zeros and infinities as in {@link Math#atan2}: two of a kind count as equal, except for zeros with x positive. */
    static <V, M> V atan2(Arithmetic<V, M> a, V y, V x) {
        V infinity = a.constant(Double.POSITIVE_INFINITY), one = a.constant(1), zero = a.constant(0);
        V up = a.abs(y), along = a.abs(x);
        V scale = a.select(a.less(a.constant(0x1p1000), a.max(up, along)), a.constant(0x1p-100), one); // so that their sum is finite
        M infinite = a.both(a.equal(up, infinity), a.equal(along, infinity)), none = a.both(a.equal(up, zero), a.equal(along, zero));
        V height = a.select(infinite, one, a.mul(up, scale)), width = a.select(a.either(infinite, none), one, a.mul(along, scale));
        V first = angle(a, height, width);
        M left = a.less(a.copySign(one, x), zero);
        V result = a.select(left, a.add(a.sub(a.constant(Math.PI), first), a.constant(2 * HALF_PI_LOW)), first);
        return a.copySign(a.select(a.either(a.isNaN(x), a.isNaN(y)), a.constant(Double.NaN), result), y);
    }
}
