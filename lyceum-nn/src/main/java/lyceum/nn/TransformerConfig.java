package lyceum.nn;

import java.util.Objects;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.withers.Withers;

/**
 * The choices of a {@link TransformerBlock}, and of stacks of them: enough of them for the original, GPT-1 and 2,
 * GPT-NeoX, Llama, Mistral, Mixtral, Qwen, Gemma, Phi and OLMo.
 *
 * {@snippet :
 * var original = TransformerConfig.original(512, 8, 2048);
 * var llama = original.withNorm(TransformerConfig.Norm.RMS).withPlacement(TransformerConfig.Placement.PRE).withGated(true)
 *         .withActivation(Activation.SILU).withBias(false);
 * }
 *
 * @param attention of the positions to each other: heads, positions, window, biases, norms of queries and keys, soft cap
 * @param mixer what stands in the place of attention: {@link RetentionConfig}, {@link LinearAttentionConfig}, {@link LatentAttentionConfig}, {@link HyenaConfig}; null for attention itself
 * @param cross whether a block also looks at a memory
 * @param hidden units of the feed-forward half
 * @param activation of it
 * @param gated whether hidden units are gated ({@link GatedFeedForward})
 * @param moe experts in the place of the feed-forward half; null for one network. Activation, gates and biases are theirs as well
 * @param bias whether feed-forward and layer norms have one
 * @param norm kind
 * @param epsilon of the norms
 * @param placement of the norms
 * @param parallel feed-forward and attention read the same norm of the same input, side by side (Wang and Komatsuzaki 2021; Phi); with {@code PRE} alone
 * @param normEach whether halves side by side have a norm each (GPT-NeoX)
 * @param branchScale what each half adds is multiplied by it
 * @param streamScale what a half adds to is multiplied by it: DeepNorm's alpha
 * @param dropout on what each half adds, and on the hidden units of one that is not gated; of attention weights see {@link AttentionConfig#dropout}
 * @param layerDrop probability with which a stack leaves a whole block out while learning (Fan, Grave and Joulin 2020)
 * @param depth lets few tokens through the whole block and others pass by ({@link MixtureOfDepths}); null for all
 * @param recomputed whether a {@link TransformerDecoder} that learns keeps a block's input alone and computes its inside again for the gradient (Chen et al. 2016); experts are kept
 */
