package lyceum.nn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import lyceum.ShapeException;
import lyceum.memory.Scope;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/**
 * Attention of which only those tiles are computed that a pattern does not hide: blocks of keys are gathered for each block of queries, so that time and
 * memory go with the tiles, linear in the length where a row of them has a bounded number. Exact: what full attention gives under the same mask.
 *
 * {@snippet :
 * var longformer = SparseAttention.longformer(512, 0);                            // a window of 512 and one global position
 * var bigBird = SparseAttention.bigBird(4096, 64, 3, 3, 2, Rng.of(7));
 * var own = new SparseAttention(AttentionMask.dilated(32, 4).or(AttentionMask.globals(0, 99)).and(AttentionMask.causal()));
 * Tensor y = own.of(q, k, v);
 * var layer = new MultiHeadAttention(config.withPattern(longformer), rng);
 * }
 *
 * <p>A pattern is any {@link AttentionMask}: windows, dilated windows, global positions, blocks, put together by and, or, not. What was planned for one
 * length is kept for the next call. Safe for threads.
 *
 * @see <a href="https://arxiv.org/abs/2004.05150">Beltagy, Peters and Cohan (2020): Longformer</a>
 * @see <a href="https://arxiv.org/abs/2007.14062">Zaheer et al. (2020): BigBird</a>
 */
public final class SparseAttention implements AttentionMask {
    /** Of so many tiles keys and values are gathered at once where no gradient is wanted: they stay in the cache. */
    private static final int TILES = 32;

    private final AttentionMask pattern;
    private final int block;
    private volatile Plan last;

    /** In tiles of 64 by 64. */
    public SparseAttention(AttentionMask pattern) { this(pattern, 64); }

    /** @param block rows and columns of a tile */
    public SparseAttention(AttentionMask pattern, int block) {
        if (block < 1) throw new IllegalArgumentException("SparseAttention: tiles of " + block + "; at least 1");
        if (pattern.batch() != 1)
            throw new IllegalArgumentException("SparseAttention: a pattern of " + pattern.batch() + " batch entries; one for all of them");
        this.pattern = pattern;
        this.block = block;
    }

    /** A window of {@code window / 2} positions to each side, and positions that see and are seen by all. */
    public static SparseAttention longformer(int window, long... globals) { return dilatedLongformer(window, 1, globals); }

    /** The same with as many positions in a window, of every {@code dilation}-th position. */
    public static SparseAttention dilatedLongformer(int window, int dilation, long... globals) {
        return new SparseAttention(AttentionMask.dilated(window / 2, dilation).or(AttentionMask.globals(globals)));
    }

    /**
     * Blocks of {@code block} positions: each sees {@code window} of them around itself, {@code random} others, and the {@code global} ones, which see all:
     * half of them lie at the beginning, the others at the end.
     *
     * @param length of the sequences, from which the random blocks are drawn
     * @param window odd
     * @throws IllegalArgumentException unless there are enough blocks
     */
    public static SparseAttention bigBird(int length, int block, int window, int random, int global, Rng rng) {
        int n = (length + block - 1) / block;
        if (window % 2 == 0 || window + random + global > n)
            throw new IllegalArgumentException("bigBird: windows of " + window + ", " + random + " random and " + global + " global of " + n
                    + " blocks; the window is odd, all of them together at most the blocks");
        var seen = new boolean[n][n];
        int first = (global + 1) / 2;
        for (int r = 0; r < n; r++) {
            for (int c = 0; c < n; c++) {
                boolean isGlobal = r < first || c < first || r >= n - (global - first) || c >= n - (global - first);
                seen[r][c] = isGlobal || Math.abs(r - c) <= window / 2;
            }
            int[] order = rng.permutation(n);
            int more = random;
            for (int i = 0; i < n && more > 0; i++) {
                if (seen[r][order[i]]) continue;
                seen[r][order[i]] = true;
                more--;
            }
        }
        return new SparseAttention(AttentionMask.blocks(block, seen), block);
    }

    @Override public boolean sees(int b, long p, long j) { return pattern.sees(b, p, j); }

    @Override public Cover cover(int b, long p0, long p1, long j0, long j1) { return pattern.cover(b, p0, p1, j0, j1); }

    /** Tiles that are computed: those in which at least one pair is seen. */
    public long tiles(long queries, long keys) { return plan(false, 0, queries, keys).tiles; }

