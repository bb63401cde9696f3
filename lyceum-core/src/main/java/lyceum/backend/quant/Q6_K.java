package lyceum.backend.quant;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Bytes: 2 x 64 of low halves, 2 x 32 of upper two bits, 16 signed scales s, an F16 scale d. Weight of group g of 16: {@code d s[g] (q - 32)}.
 *
 * <p>In half h of the block, code {@code 128h + 32r + j} (r below 4, j below 32) has its low half in byte {@code 64h + 32 (r mod 2) + j}, the
 * low half of that for r below 2, and its upper bits in bits 2r and 2r + 1 of byte {@code 32h + j}.
 */
record Q6_K() implements BlockFormat {
    private static final int HIGH = 128, SCALES = 192, D = 208;

    @Override public String name() { return "Q6_K"; }

    @Override public int blockLength() { return 256; }

    @Override public int blockBytes() { return 210; }

    @Override public int groupLength() { return 16; }

    @Override public int[] halves() { return new int[] {D}; }

    @Override public void quantise(float[] x, int from, MemorySegment to, long at) {
        var scales = ScaleSearch.ofGroups(x, from, 32);
        float d = BlockFormat.putHalf(to, at + D, (float) (scales[16] / -128), this);
        var codes = new int[256];
        for (int g = 0; g < 16; g++) {
            int s = d == 0 ? 0 : (int) Math.clamp(Math.rint(scales[g] / d), -128, 127);
            to.set(ValueLayout.JAVA_BYTE, at + SCALES + g, (byte) s);
            float step = d * s;
            for (int i = 16 * g; i < 16 * g + 16; i++)
                codes[i] = 32 + (step == 0 ? 0 : (int) Math.clamp(Math.rint(x[from + i] / step), -32, 31));
        }
        for (int h = 0; h < 2; h++) {
            for (int j = 0; j < 32; j++) {
                int first = 128 * h + j;
                to.set(ValueLayout.JAVA_BYTE, at + 64 * h + j, (byte) (codes[first] & 15 | (codes[first + 64] & 15) << 4));
                to.set(ValueLayout.JAVA_BYTE, at + 64 * h + 32 + j, (byte) (codes[first + 32] & 15 | (codes[first + 96] & 15) << 4));
                int high = 0;
                for (int r = 0; r < 4; r++) high |= codes[first + 32 * r] >> 4 << 2 * r;
                to.set(ValueLayout.JAVA_BYTE, at + HIGH + 32 * h + j, (byte) high);
            }
        }
    }

    @Override public void dequantise(MemorySegment from, long at, float[] to, int start) {
        var codes = new Codes(this);
        decode(from, at, codes);
        codes.values(to, start);
    }

    @Override public void decode(MemorySegment from, long at, Codes to) {
        float d = BlockFormat.half(from, at + D);
        to.offset = 32;
        for (int g = 0; g < 16; g++) to.scale[g] = d * from.get(ValueLayout.JAVA_BYTE, at + SCALES + g);
        for (int h = 0; h < 2; h++) {
            for (int j = 0; j < 32; j++) {
                int high = BlockFormat.unsigned(from, at + HIGH + 32 * h + j), first = 128 * h + j;
                for (int r = 0; r < 4; r++) {
                    int low = BlockFormat.unsigned(from, at + 64 * h + 32 * (r & 1) + j) >> 4 * (r >> 1) & 15;
                    to.code[first + 32 * r] = low | (high >> 2 * r & 3) << 4;
                }
            }
        }
    }
}
