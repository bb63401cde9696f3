package lyceum.backend.x86.attention;

import java.lang.foreign.ValueLayout;
import lyceum.DType;
import lyceum.backend.AttentionOptions;
import lyceum.backend.Backend;
import lyceum.backend.Op;
import lyceum.backend.Parallel;
import lyceum.backend.Program;
import lyceum.backend.View;
import lyceum.backend.scalar.AttentionShape;
import lyceum.backend.x86.attention.TileProduct.Into;
import lyceum.backend.x86.attention.TileProduct.Order;
import lyceum.memory.Allocator;

/**
 * The backward pass, of F32, or of pairs of BF16 with sums in F32 (then P and dS are rounded to BF16, and what is given back lacks the factor
 * {@link #missingScale}). A task is some blocks of keys of one key head; each block meets the queries that see it, block by block. Scores and
 * {@code dP} are columns, one lane a query, as in {@link Forward}; then {@code dV += P dO}, {@code dK += dS Q}, {@code dQ += dS' K}, five products in all.
 * Where there are few heads, the keys of one are cut into chunks (by the shape alone) whose shares of dQ are added up in order at the end.
 */
final class BackwardPass {
    private static final int QUERIES = ScoreColumns.QUERIES, ROW = ScoreColumns.ROW, KEYS = 128;
    /** Tasks that there should be at least. */
    private static final int TASKS = 8;

    private final AttentionKernels kernels;
    private final Backend plain;
    private final AttentionShape shape;
    private final AttentionOptions options;
    private final View q, k, v, out, logSumExp, g, kGradient, vGradient;
    private final View[] qGradients;
    private final int queryBlocks, keyBlocks, chunks;
    private final boolean pairs;
    private final int bytes;
    /** For each query, padded to whole blocks: log-sum-exp in powers of two, then {@code scale dO . O}. */
    private final View rows;

    BackwardPass(AttentionKernels kernels, Backend plain, AttentionOptions options, View q, View k, View v, View out, View logSumExp,
            View g, View qGradient, View kGradient, View vGradient) {
        this.kernels = kernels;
        this.plain = plain;
        this.options = options;
        this.shape = AttentionShape.of(options, q, k, v);
        this.q = q;
        this.k = k;
        this.v = v;
        this.out = out;
        this.logSumExp = logSumExp;
        this.g = g;
        this.kGradient = kGradient;
        this.vGradient = vGradient;
        pairs = q.dtype() == DType.BF16;
        bytes = q.dtype().bytes();
        queryBlocks = (shape.queries() + QUERIES - 1) / QUERIES;
        keyBlocks = (shape.keys() + KEYS - 1) / KEYS;
        int heads = Math.max(1, shape.batch() * shape.keyHeads());
        chunks = Math.clamp((TASKS + heads - 1) / heads, 1, Math.max(1, keyBlocks));
        qGradients = new View[chunks];
        qGradients[0] = qGradient;
        for (int c = 1; c < chunks; c++) qGradients[c] = floats(qGradient.shape());
        rows = floats(2, shape.batch(), shape.heads(), (long) queryBlocks * QUERIES);
    }

    /** What the gradients of q and k have still to be multiplied by. */
    double missingScale() { return pairs ? options.scale() : 1; }

    static View floats(long... sizes) {
        return new View(DType.F32, Allocator.allocate(4 * View.size(sizes)), 0, sizes, View.contiguousStrides(sizes));
    }

    void run() {
        Parallel.range((long) shape.batch() * shape.heads(), 1, (from, to) -> {
            for (long head = from; head < to; head++) prepare((int) (head / shape.heads()), (int) (head % shape.heads()));
        });
        Parallel.range((long) shape.batch() * shape.keyHeads() * chunks, 1, (from, to) -> {
            for (long task = from; task < to; task++) {
                int chunk = (int) (task % chunks), head = (int) (task / chunks);
                new Task(head / shape.keyHeads(), head % shape.keyHeads(), chunk).run();
            }
        });
        var add = Program.of(Op.ADD, DType.F32, DType.F32, DType.F32);
        for (int c = 1; c < chunks; c++) plain.run(add, new View[] {qGradients[0], qGradients[c]}, new View[] {qGradients[0]});
    }

    /** Address of a float of each query of head {@code h}: 0 log-sum-exp, 1 the product of gradient and result. */
    private long row(int which, int b, int h) {
        return rows.address(rows.byteOffset() + which * rows.strides()[0] * 4 + (b * rows.strides()[1] + h * rows.strides()[2]) * 4);
    }