    /** In how many layers position {@code to} can learn of each position of a sequence: 0 of itself, -1 never. */
    public int[] hops(int to, int length) {
        var hops = new int[length];
        Arrays.fill(hops, -1);
        hops[to] = 0;
        var front = List.of(to);
        for (int layer = 1; !front.isEmpty(); layer++) {
            var next = new ArrayList<Integer>();
            for (int p : front) for (int j = 0; j < length; j++) {
                if (hops[j] >= 0 || !sees(0, p, j)) continue;
                hops[j] = layer;
                next.add(j);
            }
            front = next;
        }
        return hops;
    }

    /** Of queries, keys and values (batch, heads, T, d), with scale {@code 1 / sqrt(d)}. */
    public Tensor of(Tensor q, Tensor k, Tensor v) { return attend(new Attention(), q, k, v); }

    /** @throws IllegalArgumentException if the attention has blocks, biases, lengths or pages of its own */
    @Override public Tensor attend(Attention attention, Tensor q, Tensor k, Tensor v) {
        if (attention.bias() != null || attention.alibi() != null || attention.blocks() != null || attention.keyLengths() != null
                || attention.queryStarts() != null || attention.blockTable() != null || attention.packing() != null)
            throw new IllegalArgumentException(
                    "SparseAttention: the pattern says what is seen; it goes with scale, soft cap, causality and "
                            + "window alone; put further masks into the pattern");
        if (q.rank() != 4 || k.rank() != 4 || v.rank() != 4 || k.size(0) != q.size(0) || v.size(2) != k.size(2) || k.size(1) == 0
                || q.size(1) % k.size(1) != 0)
            throw new ShapeException("SparseAttention: q " + q.shape() + ", k " + k.shape() + " and v " + v.shape()
                    + "; they are (batch, heads, T, d), with heads of q a multiple of those of k and v");
        long batch = q.size(0), heads = q.size(1), n = q.size(2);
        var plan = plan(attention.causal(), attention.window(), n, k.size(2));
        Tensor queries = blocks(q, plan.rows), keys = blocks(k, plan.columns), values = blocks(v, plan.columns);
        var parts = new ArrayList<Tensor>();
        var plain = new Attention().withScale(attention.scale()).withSoftCap(attention.softCap());
        boolean records = q.isTracked() || k.isTracked() || v.isTracked();
        for (var group : plan.groups) {
            if (group.columns == null) {
                parts.add(Tensor.zeros(v.dtype(), group.count, batch * heads, block, v.size(3)));
                continue;
            }
            if (records) {
                parts.add(group.attend(plain, queries, keys, values));
                continue;
            }
            for (int from = 0, step = Math.max(1, TILES / group.width()); from < group.count; from += step) {
                try (var scope = Scope.open("rows of tiles")) {
                    parts.add(group.narrow(from, Math.min(step, group.count - from)).attend(plain, queries, keys, values).compute()
                            .keptBy(scope));
                }
            }
        }
        var all = Tensor.concat(0, parts.toArray(Tensor[]::new)).indexSelect(0, plan.order);
        return all.transpose(0, 1).reshape(batch, heads, (long) plan.rows * block, v.size(3)).narrow(2, 0, n);
    }

    /** (batch, heads, T, d) to (blocks, batch heads, block, d), the last block filled with zeros. */
    private Tensor blocks(Tensor x, int count) {
        long missing = (long) count * block - x.size(2);
        var whole = missing == 0 ? x : x.pad(2, 0, missing, 0);
        return whole.reshape(x.size(0) * x.size(1), count, block, x.size(3)).transpose(0, 1);
    }

    /**
     * Rows of tiles that see equally many.
     *
     * @param columns of all rows one after another; null if they see nothing
     * @param seen (rows, 1, block, columns block), or null for all
     */
    private record Group(int count, Tensor rows, Tensor columns, Tensor seen) {
        /** Tiles of a row. */
        int width() { return (int) columns.count() / count; }

        Group narrow(int from, int rows) {
            return new Group(rows, this.rows.narrow(0, from, rows), columns.narrow(0, (long) from * width(), (long) rows * width()),
                    seen == null ? null : seen.narrow(0, from, rows));
        }

        /** Of blocks of queries, keys and values. */
        Tensor attend(Attention plain, Tensor queries, Tensor keys, Tensor values) {
            return (seen == null ? plain : plain.withBias(seen)).of(queries.indexSelect(0, rows), gathered(keys), gathered(values));
        }

