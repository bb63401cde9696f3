package lyceum.backend.quant;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Bytes: F16 scale d, then 16 bytes; byte j has code j in its low and code j + 16 in its high half. The weight is {@code d (q - 8)}. */
record Q4_0() implements BlockFormat {
    @Override public String name() { return "Q4_0"; }

    @Override public int blockLength() { return 32; }

    @Override public int blockBytes() { return 18; }

    @Override public int groupLength() { return 32; }

    @Override public int[] halves() { return new int[] {0}; }

    /** The value of the largest magnitude becomes code 0, that is -8: the scale has the opposite sign of it, and the whole range is used. */
    @Override public void quantise(float[] x, int from, MemorySegment to, long at) {
        float largest = 0;
        for (int i = 0; i < 32; i++) if (Math.abs(x[from + i]) > Math.abs(largest)) largest = x[from + i];
        float d = largest / -8;
        float inverse = d == 0 ? 0 : 1 / d;
        BlockFormat.putHalf(to, at, d, this);
        for (int j = 0; j < 16; j++)
            to.set(ValueLayout.JAVA_BYTE, at + 2 + j, (byte) (code(x[from + j], inverse) | code(x[from + j + 16], inverse) << 4));
    }

    private static int code(float x, float inverse) { return Math.clamp((int) ((double) x * inverse + 8.5), 0, 15); }

    @Override public void dequantise(MemorySegment from, long at, float[] to, int start) {
        float d = BlockFormat.half(from, at);
        for (int j = 0; j < 16; j++) {
            int pair = BlockFormat.unsigned(from, at + 2 + j);
            to[start + j] = d * ((pair & 15) - 8);
            to[start + j + 16] = d * ((pair >> 4) - 8);
        }
    }

    @Override public void decode(MemorySegment from, long at, Codes to) {
        to.offset = 8;
        to.scale[0] = BlockFormat.half(from, at);
        for (int j = 0; j < 16; j++) {
            int pair = BlockFormat.unsigned(from, at + 2 + j);
            to.code[j] = pair & 15;
            to.code[j + 16] = pair >> 4;
        }
    }
}
