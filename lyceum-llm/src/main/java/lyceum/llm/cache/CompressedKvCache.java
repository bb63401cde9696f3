package lyceum.llm.cache;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.memory.Scope;
import lyceum.nn.AttentionCache;
import lyceum.nn.PositionalEncoding;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/** Keys and values of one layer under a {@link KvCompression}. Goes with rotary positions, those of embeddings or none; without windows, slopes and other masks. */
public final class CompressedKvCache implements AttentionCache {
    private final KvCompression options;
    private final Rng rng;
    private Tensor keys, values; // (batch, heads, held, d), turned
    private long[][] positions = {}; // of each batch entry and head
    private double[][] scores = {};
    private long length;

    CompressedKvCache(KvCompression options, Rng rng) {
        this.options = options;
        this.rng = rng;
    }

    @Override public Tensor attend(Tensor q, Tensor k, Tensor v, PositionalEncoding encoding, Attention attention) {
        if (attention.window() > 0 || attention.alibi() != null || attention.bias() != null || attention.blocks() != null
                || attention.keyLengths() != null || attention.queryStarts() != null || attention.packing() != null)
            throw new IllegalArgumentException(
                    "CompressedKvCache: slots are not positions; it goes without windows, slopes, biases, lengths and packing");
        long n = q.size(2);
        Tensor query = encoding.turned(q, length), key = encoding.turned(k, length);
        Tensor allKeys = keys == null ? key : Tensor.concat(2, keys, key), allValues = keys == null ? v : Tensor.concat(2, values, v);
        allKeys = allKeys.compute();
        var found = attention.of(query, allKeys, allValues).compute();
        grow((int) (k.size(0) * k.size(1)), (int) n);
        gather(attention, query, allKeys, (int) n);
        length += n;
        keep(allKeys, allValues);
        return found;
    }

    private void grow(int rows, int n) {
        if (positions.length == 0) {
            positions = new long[rows][0];
            scores = new double[rows][0];
        }
        if (positions.length != rows)
            throw new IllegalArgumentException("CompressedKvCache: " + rows + " rows and heads follow " + positions.length);
        for (int r = 0; r < rows; r++) {
            int held = positions[r].length;
            positions[r] = Arrays.copyOf(positions[r], held + n);
            scores[r] = Arrays.copyOf(scores[r], held + n);
            for (int i = 0; i < n; i++) positions[r][held + i] = length + i;
        }
    }

    /** Evidence of the n new queries. */
    private void gather(Attention attention, Tensor query, Tensor key, int n) {
        int all = (int) key.size(2);
        switch (options.rule()) {
            case HEAVY_HITTERS -> {
                var sums = sums(attention, query, key);
                for (int r = 0; r < scores.length; r++) for (int j = 0; j < all; j++) scores[r][j] += sums[r * all + j];
            }
            case SNAP -> {
                if (n == 1) {
                    for (var row : scores) row[all - 1] = Double.POSITIVE_INFINITY;
                    return;
                }
                int seen = Math.min(n, options.recent());
                var sums = sums(attention, query.narrow(2, n - seen, seen), key);
                for (int r = 0; r < scores.length; r++) {
                    var votes = options.pooled(Arrays.copyOfRange(sums, r * all, r * all + all - seen));
                    Arrays.fill(scores[r], Double.POSITIVE_INFINITY);
                    System.arraycopy(votes, 0, scores[r], 0, votes.length);
                }
            }
            case RANDOM -> {
                int heads = (int) key.size(1); // one draw for all heads of a row: tokens are dropped
                for (int r = 0; r < scores.length; r++)
                    for (int j = all - n; j < all; j++) scores[r][j] = r % heads == 0 ? rng.nextDouble() : scores[r - 1][j];
            }
        }
    }

    /** Weights that the queries, the last of the keys, gave to each key, over the queries and the heads of a group: (batch, key heads, keys). */
    private static double[] sums(Attention attention, Tensor query, Tensor key) {
        long groups = key.size(1);
        return attention.withCausal(true).weights(query, key)
                .reshape(query.size(0), groups, query.size(1) / groups * query.size(2), key.size(2)).to(DType.F64).sum(2).toDoubleArray();
    }

    private void keep(Tensor allKeys, Tensor allValues) {
        int all = (int) allKeys.size(2), held = Math.min(all, options.budget());
        var rows = new int[scores.length * held];
        for (int r = 0; r < scores.length; r++) {
            var kept = options.kept(scores[r]);
            if (kept == null) continue;
            var where = new long[held];
            var worth = new double[held];
            for (int i = 0; i < held; i++) {
                where[i] = positions[r][kept[i]];
                worth[i] = scores[r][kept[i]];
                rows[r * held + i] = r * all + kept[i];
            }
            positions[r] = where;
            scores[r] = worth;
        }
        try (var outside = Scope.outside()) {
            keys = held == all ? allKeys.copy().compute() : rows(allKeys, rows, held);
            values = held == all ? allValues.copy().compute() : rows(allValues, rows, held);
        }
    }

    private static Tensor rows(Tensor x, int[] rows, int held) {
        return x.reshape(-1, x.size(3)).rows(rows).reshape(x.size(0), x.size(1), held, x.size(3)).compute();
    }

    /** Positions that a head of a batch entry holds, in order. */
    public long[] retained(int row, int head) {
        int heads = keys == null ? 0 : (int) keys.size(1);
        if (row < 0 || head < 0 || head >= heads || row >= keys.size(0))
            throw new IndexOutOfBoundsException("row " + row + ", head " + head);
        return positions[row * heads + head].clone();
    }

    /** Positions that each head holds. */
    public int held() { return keys == null ? 0 : (int) keys.size(2); }

    @Override public long length() { return length; }

    /** Of keys and values, a place and a score for each. */
    @Override public long bytes() {
        return keys == null ? 0
                : keys.count() * keys.dtype().bytes() + values.count() * values.dtype().bytes() + 16L * positions.length * held();
    }

    /** Forgets all, or nothing: what queries said of other keys is not taken back. */
    @Override public void truncate(long... lengths) {
        if (!forgets("compressed ones do not come back", lengths)) return;
        keys = values = null;
        positions = new long[0][];
        scores = new double[0][];
        length = 0;
    }

    @Override public CompressedKvCache fork(int... rows) {
        var copy = new CompressedKvCache(options, rng.split(length));
        copy.length = length;
        if (keys == null) return copy;
        int heads = (int) keys.size(1);
        var taken = rows.length > 0 ? rows : IntStream.range(0, (int) keys.size(0)).toArray();
        try (var outside = Scope.outside()) {
            copy.keys = keys.rows(taken).copy().compute();
            copy.values = values.rows(taken).copy().compute();
        }
        copy.positions = new long[taken.length * heads][];
        copy.scores = new double[taken.length * heads][];
        for (int i = 0; i < copy.positions.length; i++) {
            copy.positions[i] = positions[taken[i / heads] * heads + i % heads].clone();
            copy.scores[i] = scores[taken[i / heads] * heads + i % heads].clone();
        }
        return copy;
    }
}
