package lyceum.backend.quant;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Weights that are floats already, two or four bytes each. */
enum Floats implements BlockFormat {
    F32(4), F16(2), BF16(2);

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final int bytes;

    Floats(int bytes) { this.bytes = bytes; }

    @Override public int blockLength() { return 1; }

    @Override public int blockBytes() { return bytes; }

    @Override public int groupLength() { return 1; }

    @Override public boolean isFloat() { return true; }

    @Override public int[] halves() { return new int[0]; }

    @Override public void quantise(float[] x, int from, MemorySegment to, long at) { quantiseRow(x, from, 1, to, at); }

    @Override public void dequantise(MemorySegment from, long at, float[] to, int start) { dequantiseRow(from, at, 1, to, start); }

    @Override public void decode(MemorySegment from, long at, Codes to) {
        throw new UnsupportedOperationException(name() + " has no codes");
    }

    @Override public void quantiseRow(float[] x, int from, int k, MemorySegment to, long at) {
        switch (this) {
            case F32 -> MemorySegment.copy(x, from, to, FLOAT, at, k);
            case F16 -> { for (int i = 0; i < k; i++) to.set(SHORT, at + 2L * i, Float.floatToFloat16(x[from + i])); }
            case BF16 -> { for (int i = 0; i < k; i++) to.set(SHORT, at + 2L * i, nearestBf16(x[from + i])); }
        }
    }

    @Override public void dequantiseRow(MemorySegment from, long at, int k, float[] to, int start) {
        switch (this) {
            case F32 -> MemorySegment.copy(from, FLOAT, at, to, start, k);
            case F16 -> { for (int i = 0; i < k; i++) to[start + i] = Float.float16ToFloat(from.get(SHORT, at + 2L * i)); }
            case BF16 -> { for (int i = 0; i < k; i++) to[start + i] = Float.intBitsToFloat(from.get(SHORT, at + 2L * i) << 16); }
        }
    }

    /** Ties to even; NaN stays NaN. */
    private static short nearestBf16(float x) {
        int bits = Float.floatToRawIntBits(x);
        return (short) (x != x ? bits >>> 16 | 0x40 : bits + 0x7FFF + (bits >>> 16 & 1) >>> 16);
    }
}
