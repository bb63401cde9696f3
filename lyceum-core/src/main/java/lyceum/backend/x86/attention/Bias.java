package lyceum.backend.x86.attention;

import java.lang.foreign.ValueLayout;
import lyceum.backend.View;

/** The bias of a block of scores, brought into the order of the scores. */
final class Bias {
    private Bias() {}

    /**
     * Keys {@code j .. j + n - 1} of {@code rows} queries into {@link Scratch#bias}.
     *
     * @param first byte of the first query's row, {@code stride} bytes from one row to the next
     */
    static void transpose(Scratch scratch, View bias, long first, long stride, int j, int n, int rows) {
        long step = bias.strides()[3];
        if (step == 1) {
            scratch.transpose(bias.address(first + 4L * j), stride, rows, n, scratch.bias);
            return;
        }
        scratch.clearRest(rows, n, scratch.bias);
        var segment = bias.storage().segment();
        for (int i = 0; i < rows; i++)
            for (int c = 0; c < n; c++)
                scratch.set(scratch.bias, c * ScoreColumns.QUERIES + i,
                        segment.get(ValueLayout.JAVA_FLOAT_UNALIGNED, first + i * stride + 4 * step * (j + c)));
    }

    /** Adds it, in powers of two, to {@link ScoreRows scores that lie as rows}. */
    static void add(Scratch scratch, View bias, long first, long stride, int j, int n, int rows) {
        var segment = bias.storage().segment();
        for (int i = 0; i < rows; i++) {
            long row = scratch.scores + i * ScoreRows.ROW, from = first + i * stride;
            for (int c = 0; c < n; c++) {
                float value = segment.get(ValueLayout.JAVA_FLOAT_UNALIGNED, from + 4 * bias.strides()[3] * (j + c));
                scratch.set(row, c, scratch.get(row, c) + value * (float) Forward.LOG2E);
            }
        }
    }
}
