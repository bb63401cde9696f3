package lyceum.backend.quant;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Bytes: the head of a {@link SuperBlock}, then 4 x 32; byte j of part p has code {@code 64p + j} in its low and {@code 64p + 32 + j} in its high half. */
record Q4_K() implements BlockFormat {
    @Override public String name() { return "Q4_K"; }

    @Override public int blockLength() { return SuperBlock.LENGTH; }

    @Override public int blockBytes() { return 144; }

    @Override public int groupLength() { return SuperBlock.GROUP; }

    @Override public int[] halves() { return new int[] {0, 2}; }

    @Override public void quantise(float[] x, int from, MemorySegment to, long at) {
        var codes = SuperBlock.quantise(x, from, 15, to, at, this);
        for (int i = 0; i < 128; i++) {
            int low = 2 * (i & ~31) + (i & 31);
            to.set(ValueLayout.JAVA_BYTE, at + SuperBlock.HEAD + i, (byte) (codes[low] | codes[low + 32] << 4));
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
            int pair = BlockFormat.unsigned(from, at + SuperBlock.HEAD + i), low = 2 * (i & ~31) + (i & 31);
            to.code[low] = pair & 15;
            to.code[low + 32] = pair >> 4;
        }
    }
}
