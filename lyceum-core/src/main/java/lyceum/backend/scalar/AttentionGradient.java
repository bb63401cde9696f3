package lyceum.backend.scalar;

import lyceum.backend.AttentionOptions;
import lyceum.backend.Parallel;
import lyceum.backend.View;

/**
 * The backward pass of {@link Attention} by plain loops. Weights are computed again from the saved log-sum-exp of each row:
 * {@code P = exp(S - lse)}, {@code dV = P' dO}, {@code dS = P (dO V' - delta)} with {@code delta = rowsum(dO O)},
 * {@code dQ = scale dS K}, {@code dK = scale dS' Q}. Blocks of queries give dQ, blocks of keys dK and dV; so no two threads add to one place.
 *
 * @see <a href="https://arxiv.org/abs/2205.14135">Dao et al. (2022), algorithm 4</a>
 */
public final class AttentionGradient {
    private static final int TILE = 32;

    private final AttentionShape shape;
    private final View q, k, v, out, logSumExp, g;

    private AttentionGradient(AttentionOptions options, View q, View k, View v, View out, View logSumExp, View g) {
        this.shape = AttentionShape.of(options, q, k, v);
        this.q = q;
        this.k = k;
        this.v = v;
        this.out = out;
        this.logSumExp = logSumExp;
        this.g = g;
    }

    /** See {@link lyceum.backend.Backend#attentionGradient}. */
    public static void backward(AttentionOptions options, View q, View k, View v, View out, View logSumExp, View g, View qGradient,
            View kGradient, View vGradient) {
        var pass = new AttentionGradient(options, q, k, v, out, logSumExp, g);
        var shape = pass.shape;
        int queryBlocks = (shape.queries() + TILE - 1) / TILE, keyBlocks = (shape.keys() + TILE - 1) / TILE;
        Parallel.range((long) shape.batch() * shape.heads() * queryBlocks, 1, (from, to) -> {
            for (long task = from; task < to; task++) {
                int head = (int) (task / queryBlocks), i = (int) (task % queryBlocks) * TILE;
                pass.queries(head / shape.heads(), head % shape.heads(), i, Math.min(TILE, shape.queries() - i), qGradient);
            }
        });
        Parallel.range((long) shape.batch() * shape.keyHeads() * keyBlocks, 1, (from, to) -> {
            for (long task = from; task < to; task++) {
                int head = (int) (task / keyBlocks), j = (int) (task % keyBlocks) * TILE;
                pass.keys(head / shape.keyHeads(), head % shape.keyHeads(), j, Math.min(TILE, shape.keys() - j), kGradient, vGradient);
            }
        });
    }

    /** Some queries of one head, with what every tile of them needs. */
    private final class Queries {
        final int b, h, first, rows;
        final double[] queries, gradients, delta, logSumExps;

        Queries(int b, int h, int first, int rows) {
            this.b = b;
            this.h = h;
            this.first = first;
            this.rows = rows;
            int e = shape.valueWidth();
            queries = Tiles.load(q, shape, b, h, first, rows, shape.width(), false);
            gradients = Tiles.load(g, shape, b, h, first, rows, e, false);
            var results = Tiles.load(out, shape, b, h, first, rows, e, false);
            delta = new double[rows];
            logSumExps = new double[rows];
            for (int i = 0; i < rows; i++) {
                for (int c = 0; c < e; c++) delta[i] = Math.fma(gradients[i * e + c], results[i * e + c], delta[i]);
                long at = ((long) b * shape.heads() + h) * shape.queries() + first + i;
                logSumExps[i] = Elements.getDouble(logSumExp.dtype(), logSumExp.storage().segment(),
                        logSumExp.byteOffset() + at * logSumExp.dtype().bytes());
            }
        }

        /** Weights P and score gradients dS of query {@code i} for {@code n} keys from {@code j} on; says in {@code range} which are seen. */
        void row(int i, int j, int n, double[] keys, double[] values, double[] weights, double[] scoreGradients, int[] range) {
            int position = shape.start(b) + first + i, from = Math.max(0, shape.firstKey(position) - j),
                    to = Math.min(n, shape.endKey(position, shape.length(b)) - j);
            range[0] = from;
            range[1] = logSumExps[i] == Double.NEGATIVE_INFINITY ? from : to;
            if (from >= range[1]) return;
            Tiles.scores(queries, i * shape.width(), keys, TILE, shape.width(), from, to, shape.options().scale(), weights);
            Tiles.scores(gradients, i * shape.valueWidth(), values, TILE, shape.valueWidth(), from, to, 1, scoreGradients);
            for (int c = from; c < to; c++) {
                double score = shape.options().bias() == null ? weights[c] : weights[c] + shape.bias(b, h, first + i, j + c);
                weights[c] = Math.exp(score - logSumExps[i]);
                scoreGradients[c] = weights[c] * (scoreGradients[c] - delta[i]) * shape.options().scale();
            }
        }
    }

    private void queries(int b, int h, int first, int rows, View qGradient) {
        int d = shape.width(), e = shape.valueWidth(), length = shape.length(b), position = shape.start(b) + first;
        var block = new Queries(b, h, first, rows);
        double[] keys = new double[d * TILE], values = new double[e * TILE], weights = new double[TILE], scoreGradients = new double[TILE];
        var sums = new double[rows * d];
        var range = new int[2];
        int end = shape.endKey(position + rows - 1, length);
        for (int j = shape.firstKey(position); j < end; j += TILE) {
            int n = Math.min(TILE, end - j);
            var rowsOfKeys = Tiles.load(k, shape, b, h / shape.group(), j, n, d, true);
            Tiles.loadTransposed(k, shape, b, h / shape.group(), j, n, d, keys, TILE);
            Tiles.loadTransposed(v, shape, b, h / shape.group(), j, n, e, values, TILE);
            for (int i = 0; i < rows; i++) {
                block.row(i, j, n, keys, values, weights, scoreGradients, range);
                for (int c = range[0]; c < range[1]; c++) Tiles.axpy(scoreGradients[c], rowsOfKeys, c * d, sums, i * d, d);
            }
        }
        Tiles.store(sums, qGradient, b, h, first, rows, d);
    }

    private void keys(int b, int h, int j, int n, View kGradient, View vGradient) {
        int d = shape.width(), e = shape.valueWidth();
        double[] keys = new double[d * TILE], values = new double[e * TILE], weights = new double[TILE], scoreGradients = new double[TILE];
        Tiles.loadTransposed(k, shape, b, h, j, n, d, keys, TILE);
        Tiles.loadTransposed(v, shape, b, h, j, n, e, values, TILE);
        double[] dk = new double[n * d], dv = new double[n * e];
        var range = new int[2];
        for (int head = h * shape.group(); head < (h + 1) * shape.group(); head++) {
            for (int first = 0; first < shape.queries(); first += TILE) {
                int rows = Math.min(TILE, shape.queries() - first), position = shape.start(b) + first;
                if (shape.endKey(position + rows - 1, shape.length(b)) <= j || shape.firstKey(position) >= j + n) continue;
                var block = new Queries(b, head, first, rows);
                for (int i = 0; i < rows; i++) {
                    block.row(i, j, n, keys, values, weights, scoreGradients, range);
                    for (int c = range[0]; c < range[1]; c++) {
                        Tiles.axpy(weights[c], block.gradients, i * e, dv, c * e, e);
                        Tiles.axpy(scoreGradients[c], block.queries, i * d, dk, c * d, d);
                    }
                }
            }
        }
        Tiles.store(dk, kGradient, b, h, j, n, d);
        Tiles.store(dv, vGradient, b, h, j, n, e);
    }
}
