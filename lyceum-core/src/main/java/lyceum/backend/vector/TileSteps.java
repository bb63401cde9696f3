package lyceum.backend.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorOperators.Comparison;
import jdk.incubator.vector.VectorSpecies;
import lyceum.backend.Op;

/** What the classes of {@link TileWriter} call beside {@link FloatSteps}, by the names of {@link lyceum.backend.Op}. */
final class TileSteps {
    private static final VectorSpecies<Float> LANES = FloatSteps.LANES;
    private static final VectorSpecies<Integer> INTEGERS = IntVector.SPECIES_PREFERRED;

    private static final VectorLanes FUNCTIONS = new VectorLanes();

    private TileSteps() {}

    /** {@code r = function(a)}, which may be the same array. */
    static void apply(Op function, float[] a, float[] r, int n) { FUNCTIONS.unary(function, a, r, n); }

    // Vectors of F32.

    static FloatVector spread(float[] a, int i) { return FloatVector.broadcast(LANES, a[i]); }

    static FloatVector spread(float x) { return FloatVector.broadcast(LANES, x); }

    static FloatVector max(FloatVector x, FloatVector y) { return x.max(y); }

    static FloatVector min(FloatVector x, FloatVector y) { return x.min(y); }

    static FloatVector relu(FloatVector x) { return x.blend(0f, x.lt(0f)); }

    static FloatVector square(FloatVector x) { return x.mul(x); }

    static FloatVector convert(IntVector x) { return (FloatVector) x.convert(VectorOperators.I2F, 0); }

    /** The first lanes of {@code x}, and {@code filler} behind them. */
    static FloatVector first(FloatVector x, int lanes, float filler) {
        return FloatVector.broadcast(LANES, filler).blend(x, LANES.indexInRange(0, lanes));
    }

    /** In the order of the lanes, and rounded once: {@link FloatVector#reduceLanes} sums in whatever order it was compiled to. */
    static float reduceAdd(FloatVector x, float[] lanes) {
        x.intoArray(lanes, 0);
        double sum = 0;
        for (float lane : lanes) sum += lane;
        return (float) sum;
    }

    static float reduceMax(FloatVector x, float[] lanes) { return x.reduceLanes(VectorOperators.MAX); }

    static float reduceMin(FloatVector x, float[] lanes) { return x.reduceLanes(VectorOperators.MIN); }

    // Vectors of I32.

    static IntVector spread(int x) { return IntVector.broadcast(INTEGERS, x); }

    /** {@code from}, {@code from + 1}, .. */
    static IntVector range(int from) { return IntVector.broadcast(INTEGERS, from).addIndex(1); }

    static IntVector add(IntVector x, IntVector y) { return x.add(y); }

    static IntVector sub(IntVector x, IntVector y) { return x.sub(y); }

    static IntVector mul(IntVector x, IntVector y) { return x.mul(y); }

    static IntVector max(IntVector x, IntVector y) { return x.max(y); }

    static IntVector min(IntVector x, IntVector y) { return x.min(y); }

    static IntVector floorDiv(IntVector x, IntVector y) {
        var quotient = x.div(y);
        return quotient.sub(1, x.sub(quotient.mul(y)).compare(VectorOperators.NE, 0).and(x.lanewise(VectorOperators.XOR, y).lt(0)));
    }

    static IntVector mod(IntVector x, IntVector y) { return x.sub(floorDiv(x, y).mul(y)); }

    static IntVector convert(FloatVector x) { return (IntVector) x.convert(VectorOperators.F2I, 0); }

    // Truth values.

    private static VectorMask<Float> compare(Comparison how, IntVector x, IntVector y) { return x.compare(how, y).cast(LANES); }

    static VectorMask<Float> lt(IntVector x, IntVector y) { return compare(VectorOperators.LT, x, y); }

    static VectorMask<Float> le(IntVector x, IntVector y) { return compare(VectorOperators.LE, x, y); }

    static VectorMask<Float> gt(IntVector x, IntVector y) { return compare(VectorOperators.GT, x, y); }

    static VectorMask<Float> ge(IntVector x, IntVector y) { return compare(VectorOperators.GE, x, y); }

    static VectorMask<Float> eq(IntVector x, IntVector y) { return compare(VectorOperators.EQ, x, y); }

    static VectorMask<Float> ne(IntVector x, IntVector y) { return compare(VectorOperators.NE, x, y); }

    static VectorMask<Float> lt(FloatVector x, FloatVector y) { return x.compare(VectorOperators.LT, y); }

    static VectorMask<Float> le(FloatVector x, FloatVector y) { return x.compare(VectorOperators.LE, y); }

    static VectorMask<Float> gt(FloatVector x, FloatVector y) { return x.compare(VectorOperators.GT, y); }

    static VectorMask<Float> ge(FloatVector x, FloatVector y) { return x.compare(VectorOperators.GE, y); }

    static VectorMask<Float> eq(FloatVector x, FloatVector y) { return x.compare(VectorOperators.EQ, y); }

    static VectorMask<Float> ne(FloatVector x, FloatVector y) { return x.compare(VectorOperators.NE, y); }

    // Memory.

    /** How far {@code a < b} holds along a row on which a grows by one each: a count between 0 and {@code length}. */
    static int span(int a, int b, int more, int length) { return (int) Math.clamp((long) b - a + more, 0L, (long) length); }

    /** Elements {@code from} to before {@code to} of a row that begins at {@code start}; {@code other} around them. */
    static void load(MemorySegment memory, int start, float[] tile, int at, int from, int to, int length, float other) {
        if (from >= to) {
            Arrays.fill(tile, at, at + length, other);
            return;
        }
        if (from > 0) Arrays.fill(tile, at, at + from, other);
        if (to < length) Arrays.fill(tile, at + to, at + length, other);
        MemorySegment.copy(memory, ValueLayout.JAVA_FLOAT_UNALIGNED, ((long) start + from) * Float.BYTES, tile, at + from, to - from);
    }

    static void store(MemorySegment memory, int start, float[] tile, int at, int from, int to) {
        if (from < to)
            MemorySegment.copy(tile, at + from, memory, ValueLayout.JAVA_FLOAT_UNALIGNED, ((long) start + from) * Float.BYTES, to - from);
    }

    static float read(MemorySegment memory, int element) { return memory.getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, element); }

    static void write(MemorySegment memory, int element, float x) { memory.setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, element, x); }

    static void transpose(float[] x, int rows, int columns, int stride, float[] to, int toStride) {
        for (int i = 0; i < rows; i++) for (int j = 0; j < columns; j++) to[j * toStride + i] = x[i * stride + j];
    }
}
