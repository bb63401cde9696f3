package lyceum.backend.quant;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Bytes as in {@link Q4_0}: F16 scale d, then 16 bytes of two codes each. A code names one of sixteen integers, denser near 0, as weights are: the weight is
 * {@code d table[q]}.
 */
record Iq4Nl() implements BlockFormat {
    private static final int[] TABLE = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
    /** Scales that are tried: the largest weight at -127, and so much beside. */
    private static final int TRIES = 15;
    private static final double STEP = 0.02;

    @Override public String name() { return "IQ4_NL"; }

    @Override public int blockLength() { return 32; }

    @Override public int blockBytes() { return 18; }

    @Override public int groupLength() { return 32; }

    @Override public int[] halves() { return new int[] {0}; }

    /** For each scale around that of the range the codes, for the codes the scale that fits them best by least squares; the best of these. */
    @Override public void quantise(float[] x, int from, MemorySegment to, long at) {
        double largest = 0, best = 0, gain = 0;
        for (int i = 0; i < 32; i++) if (Math.abs(x[from + i]) > Math.abs(largest)) largest = x[from + i];
        for (int t = -TRIES; t <= TRIES && largest != 0; t++) {
            double inverse = TABLE[0] * (1 + t * STEP) / largest, q2 = 0, xq = 0;
            for (int i = 0; i < 32; i++) {
                int q = TABLE[nearest(x[from + i] * inverse)];
                q2 += q * q;
                xq += q * x[from + i];
            }
            if (xq * xq > gain * q2) {
                gain = xq * xq / q2;
                best = xq / q2;
            }
        }
        float d = BlockFormat.putHalf(to, at, (float) best, this);
        double inverse = d == 0 ? 0 : 1.0 / d;
        for (int j = 0; j < 16; j++)
            to.set(ValueLayout.JAVA_BYTE, at + 2 + j, (byte) (nearest(x[from + j] * inverse) | nearest(x[from + j + 16] * inverse) << 4));
    }

    private static int nearest(double x) {
        int code = 0;
        while (code < 15 && x > 0.5 * (TABLE[code] + TABLE[code + 1])) code++;
        return code;
    }

    @Override public void dequantise(MemorySegment from, long at, float[] to, int start) {
        var codes = new Codes(this);
        decode(from, at, codes);
        codes.values(to, start);
    }

    @Override public void decode(MemorySegment from, long at, Codes to) {
        to.offset = 128;
        to.scale[0] = BlockFormat.half(from, at);
        for (int j = 0; j < 16; j++) {
            int pair = BlockFormat.unsigned(from, at + 2 + j);
            to.code[j] = TABLE[pair & 15] + 128;
            to.code[j + 16] = TABLE[pair >> 4] + 128;
        }
    }
}
