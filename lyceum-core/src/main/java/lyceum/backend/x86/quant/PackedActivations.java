package lyceum.backend.x86.quant;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import lyceum.backend.quant.Activations;

/**
 * Where the integers of activations lie for a kernel that takes {@code rows} of them at once: a record for each 32 positions, of
 * <pre>
 * digits   rows x digits x 32 signed bytes, the highest digit first
 * starts   rows x digits x units int: minus the codes' offset times the sum of the digit, for each unit of the layout
 * steps    rows float
 * sums     rows float: the step times the sum of the integers; unwritten by machine code where no weight has a minimum
 * </pre>
 */
record PackedActivations(Layout layout, int digits, int rows) {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

    int units() { return 32 / layout.unit; }

    int digitAt(int row, int digit) { return (row * digits + digit) * 32; }

    int startAt(int row, int digit, int unit) { return rows * digits * 32 + ((row * digits + digit) * units() + unit) * 4; }

    int stepAt(int row) { return rows * digits * (32 + 4 * units()) + 4 * row; }

    int sumAt(int row) { return stepAt(rows) + 4 * row; }

    int recordBytes() { return sumAt(rows); }

    /** Bytes for rows of {@code chunks}. */
    long bytes(int chunks) { return (long) chunks * (layout.length / 32) * recordBytes(); }

    /** Writes row {@code row} of the tile at {@code at}: k values, and zeros up to whole chunks. */
    void write(float[] x, int k, int chunks, Activations activations, int row, MemorySegment to, long at) {
        int records = chunks * (layout.length / 32), length = activations.stepLength(layout.length);
        var integers = new int[length];
        float step = 0;
        for (int b = 0; b < records; b++, at += recordBytes()) {
            if (b * 32 >= k) {
                for (int d = 0; d < digits; d++) to.asSlice(at + digitAt(row, d), 32).fill((byte) 0);
                for (int d = 0; d < digits; d++) for (int u = 0; u < units(); u++) to.set(INT, at + startAt(row, d, u), 0);
                to.set(FLOAT, at + stepAt(row), 0);
                to.set(FLOAT, at + sumAt(row), 0);
                continue;
            }
            int from = b * 32 % length;
            if (from == 0) step = activations.integers(x, b * 32, length, integers);
            int total = 0;
            for (int p = from; p < from + 32; p++) total += integers[p];
            for (int d = digits - 1; d >= 0; d--) digit(d, row, integers, from, to, at);
            to.set(FLOAT, at + stepAt(row), step);
            to.set(FLOAT, at + sumAt(row), step * total);
        }
    }

    /** Splits the lowest digit off the integers from {@code from} on and writes it. */
    private void digit(int d, int row, int[] integers, int from, MemorySegment to, long at) {
        for (int u = 0; u < units(); u++) {
            int sum = 0;
            for (int p = u * layout.unit; p < (u + 1) * layout.unit; p += 4) {
                int word = 0;
                for (int i = 0; i < 4; i++) {
                    int n = integers[from + p + i];
                    byte digit = Activations.digit(n);
                    sum += digit;
                    word |= (digit & 0xFF) << 8 * i;
                    integers[from + p + i] = n - digit >> 8;
                }
                to.set(INT, at + digitAt(row, d) + p, word);
            }
            to.set(INT, at + startAt(row, d, u), -layout.offset * sum);
        }
    }
}