    private void prepare(int b, int h) {
        int queries = shape.queries(), padded = queryBlocks * QUERIES;
        if (queries == 0) return;
        var scratch = kernels.scratch(shape.width(), shape.valueWidth());
        scratch.rowDots(rowAddress(g, b, h, 0), g.strides()[2] * bytes, rowAddress(out, b, h, 0), out.strides()[2] * bytes, queries,
                row(1, b, h), depth(shape.valueWidth()), pairs);
        var segment = rows.storage().segment();
        long logs = row(0, b, h) - segment.address(), dots = row(1, b, h) - segment.address();
        long saved = logSumExp.byteOffset() + ((long) b * shape.heads() + h) * queries * 4;
        for (int i = 0; i < padded; i++) {
            float value = i < queries ? logSumExp.storage().segment().get(ValueLayout.JAVA_FLOAT_UNALIGNED, saved + 4L * i)
                    : Float.NEGATIVE_INFINITY;
            // A query without keys gets weights of 2^-inf = 0.
            segment.set(ValueLayout.JAVA_FLOAT, logs + 4L * i,
                    value == Float.NEGATIVE_INFINITY ? Float.POSITIVE_INFINITY : (float) (value * Forward.LOG2E));
            segment.set(ValueLayout.JAVA_FLOAT, dots + 4L * i,
                    i < queries ? (float) (segment.get(ValueLayout.JAVA_FLOAT, dots + 4L * i) * (pairs ? 1 : options.scale())) : 0);
        }
    }

    /** Elements, or pairs of them, of a row. */
    private int depth(int width) { return pairs ? width / 2 : width; }

    private static long rowAddress(View view, int b, int h, int i) { return view.address(AttentionShape.row(view, b, h, i)); }

    private static void zero(View view, int b, int h, int first, int n) {
        var segment = view.storage().segment();
        for (int i = 0; i < n; i++) segment.asSlice(AttentionShape.row(view, b, h, first + i), view.shape()[3] * 4).fill((byte) 0);
    }

    /** Chunk {@code chunk} of the keys of head {@code h}. */
    private final class Task {
        final int b, h, firstBlock, endBlock;
        final View qGradient;
        final Scratch scratch = kernels.scratch(shape.width(), shape.valueWidth());

        Task(int b, int h, int chunk) {
            this.b = b;
            this.h = h;
            firstBlock = (int) ((long) keyBlocks * chunk / chunks);
            endBlock = (int) ((long) keyBlocks * (chunk + 1) / chunks);
            qGradient = qGradients[chunk];
        }

        void run() {
            if (shape.keys() <= KEYS) prefetch();
            for (int block = firstBlock; block < endBlock; block++) {
                int j = block * KEYS, n = Math.min(KEYS, shape.keys() - j);
                boolean met = false;
                if (pairs) pairKeys(j, n);
                for (int head = h * shape.group(); head < (h + 1) * shape.group(); head++) {
                    for (int i = 0; i < shape.queries(); i += QUERIES) met |= meet(head, i, j, n, met);
                }
                if (met) continue;
                zero(kGradient, b, h, j, n);
                zero(vGradient, b, h, j, n);
            }
            for (int head = h * shape.group(); head < (h + 1) * shape.group(); head++) {
                for (int i = 0; i < shape.queries(); i += QUERIES) {
                    int[] seen = seen(i);
                    if (seen[0] >= seen[1]) zero(qGradient, b, head, i, Math.min(QUERIES, shape.queries() - i));
                }
            }
        }

        private void prefetch() {
            if (shape.keys() > 0) for (var view : new View[] {k, v, vGradient, kGradient}) scratch.prefetch(view, b, h, 0, shape.keys());
            for (int head = h * shape.group(); shape.queries() > 0 && head < (h + 1) * shape.group(); head++) {
                for (var view : new View[] {q, g, qGradient}) scratch.prefetch(view, b, head, 0, Math.min(QUERIES, shape.queries()));
            }
        }

        /** The block's keys as pairs of rows; what lies beyond the length may be anything, and stays out. */
        private void pairKeys(int j, int n) {
            int exist = Math.min(n, shape.length(b) - j);
            if (exist > 0) scratch.pairRows(rowAddress(k, b, h, j), k.strides()[2] * 2, exist, scratch.pairedValues, scratch.resultStride,
                    shape.width());
        }

        /** Keys of this chunk that queries from {@code i} on see, the first and one past the last. */
        private int[] seen(int i) {
            int position = shape.start(b) + i, count = Math.min(QUERIES, shape.queries() - i);
            return new int[] {Math.max(firstBlock * KEYS, shape.firstKey(position)),
                    Math.min(endBlock * KEYS, shape.endKey(position + count - 1, shape.length(b)))};
        }

