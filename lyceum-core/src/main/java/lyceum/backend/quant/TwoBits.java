package lyceum.backend.quant;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** 256 codes of two bits as Q2_K and Q3_K lay them out: in half h, code {@code 128h + 32r + j} (r below 4, j below 32) is bits 2r and 2r + 1 of byte {@code 32h + j}. */
final class TwoBits {
    private TwoBits() {}

    /** From 256 codes of two bits; of wider ones the low two. */
    static void pack(int[] codes, MemorySegment to, long at) {
        for (int h = 0; h < 2; h++) for (int j = 0; j < 32; j++) {
            int bits = 0;
            for (int r = 0; r < 4; r++) bits |= (codes[128 * h + 32 * r + j] & 3) << 2 * r;
            to.set(ValueLayout.JAVA_BYTE, at + 32 * h + j, (byte) bits);
        }
    }

    static void unpack(MemorySegment from, long at, int[] codes) {
        for (int h = 0; h < 2; h++) for (int j = 0; j < 32; j++) {
            int bits = BlockFormat.unsigned(from, at + 32 * h + j);
            for (int r = 0; r < 4; r++) codes[128 * h + 32 * r + j] = bits >> 2 * r & 3;
        }
    }
}
