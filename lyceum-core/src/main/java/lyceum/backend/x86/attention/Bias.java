package lyceum.backend.x86.attention;

import java.util.function.IntUnaryOperator;
import lyceum.backend.View;
import lyceum.backend.scalar.AttentionShape;

/** The bias of a block of scores, brought into the order of the scores. */
final class Bias {
    private Bias() { }

    /** Keys {@code j .. j + n - 1} of {@code rows} queries into {@link Scratch#bias}. */
    static void transpose(Scratch scratch, View bias, int b, int j, int n, int lanes, int rows, IntUnaryOperator head, IntUnaryOperator query) {
        long step = bias.strides()[3];
        if (step == 1) {
            for (int i = 0; i < lanes; i++)
                scratch.row(i, i < rows ? Forward.address(bias, AttentionShape.row(bias, b, head.applyAsInt(i), query.applyAsInt(i)) + 4L * j) : scratch.zeros);
            scratch.transpose(scratch.bias, lanes, n, 1, false);
            return;
        }
        var segment = bias.storage().segment();
        for (int i = 0; i < lanes; i++) {
            long at = i < rows ? AttentionShape.row(bias, b, head.applyAsInt(i), query.applyAsInt(i)) : 0;
            for (int c = 0; c < n; c++) scratch.set(scratch.bias, c * ScoreColumns.QUERIES + i,
                    i < rows ? segment.get(java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED, at + 4 * step * (j + c)) : 0);
        }
    }
}
