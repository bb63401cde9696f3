package lyceum.nn;

import lyceum.ShapeException;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/**
 * What a {@link RelativePosition} adds to the scores of one attention layer, and to what it finds. Keys are numbered from 0; the last query stands at the
 * last key, or where the mask's {@linkplain Attention#queryStarts query starts} say.
 */
public abstract sealed class RelativeBias extends Module permits OffsetBias, BucketBias, ContentBias {

    /** What queries q (batch, heads, T, d) get from keys at offsets {@code lowest .. highest}: (.., heads, T, offsets), an axis may be 1; times {@code scale} if it is a product. */
    abstract Tensor byOffset(Tensor q, long lowest, long highest, double scale);

    /** Queries as they meet keys: with a bias, or as they are. */
    Tensor content(Tensor q) { return q; }

    /** Whether {@link #found} adds anything. */
    boolean hasValues() { return false; }

    /** What is added to what queries find by these weights (batch, heads, T, keys). */
    Tensor found(Tensor weights, Attention mask) { return null; }

    /** Scores of q with as many keys: {@link #scores}. */
    @Override protected Tensor compute(Tensor q, Pass pass) { return scores(q, q.size(-2), new Attention()); }

    /**
     * What is added to the scaled scores.
     *
     * @param q (batch, heads, T, d)
     * @param mask whose scale and query starts hold
     * @return (batch, heads, T, keys); the batch may be 1
     */
    public final Tensor scores(Tensor q, long keys, Attention mask) {
        long queries = q.size(-2);
        double scale = mask.scale() == 0 ? 1 / Math.sqrt(q.size(-1)) : mask.scale();
        if (mask.queryStarts() == null) {
            check(mask);
            return skewed(byOffset(q, 1 - keys, queries - 1, scale), queries, keys);
        }
        var offsets = offsets(mask, queries, keys);
        long lowest = offsets.min().toLongArray()[0], highest = offsets.max().toLongArray()[0];
        return gathered(byOffset(q, lowest, highest, scale), offsets.sub(lowest), queries);
    }

    /** A mask with {@link #scores} in its bias. */
    final Attention on(Attention mask, Tensor q, long keys) {
        var scores = scores(q, keys, mask);
        var bias = mask.bias();
        if (bias == null) return mask.withBias(scores);
        if (bias.dtype().isFloat()) return mask.withBias(bias.add(scores.to(bias.dtype())));
        return mask.withBias(bias.where(scores, Tensor.full(scores.dtype(), Double.NEGATIVE_INFINITY, 1)));
    }

    private static void check(Attention mask) {
        if (mask.packing() != null && !mask.packing().queries().equals(mask.packing().keys()))
            throw new IllegalArgumentException("RelativeBias: packed sequences of as many keys as queries, not " + mask.packing().queries()
                    + " and " + mask.packing().keys());
    }

    /** j - p, (batch, 1, T, keys). */
    static Tensor offsets(Attention mask, long queries, long keys) {
        var places = mask.queryStarts().reshape(-1, 1, 1, 1).add(Tensor.arange(queries).reshape(-1, 1));
        return Tensor.arange(keys).sub(places);
    }

    /**
     * Scores by offset (.., T, offsets), put where they belong: {@code y[i, j] = x[i, j - i + T - 1]}. Offsets go from {@code 1 - keys} to {@code T - 1},
     * of which the last query, at the last key, sees the first ones; row i then begins T - 1 - i later. A view where rows are alike, else two shifts.
     *
     * @see <a href="https://arxiv.org/abs/1809.04281">Huang et al. (2018), section 3.4.1: skewing</a>
     */
    public static Tensor skewed(Tensor x, long queries, long keys) {
        if (x.size(-1) != queries + keys - 1 || x.size(-2) != queries && x.size(-2) != 1) throw new ShapeException("skewed: " + x.shape()
                + " for " + queries + " queries and " + keys + " keys; it is (.., queries or 1, queries + keys - 1)");
        var shape = x.shape().toArray();
        int last = shape.length - 1;
        if (x.size(-2) == 1) return x.squeeze(-2).unfold(-1, keys, 1).flip(-2);
        long row = queries + keys - 1;
        shape[last] = 1;
        shape[last - 1] = queries * (row + 1);
        // One more column, then rows one shorter: each begins one earlier than the one before.
        var flat = x.pad(-1, 0, 1, 0).reshape(flat(x, queries * (row + 1))).narrow(-1, queries - 1, queries * row);
        return flat.reshape(x.shape().toArray()).narrow(-1, 0, keys);
    }

    /** The way back of {@link #skewed}: weights (.., T, keys) by offset (.., T, T + keys - 1), zero where an offset has no key. */
    static Tensor unskewed(Tensor weights) {
        long queries = weights.size(-2), keys = weights.size(-1), row = queries + keys - 1;
        var shape = weights.shape().toArray();
        shape[shape.length - 1] = row + 1;
        return weights.pad(-1, 0, queries - 1, 0).reshape(flat(weights, queries * row)).pad(-1, queries - 1, 1, 0).reshape(shape).narrow(-1,
                0, row);
    }

    /** The leading axes, and the last two as one. */
    private static long[] flat(Tensor x, long last) {
        var shape = new long[x.rank() - 1];
        for (int i = 0; i < shape.length - 1; i++) shape[i] = x.size(i);
        shape[shape.length - 1] = last;
        return shape;
    }

    private static Tensor gathered(Tensor byOffset, Tensor numbers, long queries) {
        long batch = Math.max(byOffset.size(0), numbers.size(0)), heads = byOffset.size(1);
        return byOffset.expand(batch, heads, queries, byOffset.size(3)).gather(-1, numbers.expand(batch, heads, queries, numbers.size(3)));
    }
}
