package lyceum.backend.quant;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What Q4_K and Q5_K share: two F16 numbers d and e, then eight scales s and eight minima m of 6 bits in 12 bytes. Weight of group g:
 * {@code d s[g] q - e m[g]}.
 *
 * <p>The twelve bytes are three rows of four. For g below 4 the low six bits of row 0 are s[g], of row 1 m[g]. The other four of each have
 * their low halves in row 2 (s low, m high) and their upper two bits on top of rows 0 and 1.
 */
final class SuperBlock {
    static final int GROUPS = 8, GROUP = 32, LENGTH = 256;
    /** Bytes before the codes. */
    static final int HEAD = 16;

    private SuperBlock() {}

    static int scale(MemorySegment from, long at, int g) {
        return g < 4 ? at(from, at, g) & 63 : at(from, at, g + 4) & 15 | (at(from, at, g - 4) >> 6) << 4;
    }

    static int minimum(MemorySegment from, long at, int g) {
        return g < 4 ? at(from, at, g + 4) & 63 : at(from, at, g + 4) >> 4 | (at(from, at, g) >> 6) << 4;
    }

    private static int at(MemorySegment from, long at, int byteNumber) { return BlockFormat.unsigned(from, at + 4 + byteNumber); }

    static void decode(MemorySegment from, long at, Codes to) {
        float d = BlockFormat.half(from, at), e = BlockFormat.half(from, at + 2);
        to.offset = 0;
        for (int g = 0; g < GROUPS; g++) {
            to.scale[g] = d * scale(from, at, g);
            to.minimum[g] = e * minimum(from, at, g);
        }
    }

    /** Writes the head and gives the codes {@code 0 .. most} of the 256 weights. */
    static int[] quantise(float[] x, int from, int most, MemorySegment to, long at, BlockFormat format) {
        var groups = new ScaleSearch.Affine[GROUPS];
        double scale = 0, minimum = 0;
        for (int g = 0; g < GROUPS; g++) {
            groups[g] = ScaleSearch.affine(x, from + g * GROUP, GROUP, most);
            scale = Math.max(scale, groups[g].scale());
            minimum = Math.max(minimum, groups[g].minimum());
        }
        float d = BlockFormat.putHalf(to, at, (float) (scale / 63), format),
                e = BlockFormat.putHalf(to, at + 2, (float) (minimum / 63), format);
        var bytes = new int[12];
        var codes = new int[LENGTH];
        for (int g = 0; g < GROUPS; g++) {
            int s = sixBits(groups[g].scale(), d), m = sixBits(groups[g].minimum(), e);
            place(bytes, g, s, m);
            float step = d * s, offset = e * m;
            for (int i = g * GROUP; i < (g + 1) * GROUP; i++)
                codes[i] = step == 0 ? 0 : (int) Math.clamp(Math.rint((x[from + i] + offset) / step), 0, most);
        }
        for (int i = 0; i < 12; i++) to.set(ValueLayout.JAVA_BYTE, at + 4 + i, (byte) bytes[i]);
        return codes;
    }

    private static int sixBits(double x, float unit) { return unit == 0 ? 0 : (int) Math.clamp(Math.rint(x / unit), 0, 63); }

    private static void place(int[] bytes, int g, int s, int m) {
        if (g < 4) {
            bytes[g] |= s;
            bytes[g + 4] |= m;
        } else {
            bytes[g + 4] |= s & 15 | (m & 15) << 4;
            bytes[g - 4] |= s >> 4 << 6;
            bytes[g] |= m >> 4 << 6;
        }
    }
}
