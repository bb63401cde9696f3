package lyceum.backend.quant;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Bytes: the head of a {@link SuperBlock}, 32 of fifth bits (bit g of byte j belongs to code {@code 32g + j}), then low halves as in {@link Q4_K}. */
record Q5_K() implements BlockFormat {
    private static final int HIGH = SuperBlock.HEAD, LOW = HIGH + 32;

    @Override public String name() { return "Q5_K"; }

    @Override public int blockLength() { return SuperBlock.LENGTH; }

    @Override public int blockBytes() { return 176; }

    @Override public int groupLength() { return SuperBlock.GROUP; }

    @Override public int[] halves() { return new int[] {0, 2}; }

    @Override public void quantise(float[] x, int from, MemorySegment to, long at) {
        var codes = SuperBlock.quantise(x, from, 31, to, at, this);
        for (int i = 0; i < 128; i++) {
            int low = 2 * (i & ~31) + (i & 31);
            to.set(ValueLayout.JAVA_BYTE, at + LOW + i, (byte) (codes[low] & 15 | (codes[low + 32] & 15) << 4));
        }
        for (int j = 0; j < 32; j++) {
            int bits = 0;
            for (int g = 0; g < 8; g++) bits |= codes[32 * g + j] >> 4 << g;
            to.set(ValueLayout.JAVA_BYTE, at + HIGH + j, (byte) bits);
        }
    }

    @Override public void dequantise(MemorySegment from, long at, float[] to, int start) {
        var codes = new Codes(this);
        decode(from, at, codes);
        codes.values(to, start);
    }

    @Override public void decode(MemorySegment from, long at, Codes to) {
        SuperBlock.decode(from, at, to);
        for (int i = 0; i < 128; i++) {
            int pair = BlockFormat.unsigned(from, at + LOW + i), low = 2 * (i & ~31) + (i & 31);
            int bits = BlockFormat.unsigned(from, at + HIGH + (i & 31)), g = low >> 5;
            to.code[low] = pair & 15 | (bits >> g & 1) << 4;
            to.code[low + 32] = pair >> 4 | (bits >> g + 1 & 1) << 4;
        }
    }
}
