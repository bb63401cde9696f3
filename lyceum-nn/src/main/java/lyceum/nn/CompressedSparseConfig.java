package lyceum.nn;

import lyceum.DType;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * The choices of a {@link CompressedSparseAttention}.
 *
 * @param width of the input and the output
 * @param heads of the queries
 * @param keyHeads heads of keys and values, dividing {@code heads}; DeepSeek-V4 has 1
 * @param headWidth d of each
 * @param block positions that are condensed to one entry
 * @param stride m, from one entry to the next; less than {@code block} for neighbours that overlap
 * @param top k, entries that a query reads; 0 for none, {@link #ALL} for all it may see
 * @param window w, last positions that it reads as they are, its own included; 0 for none
 * @param sink whether a learned logit a head takes part in the softmax and gives nothing
 * @param indexHeads of the scorer
 * @param indexWidth of each of them
 * @param price weight of the scorer's loss, the only thing that teaches it: cross-entropy of its scores against what all heads together pay to each entry
 * @param rotary turns queries, keys of the window, and entries as if they stood at their last position; null for no positions
 * @param dtype of the parameters
 */
@Withers
public record CompressedSparseConfig(int width, int heads, int keyHeads, int headWidth, int block, int stride, int top, int window,
        boolean sink, int indexHeads, int indexWidth, double price, RotaryEmbedding rotary, DType dtype)
        implements MixerConfig, CompressedSparseConfigWithers {
    /** For {@code top}. */
    public static final int ALL = Integer.MAX_VALUE;

    public CompressedSparseConfig {
        if (width < 1 || heads < 1 || keyHeads < 1 || heads % keyHeads != 0 || headWidth < 1 || indexHeads < 1 || indexWidth < 1)
            throw new IllegalArgumentException(
                    "CompressedSparseConfig: width " + width + ", heads " + heads + ", keyHeads " + keyHeads + ", headWidth " + headWidth
                            + ", indexHeads " + indexHeads + " and indexWidth " + indexWidth + " are positive, and keyHeads divides heads");
        if (stride < 1 || block < stride || top < 0 || window < 0)
            throw new IllegalArgumentException("CompressedSparseConfig: blocks of " + block + " every " + stride + ", the best " + top
                    + ", a window of " + window + "; a stride of at least 1, blocks no shorter, 0 or more");
        if (!(price >= 0 && Double.isFinite(price)))
            throw new IllegalArgumentException("CompressedSparseConfig: the price is " + price + "; at least 0");
        if (rotary != null && rotary.turnsLate()) throw new IllegalArgumentException(
                "CompressedSparseConfig: rotary is scaled by " + rotary.scaling() + ", which depends on the length; take a fixed scaling");
    }

    /** One head of keys, no overlap, a sink, two heads of the scorer of 16, rotary base 10,000, F32; heads share the width. @param block m */
    public CompressedSparseConfig(int width, int heads, int block, int top, int window) {
        this(width, heads, 1, new AttentionConfig(width, heads).headWidth(), block, block, top, window, true, 2, 16, 0.1,
                new RotaryEmbedding(width / heads, 10_000), DType.F32);
    }

    /** Blocks of another length and distance at once. */
    public CompressedSparseConfig withBlocks(int block, int stride) {
        return new CompressedSparseConfig(width, heads, keyHeads, headWidth, block, stride, top, window, sink, indexHeads, indexWidth,
                price, rotary, dtype);
    }

    /** Positions of an entry that the one before has as well. */
    public int overlap() { return block - stride; }

    /** What is kept of n positions: {@code floor(n / m)} entries, {@code min(n, w)} of the window, and raw {@code n mod m} and what the next entry has in common with the last one. */
    public long cached(long n) {
        long whole = n - n % stride;
        return n / stride + Math.min(n, window) + n % stride + Math.min(overlap(), whole);
    }

    /** Multiplications of scores and values in a pass over n positions: {@code 2 n heads d (min(k, floor(n / m)) + min(w, n) + sink)}. */
    public long multiplications(long n) {
        return 2 * n * heads * headWidth * (Math.min(top, n / stride) + Math.min(window, n) + (sink ? 1 : 0));
    }

    @Override public CompressedSparseAttention build(Rng rng) { return new CompressedSparseAttention(this, rng); }
}
