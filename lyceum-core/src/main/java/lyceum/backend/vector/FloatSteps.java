package lyceum.backend.vector;

import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** {@link lyceum.backend.math.Arithmetic} on a vector of F32 lanes, for the loops that {@link LoopWriter} writes. Called by the names of their kinds. */
final class FloatSteps {
    static final VectorSpecies<Float> LANES = FloatVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Integer> INTEGERS = IntVector.SPECIES_PREFERRED;
    private static final int SIGN = Integer.MIN_VALUE, FRACTION = 0x7FFFFF, ONE = 0x3F800000;
    /** From here on every number is an integer. Below, adding and subtracting it rounds. */
    private static final float WHOLE = 0x1p23f;
    /** Brings a denormal number to a normal one. */
    private static final float UP = 0x1p24f;

    private FloatSteps() {}

    static FloatVector load(float[] a, int i) { return FloatVector.fromArray(LANES, a, i); }

    static void store(FloatVector x, float[] a, int i) { x.intoArray(a, i); }

    static VectorMask<Float> load(long[] a, int i) { return VectorMask.fromLong(LANES, a[i]); }

    static void store(VectorMask<Float> x, long[] a, int i) { a[i] = x.toLong(); }

    static FloatVector constant(int bits) { return IntVector.broadcast(INTEGERS, bits).reinterpretAsFloats(); }

    static FloatVector add(FloatVector x, FloatVector y) { return x.add(y); }

    static FloatVector sub(FloatVector x, FloatVector y) { return x.sub(y); }

    static FloatVector mul(FloatVector x, FloatVector y) { return x.mul(y); }

    static FloatVector div(FloatVector x, FloatVector y) { return x.div(y); }

    static FloatVector fma(FloatVector x, FloatVector y, FloatVector z) { return x.fma(y, z); }

    static FloatVector fnma(FloatVector x, FloatVector y, FloatVector z) { return x.neg().fma(y, z); }

    static FloatVector sqrt(FloatVector x) { return x.sqrt(); }

    static FloatVector min(FloatVector x, FloatVector y) { return y.blend(x, x.lt(y)); }

    static FloatVector max(FloatVector x, FloatVector y) { return y.blend(x, x.compare(VectorOperators.GT, y)); }

    static FloatVector round(FloatVector x) {
        var magnitude = x.abs();
        return copySign(magnitude.blend(magnitude.add(WHOLE).sub(WHOLE), magnitude.lt(WHOLE)), x);
    }

    static FloatVector abs(FloatVector x) { return x.abs(); }

    static FloatVector neg(FloatVector x) { return x.neg(); }

    static FloatVector copySign(FloatVector x, FloatVector sign) {
        return x.reinterpretAsInts().and(~SIGN).or(sign.reinterpretAsInts().and(SIGN)).reinterpretAsFloats();
    }

    /** In two products, the first of which is exact. */
    static FloatVector scale(FloatVector x, FloatVector n) {
        var k = n.add(0x1.8p23f).reinterpretAsInts().sub(0x4B400000);
        var half = k.lanewise(VectorOperators.ASHR, 1);
        return x.mul(powerOfTwo(half)).mul(powerOfTwo(k.sub(half)));
    }

    private static FloatVector powerOfTwo(IntVector k) { return k.add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats(); }

    static FloatVector exponent(FloatVector x) {
        var a = x.abs();
        var tiny = a.lt(Float.MIN_NORMAL);
        var bits = a.mul(constant(ONE).blend(UP, tiny)).reinterpretAsInts();
        var e = bits.lanewise(VectorOperators.LSHR, 23).or(0x4B000000).reinterpretAsFloats()
                .sub(constant(0x4B00007F).blend(WHOLE + 127 + 24, tiny));
        return e.blend(Float.NEGATIVE_INFINITY, a.eq(0)).blend(a, a.lt(Float.POSITIVE_INFINITY).not());
    }

    static FloatVector mantissa(FloatVector x) {
        var a = x.abs();
        var m = a.blend(a.mul(UP), a.lt(Float.MIN_NORMAL)).reinterpretAsInts().and(FRACTION).or(ONE).reinterpretAsFloats(); // 1 for zero and infinity
        m = m.blend(m.mul(0.5f), m.lt(1.5f).not());
        return copySign(m, x).blend(x, a.compare(VectorOperators.NE, a));
    }

    static FloatVector bitAnd(FloatVector x, FloatVector y) {
        return x.reinterpretAsInts().and(y.reinterpretAsInts()).reinterpretAsFloats();
    }

    static FloatVector bitOr(FloatVector x, FloatVector y) { return x.reinterpretAsInts().or(y.reinterpretAsInts()).reinterpretAsFloats(); }

    static FloatVector bitXor(FloatVector x, FloatVector y) {
        return x.reinterpretAsInts().lanewise(VectorOperators.XOR, y.reinterpretAsInts()).reinterpretAsFloats();
    }

    static FloatVector addInt(FloatVector x, FloatVector y) {
        return x.reinterpretAsInts().add(y.reinterpretAsInts()).reinterpretAsFloats();
    }

    static FloatVector subInt(FloatVector x, FloatVector y) {
        return x.reinterpretAsInts().sub(y.reinterpretAsInts()).reinterpretAsFloats();
    }

    static FloatVector shiftLeft(FloatVector x, int count) {
        return x.reinterpretAsInts().lanewise(VectorOperators.LSHL, count).reinterpretAsFloats();
    }

    static FloatVector shiftRight(FloatVector x, int count) {
        return x.reinterpretAsInts().lanewise(VectorOperators.LSHR, count).reinterpretAsFloats();
    }

    static VectorMask<Float> less(FloatVector x, FloatVector y) { return x.lt(y); }

    static VectorMask<Float> lessEqual(FloatVector x, FloatVector y) { return x.compare(VectorOperators.LE, y); }

    static VectorMask<Float> equal(FloatVector x, FloatVector y) { return x.eq(y); }

    static VectorMask<Float> isNan(FloatVector x) { return x.compare(VectorOperators.NE, x); }

    static VectorMask<Float> both(VectorMask<Float> x, VectorMask<Float> y) { return x.and(y); }

    static VectorMask<Float> either(VectorMask<Float> x, VectorMask<Float> y) { return x.or(y); }

    static VectorMask<Float> not(VectorMask<Float> x) { return x.not(); }

    static FloatVector select(VectorMask<Float> mask, FloatVector x, FloatVector y) { return y.blend(x, mask); }

    /** True if {@link #lookup(FloatVector, int[])} serves tables of this length. */
    static boolean inRegister(int length) { return length == LANES.length(); }

    /** From a table that fills a vector, given as bits. */
    static FloatVector lookup(FloatVector index, int[] table) {
        var lanes = index.reinterpretAsInts().and(table.length - 1);
        return lanes.selectFrom(IntVector.fromArray(INTEGERS, table, 0)).reinterpretAsFloats();
    }

    /** In plain Java: {@code r = table[index mod table.length]}. */
    static void lookup(float[] table, float[] index, float[] r, int n) {
        for (int i = 0; i < n; i++) r[i] = table[Float.floatToRawIntBits(index[i]) & table.length - 1];
    }
}
