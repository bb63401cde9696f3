package lyceum.backend.quant;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Bytes: 16 of a scale s (low half) and a minimum m (high half), 64 of codes, two F16 numbers d and e. Weight of group g of 16: {@code d s[g] q - e m[g]}.
 *
 * @see TwoBits
 */
record Q2_K() implements BlockFormat {
    private static final int CODES = 16, D = 80, E = 82;

    @Override public String name() { return "Q2_K"; }

    @Override public int blockLength() { return 256; }

    @Override public int blockBytes() { return 84; }

    @Override public int groupLength() { return 16; }

    @Override public int[] halves() { return new int[] {D, E}; }

    @Override public void quantise(float[] x, int from, MemorySegment to, long at) {
        var groups = new ScaleSearch.Affine[16];
        double scale = 0, minimum = 0;
        for (int g = 0; g < 16; g++) {
            groups[g] = ScaleSearch.affine(x, from + 16 * g, 16, 3);
            scale = Math.max(scale, groups[g].scale());
            minimum = Math.max(minimum, groups[g].minimum());
        }
        float d = BlockFormat.putHalf(to, at + D, (float) (scale / 15), this),
                e = BlockFormat.putHalf(to, at + E, (float) (minimum / 15), this);
        var codes = new int[256];
        for (int g = 0; g < 16; g++) {
            int s = fourBits(groups[g].scale(), d), m = fourBits(groups[g].minimum(), e);
            to.set(ValueLayout.JAVA_BYTE, at + g, (byte) (s | m << 4));
            float step = d * s, offset = e * m;
            for (int i = 16 * g; i < 16 * g + 16; i++)
                codes[i] = step == 0 ? 0 : (int) Math.clamp(Math.rint((x[from + i] + offset) / step), 0, 3);
        }
        TwoBits.pack(codes, to, at + CODES);
    }

    private static int fourBits(double x, float unit) { return unit == 0 ? 0 : (int) Math.clamp(Math.rint(x / unit), 0, 15); }

    @Override public void dequantise(MemorySegment from, long at, float[] to, int start) {
        var codes = new Codes(this);
        decode(from, at, codes);
        codes.values(to, start);
    }

    @Override public void decode(MemorySegment from, long at, Codes to) {
        float d = BlockFormat.half(from, at + D), e = BlockFormat.half(from, at + E);
        to.offset = 0;
        for (int g = 0; g < 16; g++) {
            int both = BlockFormat.unsigned(from, at + g);
            to.scale[g] = d * (both & 15);
            to.minimum[g] = e * (both >> 4);
        }
        TwoBits.unpack(from, at + CODES, to.code);
    }
}
