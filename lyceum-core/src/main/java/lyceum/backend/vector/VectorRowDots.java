package lyceum.backend.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import lyceum.backend.RowDots;

/** Four vectors of eight lanes. */
final class VectorRowDots implements RowDots {
    private static final VectorSpecies<Float> F = FloatVector.SPECIES_256;
    private static final VectorSpecies<Integer> I = IntVector.SPECIES_256;
    private static final VectorSpecies<Byte> B = ByteVector.SPECIES_64;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int LANES = 8, SUMS = 32;

    /** @throws IllegalStateException if the CPU has no vectors of eight floats */
    VectorRowDots() {
        if (FloatVector.SPECIES_PREFERRED.length() < LANES)
            throw new IllegalStateException("this CPU's vectors hold " + FloatVector.SPECIES_PREFERRED.length() + " floats");
    }

    @Override public float dot(float[] x, float[] y) {
        FloatVector a = FloatVector.zero(F), b = a, c = a, d = a;
        int i = 0;
        for (; i + SUMS <= x.length; i += SUMS) {
            a = a.add(FloatVector.fromArray(F, x, i).mul(FloatVector.fromArray(F, y, i)));
            b = b.add(FloatVector.fromArray(F, x, i + LANES).mul(FloatVector.fromArray(F, y, i + LANES)));
            c = c.add(FloatVector.fromArray(F, x, i + 2 * LANES).mul(FloatVector.fromArray(F, y, i + 2 * LANES)));
            d = d.add(FloatVector.fromArray(F, x, i + 3 * LANES).mul(FloatVector.fromArray(F, y, i + 3 * LANES)));
        }
        float rest = 0;
        for (; i < x.length; i++) rest += x[i] * y[i];
        return sum(a, b, c, d) + rest;
    }

    @Override public float dot(float[] x, MemorySegment rows, long offset) {
        FloatVector a = FloatVector.zero(F), b = a, c = a, d = a;
        int i = 0;
        for (; i + SUMS <= x.length; i += SUMS) {
            long at = offset + 4L * i;
            a = a.add(FloatVector.fromArray(F, x, i).mul(floats(rows, at)));
            b = b.add(FloatVector.fromArray(F, x, i + LANES).mul(floats(rows, at + 32)));
            c = c.add(FloatVector.fromArray(F, x, i + 2 * LANES).mul(floats(rows, at + 64)));
            d = d.add(FloatVector.fromArray(F, x, i + 3 * LANES).mul(floats(rows, at + 96)));
        }
        float rest = 0;
        for (; i < x.length; i++) rest += x[i] * rows.get(FLOAT, offset + 4L * i);
        return sum(a, b, c, d) + rest;
    }

    @Override public float dotBytes(float[] x, MemorySegment rows, long offset) {
        FloatVector a = FloatVector.zero(F), b = a, c = a, d = a;
        int i = 0;
        for (; i + SUMS <= x.length; i += SUMS) {
            long at = offset + i;
            a = a.add(FloatVector.fromArray(F, x, i).mul(bytes(rows, at)));
            b = b.add(FloatVector.fromArray(F, x, i + LANES).mul(bytes(rows, at + 8)));
            c = c.add(FloatVector.fromArray(F, x, i + 2 * LANES).mul(bytes(rows, at + 16)));
            d = d.add(FloatVector.fromArray(F, x, i + 3 * LANES).mul(bytes(rows, at + 24)));
        }
        float rest = 0;
        for (; i < x.length; i++) rest += x[i] * rows.get(ValueLayout.JAVA_BYTE, offset + i);
        return sum(a, b, c, d) + rest;
    }

    @Override public int dotBytes(byte[] x, MemorySegment rows, long offset) {
        IntVector a = IntVector.zero(I), b = a;
        int i = 0;
        for (; i + 2 * LANES <= x.length; i += 2 * LANES) {
            a = a.add(codes(ByteVector.fromArray(B, x, i)).mul(codes(read(rows, offset + i))));
            b = b.add(codes(ByteVector.fromArray(B, x, i + LANES)).mul(codes(read(rows, offset + i + LANES))));
        }
        int rest = 0;
        for (; i < x.length; i++) rest += x[i] * rows.get(ValueLayout.JAVA_BYTE, offset + i);
        return a.add(b).reduceLanes(VectorOperators.ADD) + rest;
    }

    private static IntVector codes(ByteVector bytes) { return (IntVector) bytes.castShape(I, 0); }

    private static ByteVector read(MemorySegment rows, long at) {
        return ByteVector.fromMemorySegment(B, rows, at, ByteOrder.LITTLE_ENDIAN);
    }

    private static FloatVector floats(MemorySegment rows, long at) {
        return FloatVector.fromMemorySegment(F, rows, at, ByteOrder.LITTLE_ENDIAN);
    }

    private static FloatVector bytes(MemorySegment rows, long at) { return (FloatVector) read(rows, at).castShape(F, 0); }

    private static float sum(FloatVector a, FloatVector b, FloatVector c, FloatVector d) {
        var s = a.add(b).add(c.add(d));
        return s.lane(0) + s.lane(1) + (s.lane(2) + s.lane(3)) + (s.lane(4) + s.lane(5) + (s.lane(6) + s.lane(7)));
    }
}
