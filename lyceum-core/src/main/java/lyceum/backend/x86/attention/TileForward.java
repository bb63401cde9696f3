package lyceum.backend.x86.attention;

import lyceum.backend.AttentionOptions;
import lyceum.backend.Backend;
import lyceum.backend.Parallel;
import lyceum.backend.View;
import lyceum.backend.scalar.AttentionShape;

/**
 * The forward pass of BF16 by tiles. A task is up to {@value TileScratch#ROWS} queries, of all heads that share keys: block by block it packs the keys that
 * any of them sees, and lets {@value TileBlock#QUERIES} queries at a time meet those. Keys that none of these sees are left out by 32.
 *
 * <p>Blocks of keys begin at multiples of {@value TileBlock#KEYS}, and the weight of a key that is not seen is 0, so that a query's result does not depend on
 * the queries it shares a task with.
 */
final class TileForward {
    private static final int QUERIES = TileBlock.QUERIES, KEYS = TileBlock.KEYS;
    /** Tasks that there should be at least, and the fewest queries for which more are made. */
    private static final int TASKS = 8, FEWEST = 64;
    /** Elements of a row that the code of a block is written out for. */
    private static final int WIDEST = 256;

    private final AttentionKernels kernels;
    private final Backend plain;
    private final AttentionOptions options;
    private final AttentionShape shape;
    private final View q, k, v, out, logSumExp, totals;
    private final int steps, columns;
    /** Heads of a task, groups of them that share a key head, queries of a head in a task, and how often those fit into all. */
    private final int heads, parts, queries, chunks;

    /** In a scope that is to end after {@link #run}. */
    TileForward(AttentionKernels kernels, Backend plain, AttentionOptions options, View q, View k, View v, View out, View logSumExp) {
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
        steps = (shape.width() + 31) / 32;
        columns = (shape.valueWidth() + 15) / 16;
        heads = Math.min(shape.group(), TileScratch.ROWS / QUERIES);
        parts = (shape.group() + heads - 1) / heads;
        long others = (long) shape.batch() * shape.keyHeads() * parts;
        int most = Math.min(TileScratch.ROWS / heads / QUERIES * QUERIES, shape.queries()); // whole blocks, or the last head would have no room
        while (most > FEWEST && others * ((shape.queries() + most - 1) / most) < TASKS) most = (most + 1) / 2;
        queries = (most + QUERIES - 1) / QUERIES * QUERIES;
        chunks = (shape.queries() + queries - 1) / queries;
    }

    /** Whether there is work for whole tiles, and nothing that they do not know. */
    static boolean suits(AttentionKernels kernels, AttentionOptions options, View q, View v) {
        long width = q.shape()[3], valueWidth = v.shape()[3];
        return kernels.tiled() && options.bias() == null && q.shape()[2] > KeyDots.FEW && q.size() > 0 && width > 16 && width <= WIDEST
                && valueWidth <= WIDEST;
    }

    void run() {
        Parallel.range((long) shape.batch() * shape.keyHeads() * parts * chunks, 1, (from, to) -> {
            for (long task = from; task < to; task++) {
                int chunk = (int) (task % chunks), part = (int) (task / chunks % parts), head = (int) (task / chunks / parts);
                new Task(head / shape.keyHeads(), head % shape.keyHeads(), part * heads, chunk * queries).run();
            }
        });
        if (logSumExp != null) Forward.logSumExp(plain, logSumExp, totals);
    }

    /** Queries {@code first ..} of the heads from {@code member} on that share key head {@code h}. */
    private final class Task {
        final int b, h, firstHead, members, first, count, position, length;
        /** Of a block of keys and the queries at hand: tiles of 16 keys, whether some of those are not seen, how many blocks of queries it is so for. */
        int firstTile, endTile, times;
        boolean masked;
        final TileScratch scratch = kernels.tileScratch(steps, columns);
        final Scratch rows = kernels.scratch(shape.width(), shape.valueWidth());

        Task(int b, int h, int member, int first) {
            this.b = b;
            this.h = h;
            this.first = first;
            firstHead = h * shape.group() + member;
            members = Math.min(heads, shape.group() - member);
            count = Math.min(queries, shape.queries() - first);
            position = shape.start(b) + first;
            length = shape.length(b);
        }

        void run() {
            scratch.begin(members * queries, (float) (options.scale() * Forward.LOG2E), shape.width() % 32 != 0);
            for (int m = 0; m < members; m++) {
                int from = shape.width() % 32 != 0 ? 0 : count / QUERIES * QUERIES;
                scratch.pad(q, AttentionShape.row(q, b, firstHead + m, first + from), m * queries + from, count - from);
            }
            int start = shape.firstKey(position), end = shape.endKey(position + count - 1, length);
            for (int j = start / KEYS * KEYS; j < end; j += KEYS) block(j, Math.max(0, start - j), Math.min(KEYS, end - j));
            for (int m = 0; m < members; m++) finish(m);
        }