@Withers
public record TransformerConfig(AttentionConfig attention, MixerConfig mixer, boolean cross, int hidden, Activation activation,
        boolean gated, MoeConfig moe, boolean bias, Norm norm, double epsilon, Placement placement, boolean parallel, boolean normEach,
        double branchScale, double streamScale, double dropout, double layerDrop, DepthConfig depth, boolean recomputed)
        implements TransformerConfigWithers {

    /** Which norm. */
    public enum Norm {
        /** {@link LayerNorm}. */
        LAYER,
        /** {@link LayerNorm} without parameters (OLMo). */
        PLAIN_LAYER,
        /** {@link RMSNorm}. */
        RMS,
        /** {@link RMSNorm} whose gains are one plus a weight (Gemma). */
        RMS_UNIT_OFFSET;

        Layer of(TransformerConfig c) {
            return switch (this) {
                case LAYER -> new LayerNorm(c.epsilon, c.attention.dtype(), c.bias, c.width());
                case PLAIN_LAYER -> LayerNorm.plain(c.epsilon, c.width());
                case RMS -> new RMSNorm(c.width(), c.epsilon, false, c.attention.dtype());
                case RMS_UNIT_OFFSET -> new RMSNorm(c.width(), c.epsilon, true, c.attention.dtype());
            };
        }

        /** Numbers in one of them. */
        public long parameters(TransformerConfig c) {
            return this == PLAIN_LAYER ? 0 : this == LAYER && c.bias ? 2L * c.width() : c.width();
        }
    }

    /** Where the norms stand about a half f of the block. */
    public enum Placement {
        /** {@code x + f(norm(x))}: the stream is never normalised, a stack ends in a norm (Baevski and Auli 2019; Xiong et al. 2020). */
        PRE,
        /** {@code norm(x + f(x))}, the original; with {@link #streamScale} alpha it is DeepNorm (Wang et al. 2022). */
        POST,
        /** {@code x + norm(f(norm(x)))} (Ding et al. 2021; Gemma 2). */
        SANDWICH,
        /** {@code x + norm(f(x))} (OLMo 2). */
        BRANCH;

        /** Whether the residual stream passes without a norm. */
        public boolean leavesStream() { return this != POST; }
    }

    public TransformerConfig {
        Objects.requireNonNull(attention, "attention");
        Objects.requireNonNull(activation, "activation");
        Objects.requireNonNull(norm, "norm");
        Objects.requireNonNull(placement, "placement");
        if (mixer != null && mixer.width() != attention.width()) throw new IllegalArgumentException(
                "TransformerConfig: the mixer has a width of " + mixer.width() + ", the stream of " + attention.width());
        if (!(epsilon >= 0)) throw new IllegalArgumentException("TransformerConfig: epsilon is " + epsilon + "; it is at least 0");
        if (hidden < 1) throw new IllegalArgumentException("TransformerConfig: hidden is " + hidden + "; it is at least 1");
        if (parallel && (placement != Placement.PRE || cross)) throw new IllegalArgumentException(
                "TransformerConfig: halves side by side go with PRE and without a memory, not with " + placement);
        if (normEach && !parallel)
            throw new IllegalArgumentException("TransformerConfig: normEach is about halves side by side; set parallel, or leave it");
        if (!(layerDrop >= 0 && layerDrop < 1))
            throw new IllegalArgumentException("TransformerConfig: layerDrop is " + layerDrop + "; it lies in [0, 1)");
        new Dropout(dropout);
    }

    /** Of 2017: post-norm, ReLU, biases, every position sees all. @throws IllegalArgumentException unless heads divide the width */
    public static TransformerConfig original(int width, int heads, int hidden) {
        return new TransformerConfig(new AttentionConfig(width, heads), null, false, hidden, Activation.RELU, false, null, true, Norm.LAYER,
                1e-5, Placement.POST, false, false, 1, 1, 0, 0, null, false);
    }

    public int width() { return attention.width(); }

    /** The same, seeing only what came before. */
    public TransformerConfig causal() { return withAttention(attention.withAttention(attention.attention().withCausal(true))); }

    /** The same with positions told in another way. */
    public TransformerConfig positioned(PositionalEncoding positions) { return withAttention(attention.withPositions(positions)); }

    /** The same with another mask, scale or bias. */
    public TransformerConfig masked(Attention mask) { return withAttention(attention.withAttention(mask)); }

    /**
     * DeepNorm for a stack of that many blocks, of encoder or decoder alone: {@code norm((2 n)^(1/4) x + f(x))}; values, outputs and feed-forward weights begin
     * smaller by {@code (8 n)^(-1/4)}.
     *
     * @see <a href="https://arxiv.org/abs/2203.00555">Wang et al. (2022)</a>
     */
    public TransformerConfig deepNorm(int layers) {
        if (layers < 1) throw new IllegalArgumentException("deepNorm: " + layers + " layers; at least 1");
        return withPlacement(Placement.POST).withStreamScale(Math.pow(2.0 * layers, 0.25));
    }

    /** By what DeepNorm divides the first weights: {@code (8 n)^(1/4) = sqrt(2) alpha}; 1 without it. */
    double firstWeightsOver() {
        return streamScale == 1 || placement != Placement.POST ? 1 : Math.sqrt(2) * streamScale;
    }

    /** Numbers in one block by itself, by the shapes. */
    public long blockParameters() {
        long w = width(), a = attention.headWidth(), q = attention.heads() * a, k = attention.keyHeads() * a;
        long biases = attention.bias() ? q + 2 * k + (attention.outputBias() ? w : 0) : 0;
        long attend = w * q * 2 + w * k * 2 + biases + (attention.qkNorm() == null ? 0 : attention.qkNorm().parameters(attention));
        long positions = attention.positions().parameters(attention);
        int halves = cross ? 3 : 2, each = placement == Placement.SANDWICH ? 2 : 1;
        long mixed = mixer == null ? attend + positions : mixer.parameterCount();
        long fed = moe == null ? feedForwardParameters(hidden) : moe.parameters(this);
        fed += depth == null ? 0 : depth.parameters(width());
        return mixed + (cross ? attend : 0) + fed + norm.parameters(this) * (parallel && !normEach ? 1 : halves * each);
    }

    /** Numbers in a feed-forward network of so many hidden units. */
    long feedForwardParameters(long hidden) { return (gated ? 3 : 2) * width() * hidden + (bias ? (gated ? 2 : 1) * hidden + width() : 0); }
}
