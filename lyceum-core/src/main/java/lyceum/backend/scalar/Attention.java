package lyceum.backend.scalar;

import java.util.Arrays;
import lyceum.backend.AttentionOptions;
import lyceum.backend.Parallel;
import lyceum.backend.View;

/**
 * Attention by plain loops over tiles of keys, with a running softmax: the largest score so far, and sums relative to it, so that no row of
 * scores is ever held. Computed in double, whatever the type.
 *
 * @see <a href="https://arxiv.org/abs/2205.14135">Dao et al. (2022)</a>
 */
public final class Attention {
    private static final int QUERIES = 32, KEYS = 64;

    private final AttentionShape shape;
    private final View q, k, v, out, logSumExp;

    private Attention(AttentionOptions options, View q, View k, View v, View out, View logSumExp) {
        this.shape = AttentionShape.of(options, q, k, v);
        this.q = q;
        this.k = k;
        this.v = v;
        this.out = out;
        this.logSumExp = logSumExp;
    }

    /** See {@link lyceum.backend.Backend#attention}. */
    public static void forward(AttentionOptions options, View q, View k, View v, View out, View logSumExp) {
        var attention = new Attention(options, q, k, v, out, logSumExp);
        var shape = attention.shape;
        int blocks = (shape.queries() + QUERIES - 1) / QUERIES;
        Parallel.range((long) shape.batch() * shape.heads() * blocks, 1, (from, to) -> {
            for (long task = from; task < to; task++) {
                int head = (int) (task / blocks), i = (int) (task % blocks) * QUERIES;
                attention.block(head / shape.heads(), head % shape.heads(), i, Math.min(QUERIES, shape.queries() - i));
            }
        });
    }

    private void block(int b, int h, int first, int rows) {
        int d = shape.width(), e = shape.valueWidth(), length = shape.length(b), position = shape.start(b) + first;
        var queries = Tiles.load(q, shape, b, h, first, rows, d, false);
        var keys = new double[d * KEYS];
        var values = new double[KEYS * e];
        var scores = new double[KEYS];
        var sums = new double[rows * e];
        double[] top = new double[rows], total = new double[rows];
        Arrays.fill(top, Double.NEGATIVE_INFINITY);
        int end = shape.endKey(position + rows - 1, length);
        for (int j = shape.firstKey(position); j < end; j += KEYS) {
            int n = Math.min(KEYS, end - j);
            Tiles.loadTransposed(k, shape, b, h / shape.group(), j, n, d, keys, KEYS);
            Tiles.load(v, shape, b, h / shape.group(), j, n, e, true, values);
            for (int i = 0; i < rows; i++) {
                int from = Math.max(0, shape.firstKey(position + i) - j), to = Math.min(n, shape.endKey(position + i, length) - j);
                if (from >= to) continue;
                Tiles.scores(queries, i * d, keys, KEYS, d, from, to, shape.options().scale(), scores);
                if (shape.options().bias() != null) for (int c = from; c < to; c++) scores[c] += shape.bias(b, h, first + i, j + c);
                double largest = top[i];
                for (int c = from; c < to; c++) largest = Math.max(largest, scores[c]);
                if (largest == Double.NEGATIVE_INFINITY) continue;
                double shrink = top[i] == Double.NEGATIVE_INFINITY ? 0 : Math.exp(top[i] - largest);
                total[i] *= shrink;
                for (int c = 0; c < e; c++) sums[i * e + c] *= shrink;
                for (int c = from; c < to; c++) {
                    double weight = Math.exp(scores[c] - largest);
                    total[i] += weight;
                    Tiles.axpy(weight, values, c * e, sums, i * e, e);
                }
                top[i] = largest;
            }
        }
        for (int i = 0; i < rows; i++) {
            boolean none = top[i] == Double.NEGATIVE_INFINITY;
            for (int c = 0; c < e; c++) sums[i * e + c] = none ? 0 : sums[i * e + c] / total[i];
            if (logSumExp != null)
                set(logSumExp, ((long) b * shape.heads() + h) * shape.queries() + first + i, none ? top[i] : top[i] + Math.log(total[i]));
        }
        Tiles.store(sums, out, b, h, first, rows, e);
    }

    private static void set(View rows, long at, double value) {
        Elements.set(rows.dtype(), rows.storage().segment(), rows.byteOffset() + at * rows.dtype().bytes(), value);
    }
}
