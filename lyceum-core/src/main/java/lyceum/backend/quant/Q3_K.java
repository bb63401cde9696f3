package lyceum.backend.quant;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Bytes: 32 of third bits (bit 4h + r of byte j belongs to code {@code 128h + 32r + j}), 64 of two low bits as in {@link TwoBits}, 12 of scales, an F16 scale d. Weight of
 * group g of 16: {@code d (s[g] - 32) (q - 4)}.
 *
 * <p>Of the twelve bytes, the low halves of the first eight are the low four bits of s[0..7], their high halves those of s[8..15]; bits 2k and 2k + 1 of byte 8 + i are
 * the upper two of s[4k + i].
 */
record Q3_K() implements BlockFormat {
    private static final int CODES = 32, SCALES = 96, D = 108;

    @Override public String name() { return "Q3_K"; }

    @Override public int blockLength() { return 256; }

    @Override public int blockBytes() { return 110; }

    @Override public int groupLength() { return 16; }

    @Override public int[] halves() { return new int[] {D}; }

    @Override public void quantise(float[] x, int from, MemorySegment to, long at) {
        var scales = ScaleSearch.ofGroups(x, from, 4);
        float d = BlockFormat.putHalf(to, at + D, (float) (scales[16] / -32), this);
        var codes = new int[256];
        var bytes = new int[12];
        for (int g = 0; g < 16; g++) {
            int s = d == 0 ? 0 : (int) Math.clamp(Math.rint(scales[g] / d), -32, 31), shifted = s + 32;
            bytes[g & 7] |= (shifted & 15) << (g < 8 ? 0 : 4);
            bytes[8 + (g & 3)] |= shifted >> 4 << 2 * (g >> 2);
            float step = d * s;
            for (int i = 16 * g; i < 16 * g + 16; i++)
                codes[i] = 4 + (step == 0 ? 0 : (int) Math.clamp(Math.rint(x[from + i] / step), -4, 3));
        }
        for (int j = 0; j < 32; j++) {
            int high = 0;
            for (int r = 0; r < 8; r++) high |= codes[32 * r + j] >> 2 << r;
            to.set(ValueLayout.JAVA_BYTE, at + j, (byte) high);
        }
        TwoBits.pack(codes, to, at + CODES);
        for (int i = 0; i < 12; i++) to.set(ValueLayout.JAVA_BYTE, at + SCALES + i, (byte) bytes[i]);
    }

    @Override public void dequantise(MemorySegment from, long at, float[] to, int start) {
        var codes = new Codes(this);
        decode(from, at, codes);
        codes.values(to, start);
    }

    @Override public void decode(MemorySegment from, long at, Codes to) {
        float d = BlockFormat.half(from, at + D);
        to.offset = 4;
        for (int g = 0; g < 16; g++) {
            int low = BlockFormat.unsigned(from, at + SCALES + (g & 7)) >> (g < 8 ? 0 : 4) & 15;
            int high = BlockFormat.unsigned(from, at + SCALES + 8 + (g & 3)) >> 2 * (g >> 2) & 3;
            to.scale[g] = d * ((low | high << 4) - 32);
        }
        TwoBits.unpack(from, at + CODES, to.code);
        for (int j = 0; j < 32; j++) {
            int high = BlockFormat.unsigned(from, at + j);
            for (int r = 0; r < 8; r++) to.code[32 * r + j] |= (high >> r & 1) << 2;
        }
    }
}