        /** The blocks that each row sees, side by side: (rows, batch heads, columns block, d). */
        private Tensor gathered(Tensor blocks) {
            long heads = blocks.size(1), block = blocks.size(2), width = blocks.size(3);
            return blocks.indexSelect(0, columns).reshape(count, -1, heads, block, width).transpose(1, 2).reshape(count, heads, -1, width);
        }
    }

    /** @param order where each row of tiles lies among those of the groups */
    private record Plan(boolean causal, long window, long queries, long keys, int rows, int columns, long tiles, List<Group> groups,
            Tensor order) {}

    private Plan plan(boolean causal, long window, long queries, long keys) {
        var known = last;
        if (known != null && known.causal == causal && known.window == window && known.queries == queries && known.keys == keys)
            return known;
        AttentionMask mask = pattern;
        if (causal) mask = mask.and(AttentionMask.causal());
        if (window > 0) mask = mask.and(AttentionMask.window(window - 1, window - 1));
        try (var kept = Scope.outside()) {
            return last = new Planner(mask, causal, window, queries, keys).plan();
        }
    }

    /** Rows of tiles in groups that see equally many. */
    private final class Planner {
        private final AttentionMask mask;
        private final boolean causal;
        private final long window, queries, keys;

        Planner(AttentionMask mask, boolean causal, long window, long queries, long keys) {
            this.mask = mask;
            this.causal = causal;
            this.window = window;
            this.queries = queries;
            this.keys = keys;
        }

        private record Tile(int column, boolean[] seen) {}

        private record Row(int number, List<Tile> tiles) {}

        Plan plan() {
            var covers = mask.tiles(0, queries, keys, block);
            int rows = covers.length, columns = Math.toIntExact((keys + block - 1) / block);
            var bySize = new TreeMap<Integer, List<Row>>();
            long tiles = 0;
            for (int r = 0; r < rows; r++) {
                var row = new Row(r, new ArrayList<>());
                for (int c = 0; c < columns; c++) {
                    var tile = covers[r][c] == Cover.NONE ? null : tile(r, c, covers[r][c]);
                    if (tile != null) row.tiles.add(tile);
                }
                tiles += row.tiles.size();
                bySize.computeIfAbsent(row.tiles.size(), n -> new ArrayList<>()).add(row);
            }
            var order = new long[rows];
            int at = 0;
            for (var group : bySize.values()) for (var row : group) order[row.number] = at++;
            return new Plan(causal, window, queries, keys, rows, columns, tiles, bySize.values().stream().map(this::group).toList(),
                    Tensor.of(order).compute());
        }

        /** Null if nothing of it is seen. */
        private Tile tile(int r, int c, Cover cover) {
            if (cover == Cover.ALL && (c + 1L) * block <= keys) return new Tile(c, null);
            var seen = new boolean[block * block];
            int count = 0;
            for (int i = 0; i < block && (long) r * block + i < queries; i++)
                for (int j = 0; j < block && (long) c * block + j < keys; j++) {
                    if (!mask.sees(0, keys - queries + (long) r * block + i, (long) c * block + j)) continue;
                    seen[i * block + j] = true;
                    count++;
                }
            return count == 0 ? null : new Tile(c, count == block * block ? null : seen);
        }

        private Group group(List<Row> group) {
            int count = group.size(), width = group.getFirst().tiles.size();
            var rows = Tensor.of(group.stream().mapToLong(Row::number).toArray()).compute();
            if (width == 0) return new Group(count, rows, null, null);
            var columns = Tensor.of(group.stream().flatMap(r -> r.tiles.stream()).mapToLong(Tile::column).toArray()).compute();
            if (group.stream().allMatch(r -> r.tiles.stream().allMatch(t -> t.seen == null))) return new Group(count, rows, columns, null);
            var seen = new boolean[Math.toIntExact((long) count * block * width * block)];
            for (int r = 0; r < count; r++) for (int i = 0; i < block; i++) for (int c = 0; c < width; c++) {
                int from = ((r * block + i) * width + c) * block;
                var tile = group.get(r).tiles.get(c).seen;
                if (tile == null) Arrays.fill(seen, from, from + block, true);
                else System.arraycopy(tile, i * block, seen, from, block);
            }
            return new Group(count, rows, columns, Tensor.of(seen).reshape(count, 1, block, (long) width * block).compute());
        }
    }

    @Override public String toString() { return "SparseAttention[" + pattern + ", tiles of " + block + "]"; }
}
