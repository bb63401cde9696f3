package lyceum.nn;

import lyceum.DType;
import lyceum.DTypeException;
import lyceum.tensor.Attention;
import lyceum.tensor.BlockMask;
import lyceum.tensor.Tensor;

/**
 * Which keys a query may look at. Masks are put together by {@link #and}, {@link #or} and {@link #not}, and become what a computation needs: a BOOL tensor, numbers
 * to add to scores, or the tiles that a kernel may leave out.
 *
 * {@snippet :
 * var mask = AttentionMask.causal().and(AttentionMask.window(128, 0)).and(AttentionMask.documents(31, 7, 90));
 * var y = mask.on(new Attention(), 128, 128).of(q, k, v);
 * var w = AttentionMask.weights(scores, mask.seen(128, 128));
 * }
 *
 * <p>Query {@code i} of n stands at position {@code p = keys - n + i}: the last query at the last key, so that a whole sequence, a chunk of it and a single
 * token after a cache share one mask.
 */
public interface AttentionMask {
    /** Of a tile, a rectangle of queries and keys: whether all pairs in it are seen, none, or some. */
    enum Cover {
        ALL, NONE, SOME;

        Cover and(Cover other) { return this == NONE || other == NONE ? NONE : this == ALL && other == ALL ? ALL : SOME; }

        Cover not() { return this == ALL ? NONE : this == NONE ? ALL : SOME; }
    }

    /** Whether the query at position p sees key j, in batch entry b. */
    boolean sees(int b, long p, long j);

    /** Of queries at positions p0 to p1 and keys j0 to j1, both ends included: SOME where it is not known. */
    default Cover cover(int b, long p0, long p1, long j0, long j1) { return Cover.SOME; }

    /** How many batch entries it tells apart; 1 if they are alike. */
    default int batch() { return 1; }

    /** Positions up to the query's own: {@code j <= p}. */
    static AttentionMask causal() { return window(Long.MAX_VALUE, 0); }

    /** Keys from {@code before} positions before the query to {@code after} behind it, both ends seen. */
    static AttentionMask window(long before, long after) {
        if (before < 0 || after < 0)
            throw new IllegalArgumentException("AttentionMask.window: " + before + " before and " + after + " after; at least 0");
        return new AttentionMasks.Window(before, after);
    }

    /** Keys at distances that are multiples of {@code step}, up to {@code far} of them to each side (Beltagy, Peters and Cohan 2020); with step 1, a window. */
    static AttentionMask dilated(long far, int step) {
        if (far < 0 || step < 1) throw new IllegalArgumentException(
                "AttentionMask.dilated: " + far + " keys to each side, every " + step + "th; at least 0 and 1");
        return new AttentionMasks.Dilated(far, step);
    }

    /** Positions that see all and are seen by all. */
    static AttentionMask globals(long... positions) { return AttentionMasks.Globals.of(positions); }

    /** Whole blocks of {@code size} positions: those of row r see those of column c. What lies outside of the blocks is hidden. */
    static AttentionMask blocks(int size, boolean[][] seen) { return AttentionMasks.Blocks.of(size, seen); }

    /** Keys below {@code length}: a prefix that everybody sees (Raffel et al. 2020, prefix language models; with {@code or(causal())}). */
    static AttentionMask prefix(int length) { return padding(length); }

    /** In batch entry b, keys below {@code lengths[b]}: what lies behind is padding. */
    static AttentionMask padding(int... lengths) { return new AttentionMasks.Padding(lengths.clone()); }

    /** Documents that lie one after another, each seeing itself alone: a packed batch. Positions behind the last see nothing and are not seen. */
    static AttentionMask documents(int... lengths) { return AttentionMasks.Documents.of(lengths); }

    /** By any rule: {@code (p, j)} to whether the query at p sees key j. No tile of it is known beforehand. */
    static AttentionMask of(Rule rule) { return (b, p, j) -> rule.sees(p, j); }

    /** See {@link #of}. */
    @FunctionalInterface
    interface Rule {
        boolean sees(long p, long j);
    }

    /** What both see. */
    default AttentionMask and(AttentionMask other) { return new AttentionMasks.And(this, other); }

    /** What one of them sees, at least. */
    default AttentionMask or(AttentionMask other) { return not().and(other.not()).not(); }

    /** What this one hides. */
    default AttentionMask not() { return this instanceof AttentionMasks.Not n ? n.of() : new AttentionMasks.Not(this); }

