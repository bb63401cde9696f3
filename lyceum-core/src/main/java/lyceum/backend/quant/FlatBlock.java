package lyceum.backend.quant;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Q4_1, Q5_0 and Q5_1: 32 codes of 4 or 5 bits with one scale. Bytes: F16 scale d; with a minimum an F16 number m; with 5 bits four bytes whose bit i is the fifth of
 * code i; then 16 bytes, byte j with the low half of code j in its low and of code j + 16 in its high half. The weight is {@code d q + m}, or {@code d (q - 16)}.
 */
record FlatBlock(String name, boolean fifth, boolean lifted) implements BlockFormat {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    @Override public int blockLength() { return 32; }

    @Override public int blockBytes() { return low() + 16; }

    @Override public int groupLength() { return 32; }

    @Override public int[] halves() { return lifted ? new int[] {0, 2} : new int[] {0}; }

    private int high() { return lifted ? 4 : 2; }

    private int low() { return high() + (fifth ? 4 : 0); }

    private int most() { return fifth ? 31 : 15; }

    /** As GGUF's own writer: with a minimum by the range, else the value of the largest magnitude becomes code 0. */
    @Override public void quantise(float[] x, int from, MemorySegment to, long at) {
        float least = Float.POSITIVE_INFINITY, greatest = Float.NEGATIVE_INFINITY, largest = 0;
        for (int i = from; i < from + 32; i++) {
            least = Math.min(least, x[i]);
            greatest = Math.max(greatest, x[i]);
            if (Math.abs(x[i]) > Math.abs(largest)) largest = x[i];
        }
        float d = lifted ? (greatest - least) / most() : largest / -16, inverse = d == 0 ? 0 : 1 / d;
        BlockFormat.putHalf(to, at, d, this);
        if (lifted) BlockFormat.putHalf(to, at + 2, least, this);
        int bits = 0;
        for (int j = 0; j < 16; j++) {
            int a = code(x[from + j], least, inverse), b = code(x[from + j + 16], least, inverse);
            to.set(ValueLayout.JAVA_BYTE, at + low() + j, (byte) (a & 15 | (b & 15) << 4));
            bits |= a >> 4 << j | b >> 4 << j + 16;
        }
        if (fifth) to.set(INT, at + high(), bits);
    }

    private int code(float x, float least, float inverse) {
        return Math.clamp(lifted ? (int) ((x - least) * inverse + 0.5f) : (int) ((double) x * inverse + 16.5), 0, most());
    }

    @Override public void dequantise(MemorySegment from, long at, float[] to, int start) {
        var codes = new Codes(this);
        decode(from, at, codes);
        codes.values(to, start);
    }

    @Override public void decode(MemorySegment from, long at, Codes to) {
        to.offset = lifted ? 0 : 16;
        to.scale[0] = BlockFormat.half(from, at);
        to.minimum[0] = lifted ? -BlockFormat.half(from, at + 2) : 0;
        int bits = fifth ? from.get(INT, at + high()) : 0;
        for (int j = 0; j < 16; j++) {
            int pair = BlockFormat.unsigned(from, at + low() + j);
            to.code[j] = pair & 15 | (bits >>> j & 1) << 4;
            to.code[j + 16] = pair >> 4 | (bits >>> j + 16 & 1) << 4;
        }
    }
}
