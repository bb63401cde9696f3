package lyceum.nn;

import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/**
 * What an attention layer knows of the positions before, looked at by the cache itself: one that packs, drops or renumbers what it holds. A {@link KvCache} gives all
 * keys and values back instead. {@link MultiHeadAttention} takes either.
 *
 * <p>Rows of a batch have one length. Changes with every step; no gradients; for one thread.
 */
public interface AttentionCache extends MixerState {
    /**
     * Adds positions and gives what their queries find, (batch, heads, T, d).
     *
     * @param q (batch, heads, T, d), not turned yet
     * @param k (batch, key heads, T, d), not turned yet; key heads divide heads
     * @param v (batch, key heads, T, d)
     * @param positions what turns queries and keys
     * @param attention the layer's, for a whole sequence: scale, cap, window, slopes
     */
    Tensor attend(Tensor q, Tensor k, Tensor v, PositionalEncoding positions, Attention attention);

    /** Whether positions are told by place in what is held, so that a text may be longer than any position. */
    default boolean isEndless() { return false; }

    /** Positions (1 or batch, T) of the queries that come next, where a batch is made of pieces of many texts; null where they go on from {@link #length}. */
    default Tensor places() { return null; }
}