    /** True where a key is seen, (queries, keys), or (batch, 1, queries, keys) where entries differ. */
    default Tensor seen(long queries, long keys) {
        int batch = batch();
        var flags = new boolean[Math.toIntExact(batch * queries * keys)];
        int at = 0;
        for (int b = 0; b < batch; b++)
            for (long i = 0; i < queries; i++) for (long j = 0; j < keys; j++) flags[at++] = sees(b, keys - queries + i, j);
        var seen = Tensor.of(flags);
        return batch == 1 ? seen.reshape(queries, keys) : seen.reshape(batch, 1, queries, keys);
    }

    /** What to add to scores: 0 where a key is seen, {@link #hidden} elsewhere; of {@link #seen}'s shape. */
    default Tensor additive(long queries, long keys, DType dtype) {
        return seen(queries, keys).where(Tensor.zeros(dtype, 1), Tensor.full(dtype, hidden(dtype), 1));
    }

    /** The lowest finite number of a type: a hidden score that stays finite, so that a row of them has no NaN. */
    static double hidden(DType dtype) {
        return switch (dtype) {
            case F64 -> -Double.MAX_VALUE;
            case F32 -> -Float.MAX_VALUE;
            case F16 -> -65504;
            case BF16 -> -0x1.FEp127;
            default -> throw new DTypeException("AttentionMask: scores are floats, not " + dtype);
        };
    }

    /** Scores (.., queries, keys) with the hidden ones at the lowest finite number of their type. @param seen BOOL, broadcasts to the scores */
    static Tensor scores(Tensor scores, Tensor seen) { return seen.where(scores, Tensor.full(scores.dtype(), hidden(scores.dtype()), 1)); }

    /**
     * The softmax over the keys that are seen: hidden keys weigh exactly 0, and a query that sees none gets zeros rather than NaN. No gradient reaches a
     * hidden score.
     */
    static Tensor weights(Tensor scores, Tensor seen) {
        return seen.where(scores(scores, seen).softmax(-1), Tensor.zeros(scores.dtype(), 1));
    }

    /** {@link #cover} of all tiles, row by row: of {@code size} queries and {@code size} keys each, the last ones shorter. */
    default Cover[][] tiles(int b, long queries, long keys, int size) {
        int rows = Math.toIntExact((queries + size - 1) / size), columns = Math.toIntExact((keys + size - 1) / size);
        var tiles = new Cover[rows][columns];
        for (int r = 0; r < rows; r++)
            for (int c = 0; c < columns; c++)
                tiles[r][c] = cover(b, keys - queries + (long) r * size, keys - queries + Math.min(queries, (r + 1L) * size) - 1,
                        (long) c * size, Math.min(keys, (c + 1L) * size) - 1);
        return tiles;
    }

    /**
     * Attends under this mask: tiles of which nothing is seen are left out, as {@link SparseAttention} does, so that work and memory go with what is seen.
     *
     * @param attention scale, soft cap, causality and window, without blocks, bias or lengths of its own
     */
    default Tensor attend(Attention attention, Tensor q, Tensor k, Tensor v) {
        return new SparseAttention(this).attend(attention, q, k, v);
    }

    /**
     * {@code attention} under this mask too: tiles of 64 by 64 of which nothing is seen are left out, the others are masked key by key.
     *
     * @throws IllegalArgumentException if it has block masks or a bias of its own
     */
    default Attention on(Attention attention, long queries, long keys) {
        if (attention.blocks() != null || attention.bias() != null)
            throw new IllegalArgumentException("AttentionMask.on: this attention has blocks or a bias already; put masks together first");
        int size = 64, batch = batch();
        boolean skips = false, partial = false;
        long rows = (queries + size - 1) / size, columns = (keys + size - 1) / size;
        var flags = new boolean[Math.toIntExact(batch * rows * columns)];
        int at = 0;
        for (int b = 0; b < batch; b++) {
            for (var row : tiles(b, queries, keys, size)) for (var tile : row) {
                skips |= tile == Cover.NONE;
                partial |= tile == Cover.SOME;
                flags[at++] = tile != Cover.NONE;
            }
        }
        if (skips) attention = attention.withBlocks(new BlockMask(Tensor.of(flags).reshape(batch, 1, rows, columns), size));
        if (!partial) return attention;
        var seen = seen(queries, keys);
        return attention.withBias(batch == 1 ? seen.reshape(1, 1, queries, keys) : seen);
    }
}