        /** A block of queries and a block of keys; false if no query sees a key. @param met whether the keys' gradients hold something already */
        private boolean meet(int head, int i, int j, int n, boolean met) {
            int[] seen = seen(i);
            if (seen[0] >= j + n || seen[1] <= j || seen[0] >= seen[1]) return false;
            int count = Math.min(QUERIES, shape.queries() - i), keys = Math.min(n, seen[1] - j);
            int vector = kernels.lanes.count(), lanes = (count + vector - 1) / vector * vector, position = shape.start(b) + i;
            boolean windowed = options.window() > 0;
            long low = options.causal() ? j - position : windowed ? j - options.window() + 1 - position : Integer.MIN_VALUE / 2;
            long high = windowed ? Math.min(Integer.MAX_VALUE / 2, j + options.window() - 1 - position) : Integer.MAX_VALUE / 2;
            boolean masked = low + keys - 1 > 0 || high < count - 1;
            double factor = options.scale() * Forward.LOG2E, ofScores = options.scale() > 0 ? factor : 1; // where they are read, as in the forward pass
            columns(q, head, i, count, lanes, shape.width(), scratch.queries, factor / ofScores);
            columns(g, head, i, count, lanes, shape.valueWidth(), scratch.gradients, pairs ? 1 : options.scale());
            if (pairs) {
                scratch.pairRows(rowAddress(q, b, head, i), q.strides()[2] * 2, count, scratch.pairedQueries, scratch.resultStride,
                        shape.width());
                scratch.pairRows(rowAddress(g, b, head, i), g.strides()[2] * 2, count, scratch.pairedResults, scratch.resultStride,
                        shape.valueWidth());
            }
            scores(k, j, keys, low, lanes, shape.width(), scratch.queries, scratch.scores);
            scores(v, j, keys, low, lanes, shape.valueWidth(), scratch.gradients, scratch.scoreGradients);
            if (options.bias() != null) Bias.transpose(scratch, options.bias(), AttentionShape.row(options.bias(), b, head, i),
                    options.bias().strides()[2] * 4, j, keys, count);
            scratch.weights(true, lanes == vector, masked, options.bias() != null, pairs, keys, low, high, (float) ofScores,
                    row(0, b, head) + 4L * i, row(1, b, head) + 4L * i);
            var into = met ? Into.ADD : Into.SET;
            if (!met && keys < n) {
                zero(kGradient, b, h, j + keys, n - keys);
                zero(vGradient, b, h, j + keys, n - keys);
            }
            var seeing = new Scratch.Band(count, low, high, pairs ? 2 : 1);
            ofKeys(scratch.scores, g, scratch.pairedResults, head, i, vGradient, j, keys, shape.valueWidth(), into, seeing);
            ofKeys(scratch.scoreGradients, q, scratch.pairedQueries, head, i, kGradient, j, keys, shape.width(), into, seeing);
            boolean isFirst = seen[0] >= j; // no earlier block of this chunk is seen
            ofQueries(head, i, count, j, isFirst ? Into.SET : Into.ADD, new Scratch.Band(keys, -high, -low, pairs ? 2 : 1));
            return true;
        }

        private void columns(View view, int head, int i, int count, int lanes, int width, long to, double factor) {
            scratch.transpose(rowAddress(view, b, head, i), view.strides()[2] * bytes, count, depth(width), to);
            if (factor != 1) scratch.scale(to, width, lanes, (float) factor);
        }

        /** {@code to = keys columns}, without the vectors whose queries all stand before {@code low + c}. */
        private void scores(View keys, int j, int n, long low, int lanes, int width, long columns, long to) {
            int vector = kernels.lanes.count(), strip = kernels.lanes.strip() * vector;
            for (int lane = 0; lane < lanes; lane += strip) {
                int end = Math.min(lanes, lane + strip), done = 0;
                for (int skipped = lane; skipped < end && done < n; skipped += vector) {
                    int until = (int) Math.clamp(skipped + vector - low, done, n);
                    if (until > done) scratch.product(Order.ROWS, Into.SET, pairs, rowAddress(keys, b, h, j + done),
                            keys.strides()[2] * bytes, columns + 4L * skipped, ROW, to + (long) done * ROW + 4L * skipped, ROW,
                            until - done, end - skipped, depth(width));
                    done = until;
                }
            }
        }

        /** {@code gradient[c] += sum over queries of weights[c][i] rows[i]}. */
        private void ofKeys(long weights, View rows, long paired, int head, int i, View gradient, int j, int n, int width, Into into,
                Scratch.Band queries) {
            scratch.product(Order.ROWS, into, pairs, weights, ROW, pairs ? paired : rowAddress(rows, b, head, i),
                    pairs ? scratch.resultStride : rows.strides()[2] * 4, rowAddress(gradient, b, h, j), gradient.strides()[2] * 4, n,
                    width, queries, 0);
        }

        /** {@code dQ[i] += sum over keys of dS[c][i] K[c]}. */
        private void ofQueries(int head, int i, int count, int j, Into into, Scratch.Band keys) {
            scratch.product(Order.COLUMNS, into, pairs, pairs ? scratch.pairedGradients : scratch.scoreGradients, ROW,
                    pairs ? scratch.pairedValues : rowAddress(k, b, h, j), pairs ? scratch.resultStride : k.strides()[2] * 4,
                    rowAddress(qGradient, b, head, i), qGradient.strides()[2] * 4, count, shape.width(), keys, 0);
        }
    }
}
