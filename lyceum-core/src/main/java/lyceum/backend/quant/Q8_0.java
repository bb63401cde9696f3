package lyceum.backend.quant;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Bytes: F16 scale d, then 32 signed codes; the weight is {@code d q}. */
record Q8_0() implements BlockFormat {
    @Override public String name() { return "Q8_0"; }

    @Override public int blockLength() { return 32; }

    @Override public int blockBytes() { return 34; }

    @Override public int groupLength() { return 32; }

    @Override public int[] halves() { return new int[] {0}; }

    @Override public void quantise(float[] x, int from, MemorySegment to, long at) {
        float max = 0;
        for (int i = 0; i < 32; i++) max = Math.max(max, Math.abs(x[from + i]));
        float d = max / 127;
        // Codes come from the unrounded scale and ties go away from zero, as GGUF's own writer does: same floats, same bytes.
        float inverse = d == 0 ? 0 : 1 / d;
        BlockFormat.putHalf(to, at, d, this);
        for (int i = 0; i < 32; i++) to.set(ValueLayout.JAVA_BYTE, at + 2 + i, (byte) awayFromZero(x[from + i] * inverse));
    }

    private static int awayFromZero(float x) { return (int) Math.clamp(x < 0 ? Math.ceil(x - 0.5) : Math.floor(x + 0.5), -127, 127); }

    @Override public void dequantise(MemorySegment from, long at, float[] to, int start) {
        float d = BlockFormat.half(from, at);
        for (int i = 0; i < 32; i++) to[start + i] = d * from.get(ValueLayout.JAVA_BYTE, at + 2 + i);
    }

    @Override public void decode(MemorySegment from, long at, Codes to) {
        to.offset = 128;
        to.scale[0] = BlockFormat.half(from, at);
        for (int i = 0; i < 32; i++) to.code[i] = from.get(ValueLayout.JAVA_BYTE, at + 2 + i) + 128;
    }
}
