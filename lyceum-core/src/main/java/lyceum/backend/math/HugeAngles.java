package lyceum.backend.math;

/**
 * sin, cos and tan of numbers so large that x - k pi needs more digits of pi than a few numbers hold: x / pi, less a multiple of two, from the
 * digits of 1 / pi that matter at the exponent of x. F64 lanes; slow. Payne and Hanek (1983).
 */
final class HugeAngles {
    /** 0, then 1 / pi in pieces of 53 bits, each scaled to less than 1: piece k belongs to 2^(-53 (k - 1)). */
    private static final double[] ONE_OVER_PI = {0x0p0, 0x1.45f306dc9c882p-2, 0x1.4a7f09d5f47d4p-2, 0x1.a6ee06db14accp-2,
            0x1.3c439041fe516p-2, 0x1.d5ef5de2b0db8p-4, 0x1.2371d2126e97p-3, 0x1.924bba82746p-9, 0x1.21cfe1deb1cbp-2, 0x1.29a73ee88235fp-1,
            0x1.4baed1213a67p-2, 0x1.c09ad17df904ep-1, 0x1.91d639835339ep-2, 0x1.49c845f8bbdf9p-1, 0x1.41d8ffc4bffecp-3,
            0x1.816603fbcbc46p-1, 0x1.6b414da3eda6cp-3, 0x1.fb3c9f2c26ddp-3, 0x1.e8c7ecd3cbfd4p-1, 0x1.6ba93dd63f5f2p-2,
            0x1.f17b3d0739f78p-2, 0x1.4a525d4d7f6bep-2, 0x1.623f1aba10acp-1, 0x1.98237e3db5d5ep-2, 0x1.867de104d7a1bp-1, 0x0p0, 0x0p0,
            0x0p0, 0x0p0, 0x0p0, 0x0p0, 0x0p0};
    private static final double PI_LOW = 0x1.1a62633145c07p-53, ROUND = 0x1.8p52;
    /** More pieces would add less than 2^-118 to x / pi. */
    private static final int PIECES = 5;

    private HugeAngles() {}

    /** A number as the sum of three, each what the rounding of the one before took. */
    private record Sum<V>(V high, V middle, V low) {

        <M> Sum<V> plus(Arithmetic<V, M> a, V y) {
            V sum = a.add(high, y), error = lost(a, high, y, sum);
            V rest = a.add(middle, error);
            return new Sum<>(sum, rest, a.add(low, lost(a, middle, error, rest)));
        }

        /** {@code x + y - sum}, exactly (Knuth). */
        private static <V, M> V lost(Arithmetic<V, M> a, V x, V y, V sum) {
            V back = a.sub(sum, x);
            return a.add(a.sub(x, a.sub(sum, back)), a.sub(y, back));
        }
    }

    /** {@code x} less the nearest multiple of two. */
    private static <V, M> V modTwo(Arithmetic<V, M> a, V x) { return a.fnma(a.round(a.mul(x, a.constant(0.5))), a.constant(2), x); }

    /**
     * {@code x / pi + offset} less a multiple of two. With x of exponent e, the products with the pieces before number j = floor((e - 53) / 53) are multiples
     * of two; x is scaled by 2^(-53 j), and each product and what its rounding took lose their multiples of two exactly.
     */
    private static <V, M> Sum<V> halfTurns(Arithmetic<V, M> a, V x, double offset) {
        V j = a.add(a.mul(a.sub(a.exponent(x), a.constant(79)), a.constant(1 / 53.0)), a.constant(ROUND));
        V skipped = a.mul(a.sub(j, a.constant(ROUND)), a.constant(53));
        V scaledBits = a.subInt(x, a.shiftLeft(a.subInt(a.add(skipped, a.constant(ROUND)), a.constant(ROUND)), 52));
        V scaled = scaledBits;
        var sum = new Sum<>(a.constant(offset), a.constant(0), a.mul(x, a.constant(0))); // NaN for an infinity
        for (int i = 0; i < PIECES; i++) {
            V piece = a.lookup(ONE_OVER_PI, a.addInt(j, a.bits(i + 1)));
            V product = a.mul(scaled, piece), minusRest = a.fnma(scaled, piece, product);
            sum = sum.plus(a, modTwo(a, product)).plus(a, a.neg(modTwo(a, minusRest)));
            scaled = a.mul(scaled, a.constant(0x1p-53));
        }
        return sum;
    }

    private static <V, M> V fraction(Arithmetic<V, M> a, Sum<V> turns) {
        V whole = a.sub(turns.high(), a.round(turns.high()));
        return a.add(a.add(whole, turns.middle()), turns.low());
    }

    /** An angle of {@code f} half turns: pi f, and what its rounding took. */
    private record Angle<V>(V r, V rest) {
        static <V, M> Angle<V> of(Arithmetic<V, M> a, V f) {
            V r = a.mul(f, a.constant(Math.PI));
            return new Angle<>(r, a.fma(f, a.constant(PI_LOW), a.fma(f, a.constant(Math.PI), a.neg(r))));
        }
    }

    private static <V, M> V sinOf(Arithmetic<V, M> a, Sum<V> turns) {
        var angle = Angle.of(a, fraction(a, turns));
        V parity = modTwo(a, a.round(turns.high())); // 0, 1 or -1
        return a.mul(Trigonometry.sinOf(a, angle.r(), angle.rest()), a.fnma(a.mul(parity, parity), a.constant(2), a.constant(1)));
    }

    static <V, M> V sin(Arithmetic<V, M> a, V x) { return sinOf(a, halfTurns(a, x, 0)); }

    static <V, M> V cos(Arithmetic<V, M> a, V x) { return sinOf(a, halfTurns(a, x, 0.5)); }

    /** Half turns f beyond a quarter have the cotangent of their complement, 1/2 - |f|. */
    static <V, M> V tan(Arithmetic<V, M> a, V x) {
        var turns = halfTurns(a, x, 0);
        V whole = a.sub(turns.high(), a.round(turns.high()));
        V f = fraction(a, turns);
        V complement = a.add(a.add(a.sub(whole, a.copySign(a.constant(0.5), f)), turns.middle()), turns.low());
        M beyond = a.less(a.constant(0.25), a.abs(f));
        var angle = Angle.of(a, a.select(beyond, complement, f));
        return Trigonometry.tanOrCotangent(a, angle.r(), angle.rest(), beyond);
    }
}
