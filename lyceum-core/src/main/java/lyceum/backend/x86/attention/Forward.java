package lyceum.backend.x86.attention;

import lyceum.DType;
import lyceum.backend.AttentionOptions;
import lyceum.backend.Backend;
import lyceum.backend.Op;
import lyceum.backend.Parallel;
import lyceum.backend.Program;
import lyceum.backend.ProgramBuilder;
import lyceum.backend.View;
import lyceum.backend.scalar.AttentionShape;
import lyceum.backend.x86.attention.TileProduct.Into;
import lyceum.backend.x86.attention.TileProduct.Order;

/**
 * The forward pass. A task is a block of {@value ScoreColumns#QUERIES} queries of one head. Its scores are computed as columns, one lane a query: Q is
 * transposed once, then keys and values are read from where they lie. For each block of keys: scores {@code K Q'}, a step of the running softmax,
 * {@code O = diag(shrink) O + P' V}. Blocks that no query sees are left out; at the edges only the vectors that are seen are computed.
 */
final class Forward {
    private static final int QUERIES = ScoreColumns.QUERIES, ROW = ScoreColumns.ROW;
    static final double LOG2E = 1.4426950408889634, LN2 = 0.6931471805599453;
    /** From the largest score, in powers of two, and the sum. */
    private static final Program LOG_SUM_EXP = logSumExp();
    /** Nanoseconds of a piece of the work, where blocks take less, and multiply-adds in one. */
    private static final long PIECE = 10_000, MULTIPLIED = 8;

    private final AttentionKernels kernels;
    private final AttentionShape shape;
    private final AttentionOptions options;
    private final View q, k, v, out, logSumExp;
    /** Sums of a query's weights; its largest score lies in {@link #logSumExp} until all are known. Null with that. */
    private final View totals;
    private final Backend plain;
    private final boolean pairs;
    /** Scores are scaled where they are read, by a factor that leaves the largest what it is; else queries are. */
    private final boolean scalesScores;
    /** With one query, the heads that share keys are worked on together, as if they were queries. */
    private final boolean stacked;
    /** Elements of a query or key as the products see them. */
    private final int depth;

    /** In a scope that is to end after {@link #run}. */
    Forward(AttentionKernels kernels, Backend plain, AttentionOptions options, View q, View k, View v, View out, View logSumExp) {
        this.kernels = kernels;
        this.plain = plain;
        this.options = options;
        this.shape = AttentionShape.of(options, q, k, v);
        this.q = q;
        this.k = k;
        this.v = v;
        this.out = out;
        this.logSumExp = logSumExp;
        this.totals = logSumExp == null ? null : BackwardPass.floats(logSumExp.shape());
        this.pairs = q.dtype() == DType.BF16;
        this.scalesScores = options.scale() > 0;
        this.depth = pairs ? shape.width() / 2 : shape.width();
        this.stacked = shape.queries() == 1 && shape.group() > 1 && shape.group() <= QUERIES;
    }

    void run() {
        int heads = stacked ? shape.keyHeads() : shape.heads(), blocks = (shape.queries() + QUERIES - 1) / QUERIES;
        long nanos = nanos();
        Parallel.range((long) shape.batch() * heads * blocks, Math.max(1, PIECE / nanos), nanos, (from, to) -> {
            var block = new Block();
            for (long task = from; task < to; task++) {
                int head = (int) (task / blocks), h = head % heads;
                block.run(head / heads, stacked ? h * shape.group() : h, (int) (task % blocks) * QUERIES);
            }
        });
        if (logSumExp != null) logSumExp(plain, logSumExp, totals);
    }

    /** What a block takes, about: a token of a text takes so little that others need not be asked. */
    private long nanos() {
        long rows = stacked ? shape.group() : Math.min(QUERIES, shape.queries());
        return 1 + rows * shape.keys() * (shape.width() + shape.valueWidth()) / MULTIPLIED;
    }

    private static Program logSumExp() {
        var p = new ProgramBuilder();
        int top = p.load(DType.F32, 0), total = p.load(DType.F32, 1), log = p.of(Op.LOG, DType.F32, total);
        int wideTop = p.cast(DType.F64, top), wideLog = p.cast(DType.F64, log);
        return p.build(p.cast(DType.F32, p.of(Op.FMA, DType.F64, wideTop, p.constant(DType.F64, LN2), wideLog)));
    }

    /** From largest scores in powers of two, which are overwritten, and sums. */
    static void logSumExp(Backend plain, View tops, View totals) {
        if (tops.size() > 0) plain.run(LOG_SUM_EXP, new View[] {tops, totals}, new View[] {tops});
    }