        /** Keys {@code j + from .. j + to - 1}. */
        private void block(int j, int from, int to) {
            for (int c = from, run; c < to; c += run) {
                run = shape.contiguousKeys(k, j + c, Math.min(16 - c % 16, to - c));
                scratch.panel(k.address(shape.keyRow(k, b, h, j + c)), 2 * k.strides()[2], run, c, shape.width() / 2);
            }
            packValues(j, from, to);
            for (int m = 0; m < members; m++) for (int i = 0; i < count; i += QUERIES * times) {
                look(i, j);
                if (firstTile < endTile) meet(m, i, j);
            }
        }

        /** What shares a tile with them becomes zeros: other values may be anything, and their weights of 0 would not hide it. */
        private void packValues(int j, int from, int to) {
            int c = from;
            scratch.clearValues(from / 32 * 32, from & ~1);
            if (c % 2 == 1) {
                rows.pairSecond(v.address(shape.keyRow(v, b, h, j + c)), scratch.values + c / 2 * scratch.rowBytes, shape.valueWidth());
                c++;
            }
            for (int run; c < to; c += run) {
                run = shape.contiguousKeys(v, j + c, to - c);
                rows.pairRows(v.address(shape.keyRow(v, b, h, j + c)), 2 * v.strides()[2], run, scratch.values + c / 2 * scratch.rowBytes,
                        scratch.rowBytes, shape.valueWidth());
            }
            scratch.clearValues(to + 1 & ~1, (to + 31) / 32 * 32);
        }

        /** What the queries from {@code i} on see of the keys from {@code j} on, and how often it is the same for the next ones. */
        private void look(int i, int j) {
            int n = Math.min(QUERIES, count - i), start = position + i, last = start + n - 1, end = shape.endKey(last, length);
            firstTile = Math.max(0, shape.firstKey(start) - j) / 32 * 2;
            endTile = Math.max(firstTile, (Math.min(KEYS, end - j) + 31) / 32 * 2);
            if (shape.firstKey(start) >= end) endTile = firstTile;
            masked = shape.firstKey(last) > j + 16 * firstTile || shape.endKey(start, length) < j + 16 * endTile;
            times = 1;
            if (masked || isLast(end, j)) return;
            for (int next = i + QUERIES; next + QUERIES <= count; next += QUERIES, times++) {
                int lastOfNext = position + next + QUERIES - 1;
                if (shape.firstKey(lastOfNext) > j + 16 * firstTile || isLast(shape.endKey(lastOfNext, length), j)) return;
            }
        }

        /** Whether the block of keys from {@code j} on is the last one for queries that see keys up to {@code end}. */
        private boolean isLast(int end, int j) { return end > j && end <= j + KEYS; }

        /** The queries from {@code i} on of a head, and those keys from {@code j} on that {@link #look} has found. */
        private void meet(int member, int i, int j) {
            int n = Math.min(QUERIES, count - i), from = 16 * firstTile, tiles = endTile - firstTile, head = firstHead + member;
            if (masked) for (int r = 0; r < n; r++) {
                int start = Math.max(0, shape.firstKey(position + i + r) - j - from),
                        end = Math.min(16 * tiles, shape.endKey(position + i + r, length) - j - from);
                scratch.bound(r, start, Math.max(0, end - start));
            }
            if (isLast(shape.endKey(position + i + n - 1, length), j)) rows.prefetchResult(out, b, head, first + i, n);
            int row = member * queries + i;
            boolean direct = n == QUERIES && shape.width() % 32 == 0;
            scratch.meet(direct ? q.address(AttentionShape.row(q, b, head, first + i)) : scratch.padded(row),
                    direct ? 2 * q.strides()[2] : scratch.paddedStride(), row, n, times, from, tiles, masked);
        }

        private void finish(int member) {
            int row = member * queries, head = firstHead + member;
            rows.rowDots(scratch.totals + 64L * row, 64, scratch.ones, 0, count, scratch.sums, 16, false);
            scratch.invert(row, count);
            if (logSumExp != null) {
                long at = ((long) b * shape.heads() + head) * shape.queries() + first;
                scratch.copy(scratch.tops + 4L * row, count, logSumExp, at);
                scratch.copy(scratch.sums, count, totals, at);
            }
            rows.scaleRows(scratch.result + row * scratch.rowBytes, scratch.rowBytes, out.address(AttentionShape.row(out, b, head, first)),
                    2 * out.strides()[2], count, scratch.factors, shape.valueWidth(), true);
        }
    }
}
