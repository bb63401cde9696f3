package lyceum.backend.vector;

import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** {@link lyceum.backend.math.Arithmetic} on a vector of F64 lanes, for the loops that {@link LoopWriter} writes. Called by the names of their kinds. */
final class DoubleSteps {
    static final VectorSpecies<Double> LANES = DoubleVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Long> INTEGERS = LongVector.SPECIES_PREFERRED;
    private static final long SIGN = Long.MIN_VALUE, FRACTION = 0xFFFFFFFFFFFFFL, ONE = 0x3FF0000000000000L;
    /** From here on every number is an integer. Below, adding and subtracting it rounds. */
    private static final double WHOLE = 0x1p52;
    /** Brings a denormal number to a normal one. */
    private static final double UP = 0x1p54;

    private DoubleSteps() {}

    static DoubleVector load(double[] a, int i) { return DoubleVector.fromArray(LANES, a, i); }

    static void store(DoubleVector x, double[] a, int i) { x.intoArray(a, i); }

    static VectorMask<Double> load(long[] a, int i) { return VectorMask.fromLong(LANES, a[i]); }

    static void store(VectorMask<Double> x, long[] a, int i) { a[i] = x.toLong(); }

    static DoubleVector constant(long bits) { return LongVector.broadcast(INTEGERS, bits).reinterpretAsDoubles(); }

    static DoubleVector add(DoubleVector x, DoubleVector y) { return x.add(y); }

    static DoubleVector sub(DoubleVector x, DoubleVector y) { return x.sub(y); }

    static DoubleVector mul(DoubleVector x, DoubleVector y) { return x.mul(y); }

    static DoubleVector div(DoubleVector x, DoubleVector y) { return x.div(y); }

    static DoubleVector fma(DoubleVector x, DoubleVector y, DoubleVector z) { return x.fma(y, z); }

    static DoubleVector fnma(DoubleVector x, DoubleVector y, DoubleVector z) { return x.neg().fma(y, z); }

    static DoubleVector sqrt(DoubleVector x) { return x.sqrt(); }

    static DoubleVector min(DoubleVector x, DoubleVector y) { return y.blend(x, x.lt(y)); }

    static DoubleVector max(DoubleVector x, DoubleVector y) { return y.blend(x, x.compare(VectorOperators.GT, y)); }

    static DoubleVector round(DoubleVector x) {
        var magnitude = x.abs();
        return copySign(magnitude.blend(magnitude.add(WHOLE).sub(WHOLE), magnitude.lt(WHOLE)), x);
    }

    static DoubleVector abs(DoubleVector x) { return x.abs(); }

    static DoubleVector neg(DoubleVector x) { return x.neg(); }

    static DoubleVector copySign(DoubleVector x, DoubleVector sign) {
        return x.reinterpretAsLongs().and(~SIGN).or(sign.reinterpretAsLongs().and(SIGN)).reinterpretAsDoubles();
    }

    /** In two products, the first of which is exact. */
    static DoubleVector scale(DoubleVector x, DoubleVector n) {
        var k = n.add(0x1.8p52).reinterpretAsLongs().sub(0x4338000000000000L);
        var half = k.lanewise(VectorOperators.ASHR, 1);
        return x.mul(powerOfTwo(half)).mul(powerOfTwo(k.sub(half)));
    }

    private static DoubleVector powerOfTwo(LongVector k) { return k.add(1023).lanewise(VectorOperators.LSHL, 52).reinterpretAsDoubles(); }

    static DoubleVector exponent(DoubleVector x) {
        var a = x.abs();
        var tiny = a.lt(Double.MIN_NORMAL);
        var bits = a.mul(constant(ONE).blend(UP, tiny)).reinterpretAsLongs();
        var e = bits.lanewise(VectorOperators.LSHR, 52).or(0x4330000000000000L).reinterpretAsDoubles()
                .sub(constant(0x43300000000003FFL).blend(WHOLE + 1023 + 54, tiny));
        return e.blend(Double.NEGATIVE_INFINITY, a.eq(0)).blend(a, a.lt(Double.POSITIVE_INFINITY).not());
    }

    static DoubleVector mantissa(DoubleVector x) {
        var a = x.abs();
        var m = a.blend(a.mul(UP), a.lt(Double.MIN_NORMAL)).reinterpretAsLongs().and(FRACTION).or(ONE).reinterpretAsDoubles(); // 1 for zero and infinity
        m = m.blend(m.mul(0.5), m.lt(1.5).not());
        return copySign(m, x).blend(x, a.compare(VectorOperators.NE, a));
    }

    static DoubleVector bitAnd(DoubleVector x, DoubleVector y) {
        return x.reinterpretAsLongs().and(y.reinterpretAsLongs()).reinterpretAsDoubles();
    }

    static DoubleVector bitOr(DoubleVector x, DoubleVector y) {
        return x.reinterpretAsLongs().or(y.reinterpretAsLongs()).reinterpretAsDoubles();
    }

    static DoubleVector bitXor(DoubleVector x, DoubleVector y) {
        return x.reinterpretAsLongs().lanewise(VectorOperators.XOR, y.reinterpretAsLongs()).reinterpretAsDoubles();
    }

    static DoubleVector addInt(DoubleVector x, DoubleVector y) {
        return x.reinterpretAsLongs().add(y.reinterpretAsLongs()).reinterpretAsDoubles();
    }

    static DoubleVector subInt(DoubleVector x, DoubleVector y) {
        return x.reinterpretAsLongs().sub(y.reinterpretAsLongs()).reinterpretAsDoubles();
    }

    static DoubleVector shiftLeft(DoubleVector x, int count) {
        return x.reinterpretAsLongs().lanewise(VectorOperators.LSHL, count).reinterpretAsDoubles();
    }

    static DoubleVector shiftRight(DoubleVector x, int count) {
        return x.reinterpretAsLongs().lanewise(VectorOperators.LSHR, count).reinterpretAsDoubles();
    }

    static VectorMask<Double> less(DoubleVector x, DoubleVector y) { return x.lt(y); }

    static VectorMask<Double> lessEqual(DoubleVector x, DoubleVector y) { return x.compare(VectorOperators.LE, y); }

    static VectorMask<Double> equal(DoubleVector x, DoubleVector y) { return x.eq(y); }

    static VectorMask<Double> isNan(DoubleVector x) { return x.compare(VectorOperators.NE, x); }

    static VectorMask<Double> both(VectorMask<Double> x, VectorMask<Double> y) { return x.and(y); }

    static VectorMask<Double> either(VectorMask<Double> x, VectorMask<Double> y) { return x.or(y); }

    static VectorMask<Double> not(VectorMask<Double> x) { return x.not(); }

    static DoubleVector select(VectorMask<Double> mask, DoubleVector x, DoubleVector y) { return y.blend(x, mask); }

    /** In plain Java: {@code r = table[index mod table.length]}. */
    static void lookup(double[] table, double[] index, double[] r, int n) {
        for (int i = 0; i < n; i++) r[i] = table[(int) Double.doubleToRawLongBits(index[i]) & table.length - 1];
    }
}