    /** Queries {@code first ..} of head {@code h}, or one query of the heads from {@code h} on: one block of a thread after the other. */
    private final class Block {
        int b, h, first, rows, lanes, position;
        /** So few queries that each takes its own dot products. */
        boolean few;
        final Scratch scratch = kernels.scratch(shape.width(), shape.valueWidth());

        void run(int b, int h, int first) {
            this.b = b;
            this.h = h;
            this.first = first;
            rows = stacked ? shape.group() : Math.min(QUERIES, shape.queries() - first);
            int vector = kernels.lanes.count();
            lanes = (rows + vector - 1) / vector * vector;
            position = shape.start(b) + first;
            few = rows <= KeyDots.FEW && depth <= KeyDots.MOST * vector;
            run();
        }

        private long queryRow(int row) { return q.address(AttentionShape.row(q, b, head(row), query(row))); }

        /** Bytes from one of the block's rows to the next. */
        private long rowStride(View view) { return view.strides()[stacked ? 1 : 2] * view.dtype().bytes(); }

        private int head(int row) { return stacked ? h + row : h; }

        private int query(int row) { return stacked ? 0 : first + row; }

        private void run() {
            if (!few) {
                if (options.blockTable() == null && shape.keys() <= Scratch.KEYS) prefetch();
                scratch.transpose(queryRow(0), rowStride(q), rows, depth, scratch.queries);
                if (!scalesScores) scratch.scale(scratch.queries, depth, lanes, (float) (options.scale() * LOG2E));
            }
            int places = few ? rows : QUERIES;
            scratch.fill(scratch.tops, places, Float.NEGATIVE_INFINITY);
            scratch.fill(scratch.totals, places, 0);
            int span = stacked ? 1 : rows, length = shape.length(b), start = shape.firstKey(position),
                    end = shape.endKey(position + span - 1, length);
            boolean inPages = pairs && options.blockTable() != null; // a pair of keys lies in one: where a window begins at the second, it is alone
            for (int j = start, n; j < end; j += n) {
                n = Math.min(inPages && j % 2 != 0 ? 1 : Scratch.KEYS, end - j);
                keys(j, n, j == start);
            }
            finish(start < end);
        }

        private void prefetch() {
            int keys = shape.keys();
            if (keys > 0) scratch.prefetch(k, b, h / shape.group(), 0, keys);
            if (keys > 0) scratch.prefetch(v, b, h / shape.group(), 0, keys);
            if (!stacked) scratch.prefetch(out, b, h, first, rows);
        }

        private void keys(int j, int n, boolean isFirst) {
            // Query i sees key j + c if low + c <= i <= high + c.
            boolean windowed = options.window() > 0;
            long low = stacked ? Integer.MIN_VALUE / 2
                    : options.causal() ? j - position : windowed ? j - options.window() + 1 - position : Integer.MIN_VALUE / 2;
            long high = !stacked && windowed ? Math.min(Integer.MAX_VALUE / 2, j + options.window() - 1 - position) : Integer.MAX_VALUE / 2;
            boolean masked = low + n - 1 > 0 || high < rows - 1;
            if (few) {
                dots(j, n);
                if (options.bias() != null) Bias.add(scratch, options.bias(), biasRow(), rowStride(options.bias()), j, n, rows);
                if (masked) hide(n, low, high);
                scratch.weightRows(rows, n, pairs);
            } else {
                scores(j, n, low);
                if (options.bias() != null) Bias.transpose(scratch, options.bias(), biasRow(), rowStride(options.bias()), j, n, rows);
                scratch.weights(false, lanes == kernels.lanes.count(), masked, options.bias() != null, pairs, n, low, high,
                        scalesScores ? (float) (options.scale() * LOG2E) : 1, scratch.tops, scratch.totals);
            }
            if (pairs) for (int c = 0, run; c < n; c += run) {
                run = shape.contiguousKeys(v, j + c, n - c);
                scratch.pairRows(v.address(shape.keyRow(v, b, h / shape.group(), j + c)), v.strides()[2] * 2, run,
                        scratch.pairedValues + c / 2 * scratch.resultStride, scratch.resultStride, shape.valueWidth());
            }
            var into = isFirst ? Into.SET : Into.SCALE_AND_ADD;
            if (few) fewValues(n, into);
            else values(j, n, into, -high, -low);
        }

        private long biasRow() { return AttentionShape.row(options.bias(), b, head(0), query(0)); }

        private void dots(int j, int n) {
            pages(j, n);
            scratch.keyDots(k.strides()[2] * k.dtype().bytes(), queryRow(0), rowStride(q), rows, depth, pairs,
                    (float) (options.scale() * LOG2E));
        }

