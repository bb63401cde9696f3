package lyceum.backend.scalar;

import java.util.Arrays;
import lyceum.backend.View;

/** Tiles of attention's operands as doubles, and the loops over them that the JIT turns into vector code. */
final class Tiles {
    private Tiles() {}

    /** {@code n} rows from {@code first} on, densely. @param keys whether the rows are keys or values, which may lie in pages */
    static double[] load(View view, AttentionShape shape, int b, int h, int first, int n, int width, boolean keys) {
        var to = new double[n * width];
        load(view, shape, b, h, first, n, width, keys, to);
        return to;
    }

    static void load(View view, AttentionShape shape, int b, int h, int first, int n, int width, boolean keys, double[] to) {
        for (int i = 0; i < n; i++)
            row(view, keys ? shape.keyRow(view, b, h, first + i) : AttentionShape.row(view, b, h, first + i), to, i * width, 1, width);
    }

    /** Keys as columns: {@code to[p * stride + j]}. */
    static void loadTransposed(View view, AttentionShape shape, int b, int h, int first, int n, int width, double[] to, int stride) {
        for (int j = 0; j < n; j++) row(view, shape.keyRow(view, b, h, first + j), to, j, stride, width);
    }

    private static void row(View view, long at, double[] to, int start, int step, int width) {
        var segment = view.storage().segment();
        long stride = view.strides()[3] * view.dtype().bytes();
        for (int p = 0; p < width; p++) to[start + p * step] = Elements.getDouble(view.dtype(), segment, at + p * stride);
    }

    static void store(double[] from, View view, int b, int h, int first, int n, int width) {
        var segment = view.storage().segment();
        long stride = view.strides()[3] * view.dtype().bytes();
        for (int i = 0; i < n; i++) {
            long at = AttentionShape.row(view, b, h, first + i);
            for (int p = 0; p < width; p++) Elements.set(view.dtype(), segment, at + p * stride, from[i * width + p]);
        }
    }

    /** {@code scores[j] = scale * sum_p row[p] columns[p][j]} for j in {@code from .. to - 1}. */
    static void scores(double[] row, int at, double[] columns, int stride, int width, int from, int to, double scale, double[] scores) {
        Arrays.fill(scores, from, to, 0);
        for (int p = 0; p < width; p++) {
            double x = row[at + p];
            int c = p * stride;
            for (int j = from; j < to; j++) scores[j] = Math.fma(x, columns[c + j], scores[j]);
        }
        for (int j = from; j < to; j++) scores[j] *= scale;
    }

    static void axpy(double x, double[] from, int at, double[] to, int start, int n) {
        for (int c = 0; c < n; c++) to[start + c] = Math.fma(x, from[at + c], to[start + c]);
    }
}
