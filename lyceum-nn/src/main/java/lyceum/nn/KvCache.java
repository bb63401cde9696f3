package lyceum.nn;

import java.util.Arrays;
import lyceum.DType;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/**
 * Keys and values of the positions so far, for one attention layer: decoding then computes new positions only.
 *
 * {@snippet :
 * var cache = KvCache.contiguous();
 * attention.forward(prompts, cache, pass);         // (batch, T, width), padded behind
 * cache.truncate(5, 9, 7);                         // what each prompt really has: rows go on from there
 * attention.forward(tokens, cache, pass);          // (batch, 1, width)
 * cache.reorder(2, 2, 0);                          // hypotheses 2, 2 and 0 of a beam search live on
 * }
 *
 * <p>A batch of unequal lengths is padded behind and then {@linkplain #truncate truncated} row by row; no row's padding is looked at, and positions are
 * counted for each row. Speculative decoding takes back tokens that were not accepted in the same way.
 *
 * @see <a href="https://arxiv.org/abs/2211.05102">Pope et al. (2023)</a>
 */
public interface KvCache extends MixerState {

    /** All keys and values, (batch, heads, length, d). */
    record Past(Tensor keys, Tensor values) {}

    /** In one block of memory, which doubles when it is full; what {@link #append} gives are views of it. */
    static KvCache contiguous() { return new ContiguousKvCache(null); }

    /** The same, kept in a narrower float type than it comes in. */
    static KvCache contiguous(DType stored) {
        if (!stored.isFloat()) throw new IllegalArgumentException("KvCache: kept as " + stored + "; keys and values are floats");
        return new ContiguousKvCache(stored);
    }

    /** Adds positions (batch, heads, T, d) to each row and gives all that are held. @throws lyceum.ShapeException if they do not fit those before */
    Past append(Tensor k, Tensor v);

    /** What is held; null before the first position. Rows that are shorter than {@link #length} hold nothing of meaning behind. */
    Past past();

    /** Positions of each row; one number before the first position, or while they are alike. */
    long[] lengths();

    /**
     * What the last {@code queries} positions see of what {@link #append} gave.
     *
     * @param attention for a whole sequence
     * @param pattern the layer's, or null
     * @throws IllegalArgumentException if what is held is not enough for it
     */
    Attention over(Attention attention, AttentionMask pattern, long queries);

    /** Whether {@link #append} gives all positions in their order, so that a pattern can be laid over them. */
    default boolean isWhole() { return true; }

    @Override KvCache fork(int... rows);

    /** Goes on with those batch entries in place of its own. */
    void reorder(int... rows);

    /** The same positions, kept in another float type. */
    KvCache to(DType type);

    /** Bytes that are taken up, those for positions to come included. */
    long reservedBytes();

    @Override default long length() { return Arrays.stream(lengths()).max().orElse(0); }
}
