package lyceum.nn;

import java.util.Objects;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.withers.Withers;

/**
 * The choices of a {@link MultiHeadAttention}.
 *
 * @param width of the input and the output
 * @param heads of the queries
 * @param keyHeads heads of keys and values, dividing {@code heads}: equal for multi-head, 1 for multi-query attention, between for grouped queries
 * @param headWidth d of each head
 * @param keyWidth of what keys are projected from: another than {@code width} where the memory is another stream
 * @param valueWidth of what values are projected from
 * @param bias whether the projections have one
 * @param outputBias whether the output projection has one too, where the others do (Qwen 2 leaves it out)
 * @param qkNorm of queries and keys before they are turned; null for none (Dehghani et al. 2023)
 * @param dropout share of the weights that are dropped while learning
 * @param attention which keys a query sees, and the scale
 * @param pattern a further rule for which keys are seen, of which hidden tiles cost nothing: {@link SlidingWindowAttention}, {@link SparseAttention}'s; null for none
 * @param positions how order is told; see there where it acts
 * @param dtype of the parameters
 */
@Withers
public record AttentionConfig(int width, int heads, int keyHeads, int headWidth, int keyWidth, int valueWidth, boolean bias,
        boolean outputBias, QkNorm qkNorm, double dropout, Attention attention, AttentionMask pattern, PositionalEncoding positions,
        DType dtype) implements MixerConfig, AttentionConfigWithers {

    /**
     * Scales queries and keys to unit root mean square, with learned gains.
     *
     * @param whole over all heads of a position together (OLMo 2); else over each head, with one gain for all heads (Qwen 3)
     * @param epsilon of the mean square
     * @param unitOffset whether gains are one plus a weight (Gemma 3)
     */
    public record QkNorm(boolean whole, double epsilon, boolean unitOffset) {
        /** Of each head, epsilon 1e-6. */
        public QkNorm() { this(false, 1e-6, false); }

        RMSNorm of(AttentionConfig c, int heads) {
            return new RMSNorm(whole ? heads * c.headWidth : c.headWidth, epsilon, unitOffset, c.dtype);
        }

        long parameters(AttentionConfig c) { return (whole ? c.heads + c.keyHeads : 2L) * c.headWidth; }
    }

    public AttentionConfig {
        if (width < 1 || heads < 1 || headWidth < 1 || keyWidth < 1 || valueWidth < 1)
            throw new IllegalArgumentException("AttentionConfig: width " + width + ", heads " + heads + ", headWidth " + headWidth
                    + ", keyWidth " + keyWidth + " and valueWidth " + valueWidth + " are positive");
        if (keyHeads < 1 || heads % keyHeads != 0)
            throw new IllegalArgumentException("AttentionConfig: keyHeads is " + keyHeads + "; it divides heads " + heads);
        Objects.requireNonNull(positions, "positions: give PositionalEncoding.none()");
        positions.check(width, headWidth);
    }

    /** Every position attends to all others; with biases, F32. @throws IllegalArgumentException unless heads divide the width */
    public AttentionConfig(int width, int heads) {
        this(width, heads, heads, headWidth(width, heads), width, width, true, true, null, 0, new Attention(), null,
                PositionalEncoding.none(), DType.F32);
    }

    @Override public MultiHeadAttention build(Rng rng) { return new MultiHeadAttention(this, rng); }

    /** Norms of each head's queries and keys, or none. */
    public AttentionConfig withQkNorm(boolean normed) { return withQkNorm(normed ? new QkNorm() : null); }

    /** Queries and keys turned; null for no positions. */
    public AttentionConfig withRotary(RotaryEmbedding rotary) { return withPositions(rotary == null ? PositionalEncoding.none() : rotary); }

    /** What turns queries and keys; null where order is told otherwise. */
    public RotaryEmbedding rotary() { return positions instanceof RotaryEmbedding rotary ? rotary : null; }

    private static int headWidth(int width, int heads) {
        if (heads < 1 || width % heads != 0) throw new IllegalArgumentException(
                "AttentionConfig: " + heads + " heads do not divide a width of " + width + "; name headWidth");
        return width / heads;
    }
}
