package lyceum.backend.quant;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Groups of 4-bit codes, as GPTQ (Frantar et al., 2022) and AWQ (Lin et al., 2023) make them.
 *
 * <p>Bytes of a group: F16 scale d, with a zero point one byte z (0 .. 15), then {@code group / 2} bytes; byte j has code 2j in its low and
 * code 2j + 1 in its high half. The weight is {@code d (q - z)}; without a zero point z is 8.
 */
record Int4(int group, boolean zeroPoint) implements BlockFormat {
    Int4 {
        if (group != 32 && group != 64 && group != 128)
            throw new IllegalArgumentException("int4: a group of " + group + " weights; groups have 32, 64 or 128");
    }

    @Override public String name() { return "INT4_" + group + (zeroPoint ? "Z" : ""); }

    @Override public int blockLength() { return group; }

    @Override public int blockBytes() { return codes() + group / 2; }

    @Override public int groupLength() { return group; }

    @Override public int[] halves() { return new int[] {0}; }

    private int codes() { return zeroPoint ? 3 : 2; }

    @Override public void quantise(float[] x, int from, MemorySegment to, long at) {
        float least = 0, most = 0;
        for (int i = 0; i < group; i++) {
            least = Math.min(least, x[from + i]);
            most = Math.max(most, x[from + i]);
        }
        float d = zeroPoint ? (most - least) / 15 : (-least > most ? least : most) / -8;
        d = BlockFormat.putHalf(to, at, d, this);
        float inverse = d == 0 ? 0 : 1 / d;
        int zero = zeroPoint ? nearest(-least * inverse) : 8;
        if (zeroPoint) to.set(ValueLayout.JAVA_BYTE, at + 2, (byte) zero);
        for (int j = 0; j < group; j += 2) {
            int low = nearest(x[from + j] * inverse + zero), high = nearest(x[from + j + 1] * inverse + zero);
            to.set(ValueLayout.JAVA_BYTE, at + codes() + j / 2, (byte) (low | high << 4));
        }
    }

    private static int nearest(float x) { return (int) Math.clamp(Math.rint(x), 0, 15); }

    @Override public void dequantise(MemorySegment from, long at, float[] to, int start) {
        float d = BlockFormat.half(from, at);
        int zero = zero(from, at);
        for (int j = 0; j < group; j += 2) {
            int pair = BlockFormat.unsigned(from, at + codes() + j / 2);
            to[start + j] = d * ((pair & 15) - zero);
            to[start + j + 1] = d * ((pair >> 4) - zero);
        }
    }

    /** The zero point becomes a minimum, so that the codes' offset is the same in every row. */
    @Override public void decode(MemorySegment from, long at, Codes to) {
        to.offset = zeroPoint ? 0 : 8;
        to.scale[0] = BlockFormat.half(from, at);
        to.minimum[0] = zeroPoint ? to.scale[0] * zero(from, at) : 0;
        for (int j = 0; j < group; j += 2) {
            int pair = BlockFormat.unsigned(from, at + codes() + j / 2);
            to.code[j] = pair & 15;
            to.code[j + 1] = pair >> 4;
        }
    }

    /** Bits above the fourth mean nothing: a foreign file may hold them. */
    private int zero(MemorySegment from, long at) { return zeroPoint ? BlockFormat.unsigned(from, at + 2) & 15 : 8; }
}