        /** Where keys and values {@code j .. j + n - 1} lie: in pages of one length. */
        private void pages(int j, int n) {
            int count = 0, head = h / shape.group();
            for (int c = 0, run; c < n; c += run, count++) {
                run = shape.contiguousKeys(k, j + c, n - c);
                scratch.page(scratch.keyPages, count, k.address(shape.keyRow(k, b, head, j + c)), run);
                scratch.page(scratch.valuePages, count, v.address(shape.keyRow(v, b, head, j + c)), run);
            }
            scratch.page(scratch.keyPages, count, 0, 0);
            scratch.page(scratch.valuePages, count, 0, 0);
        }

        /** Of scores that lie as rows, those that a query does not see. */
        private void hide(int n, long low, long high) {
            for (int i = 0; i < rows; i++) {
                int from = (int) Math.clamp(i - high, 0, n), to = (int) Math.clamp(i - low + 1, 0, n);
                long row = scratch.scores + i * ScoreRows.ROW;
                scratch.fill(row, from, Float.NEGATIVE_INFINITY);
                if (to < n) scratch.fill(row + 4L * to, n - to, Float.NEGATIVE_INFINITY);
            }
        }

        /** Scores of keys {@code j .. j + n - 1}; vectors whose queries all stand before {@code low + c} are left out. */
        private void scores(int j, int n, long low) {
            int vector = kernels.lanes.count(), width = kernels.lanes.strip() * vector;
            for (int lane = 0; lane < lanes; lane += width) {
                int end = Math.min(lanes, lane + width), done = 0;
                for (int skipped = lane; skipped < end && done < n; skipped += vector) {
                    int to = (int) Math.clamp(skipped + vector - low, done, n);
                    scores(j, done, to, skipped, end);
                    done = to;
                }
            }
        }

        private void scores(int j, int from, int to, int lane, int endLane) {
            for (int c = from, run; c < to; c += run) {
                run = shape.contiguousKeys(k, j + c, to - c);
                scratch.product(Order.ROWS, Into.SET, pairs, k.address(shape.keyRow(k, b, h / shape.group(), j + c)),
                        k.strides()[2] * k.dtype().bytes(), scratch.queries + 4L * lane, ROW, scratch.scores + (long) c * ROW + 4L * lane,
                        ROW, run, endLane - lane, depth);
            }
        }

        /** Adds the values of the block's {@code n} keys to the results: query {@code i} sees keys {@code low + i .. high + i}. */
        private void values(int j, int n, Into into, long low, long high) {
            long stride = pairs ? scratch.resultStride : v.strides()[2] * 4;
            for (int c = 0, run; c < n; c += run) {
                run = pairs ? n : shape.contiguousKeys(v, j + c, n - c);
                long at = pairs ? scratch.pairedValues : v.address(shape.keyRow(v, b, h / shape.group(), j + c));
                scratch.product(Order.COLUMNS, c == 0 ? into : Into.ADD, pairs, scratch.scores + (long) c * ROW, ROW, at, stride,
                        scratch.result, scratch.resultStride, rows, shape.valueWidth(), scratch.band(run, low - c, high - c, pairs ? 2 : 1),
                        scratch.scales);
            }
        }

        /** The same with weights that lie as rows: those of hidden keys are zeros. Values that were paired lie in one page. */
        private void fewValues(int n, Into into) {
            if (pairs) {
                scratch.page(scratch.valuePages, 0, scratch.pairedValues, (n + 1) / 2);
                scratch.page(scratch.valuePages, 1, 0, 0);
            }
            scratch.weighted(into, pairs, pairs ? scratch.resultStride : v.strides()[2] * 4, rows, shape.valueWidth());
        }

        private void finish(boolean any) {
            for (int i = 0; i < rows; i++) {
                float total = scratch.get(scratch.totals, i);
                scratch.set(scratch.scales, i, total == 0 ? 0 : 1 / total);
            }
            if (logSumExp != null) {
                long at = ((long) b * shape.heads() + h) * shape.queries() + first;
                scratch.copy(scratch.tops, rows, logSumExp, at);
                scratch.copy(scratch.totals, rows, totals, at);
            }
            if (!any) for (int i = 0; i < rows; i++) scratch.fill(scratch.result + i * scratch.resultStride, shape.valueWidth(), 0);
            scratch.scaleRows(scratch.result, scratch.resultStride, out.address(AttentionShape.row(out, b, h, first)),
                    out.strides()[stacked ? 1 : 2] * out.dtype().bytes(), rows, scratch.scales, shape.valueWidth(), pairs);
        }
    }
}
