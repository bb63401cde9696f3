package lyceum.llm;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.nn.Activation;
import lyceum.nn.AttentionConfig;
import lyceum.nn.DepthConfig;
import lyceum.nn.PositionalEncoding;
import lyceum.nn.RotaryEmbedding;
import lyceum.nn.TransformerConfig;
import lyceum.withers.Withers;

/**
 * The choices of a {@link DecoderLM}.
 *
 * {@snippet :
 * var tiny = DecoderConfig.llama(512, 256, 2, 64, 4, 2, 172);
 * var published = DecoderConfig.gpt2();                                    // 124,439,808 parameters
 * var windowed = tiny.withBlocks(List.of(tiny.blocks().get(0)));
 * }
 *
 * @param vocabulary ids are 0 to this less one
 * @param contextLength positions at most
 * @param blocks configuration of each block
 * @param tied whether the head's weight is the embedding's
 * @param headBias whether logits have a bias
 * @param embeddingScale embeddings are multiplied by it: 1, or Gemma's root of the width
 * @param logitCap logits z become {@code cap tanh(z / cap)}; infinite for none
 * @param deviation with which matrices and embeddings begin, normal; projections onto the residual stream begin narrower, over {@code sqrt(2 layers)}
 * @param startMark an id or -1; see {@link lyceum.text.lm.LanguageModel#startMark}
 * @param endMark an id or -1
 */
@Withers
public record DecoderConfig(int vocabulary, long contextLength, List<TransformerConfig> blocks, boolean tied, boolean headBias,
        double embeddingScale, double logitCap, double deviation, int startMark, int endMark) implements DecoderConfigWithers {
    public DecoderConfig {
        blocks = List.copyOf(blocks);
        if (vocabulary < 1 || contextLength < 1 || blocks.isEmpty()) throw new IllegalArgumentException("DecoderConfig: a vocabulary of "
                + vocabulary + ", " + contextLength + " positions and " + blocks.size() + " blocks; all are at least 1");
        for (var block : blocks)
            if (block.width() != blocks.getFirst().width()) throw new IllegalArgumentException("DecoderConfig: blocks of the widths "
                    + blocks.getFirst().width() + " and " + block.width() + "; they share one stream");
        for (int mark : new int[] {startMark, endMark})
            if (mark < -1 || mark >= vocabulary)
                throw new IllegalArgumentException("DecoderConfig: the mark " + mark + " is not an id of a vocabulary of " + vocabulary);
        if (!(logitCap > 0) || !(deviation >= 0) || !Double.isFinite(embeddingScale)) throw new IllegalArgumentException(
                "DecoderConfig: logitCap " + logitCap + ", deviation " + deviation + " and embeddingScale " + embeddingScale);
    }

    /** All blocks alike, tied, no marks, a deviation of 0.02. */
    public DecoderConfig(int vocabulary, long contextLength, int layers, TransformerConfig block) {
        this(vocabulary, contextLength, Collections.nCopies(layers, block), true, false, 1, Double.POSITIVE_INFINITY, 0.02, -1, -1);
    }

    /** Of GPT-2's kind: pre-norm, learned positions, GELU, biases, a tied head. */
    public static DecoderConfig gpt2(int vocabulary, int contextLength, int layers, int width, int heads) {
        var block = TransformerConfig.original(width, heads, 4 * width).withPlacement(TransformerConfig.Placement.PRE)
                .withActivation(Activation.GELU_TANH).positioned(PositionalEncoding.learned(contextLength)).causal();
        return new DecoderConfig(vocabulary, contextLength, layers, block);
    }

    /** GPT-2 small: 50,257 ids, 1,024 positions, 12 blocks of 768. */
    public static DecoderConfig gpt2() { return gpt2(50_257, 1024, 12, 768, 12); }

    /** GPT-2 medium: 354,823,168 parameters. */
    public static DecoderConfig gpt2Medium() { return gpt2(50_257, 1024, 24, 1024, 16); }

    /** GPT-2 large: 774,030,080 parameters. */
    public static DecoderConfig gpt2Large() { return gpt2(50_257, 1024, 36, 1280, 20); }

    /** GPT-2 XL: 1,557,611,200 parameters. */
    public static DecoderConfig gpt2Xl() { return gpt2(50_257, 1024, 48, 1600, 25); }

    /** Of GPT-1's kind: norms behind each half, learned positions, GELU, biases, a tied head. */
    public static DecoderConfig gpt1(int vocabulary, int contextLength, int layers, int width, int heads) {
        var later = gpt2(vocabulary, contextLength, layers, width, heads);
        return later.withBlocks(Collections.nCopies(layers, later.blocks().getFirst().withPlacement(TransformerConfig.Placement.POST)));
    }

    /** GPT-1 as published, 40,478 ids and 512 positions: 116,534,784 parameters. */
    public static DecoderConfig gpt1() { return gpt1(40_478, 512, 12, 768, 12); }

    /**
     * Of GPT-3's kind: GPT-2's, every second block from the second on seeing a band alone.
     *
     * @param band positions that a banded block sees, its own included
     */
    public static DecoderConfig gpt3(int vocabulary, int contextLength, int layers, int width, int heads, int headWidth, int band) {
        if (band < 1) throw new IllegalArgumentException("DecoderConfig.gpt3: a band of " + band + "; at least 1 position");
        var dense = gpt2(vocabulary, contextLength, 1, headWidth * heads, heads).blocks().getFirst();
        dense = dense.withHidden(4 * width).withAttention(dense.attention().withWidth(width).withKeyWidth(width).withValueWidth(width));
        var banded = dense.masked(dense.attention().attention().withWindow(band));
        var blocks = new ArrayList<TransformerConfig>();
        for (int i = 0; i < layers; i++) blocks.add(i % 2 == 0 ? dense : banded);
        return new DecoderConfig(vocabulary, contextLength, layers, dense).withBlocks(blocks);
    }

    /** A published size, 50,257 ids and 2,048 positions; the paper does not give the band: 128 here. */
    public static DecoderConfig gpt3(Gpt3Size size) {
        return gpt3(50_257, 2048, size.layers(), size.width(), size.heads(), size.headWidth(), 128);
    }

    /** Of Llama's kind: RMS norms, rotary positions, grouped queries, SwiGLU, no biases, a head of its own. */
    public static DecoderConfig llama(int vocabulary, int contextLength, int layers, int width, int heads, int keyHeads, int hidden) {
        var attention = new AttentionConfig(width, heads).withKeyHeads(keyHeads).withBias(false)
                .withPositions(new RotaryEmbedding(width / heads, 10_000));
        var block = TransformerConfig.original(width, heads, hidden).withAttention(attention).withPlacement(TransformerConfig.Placement.PRE)
                .withNorm(TransformerConfig.Norm.RMS).withGated(true).withActivation(Activation.SILU).withBias(false).causal();
        return new DecoderConfig(vocabulary, contextLength, layers, block).withTied(false);
    }

    /** The same with positions turned by another base, as {@code rope_theta} says it. @throws IllegalStateException if a block turns none */
    public DecoderConfig withRotaryBase(double base) {
        return eachBlock(block -> {
            var rotary = block.attention().rotary();
            if (rotary == null) throw new IllegalStateException("withRotaryBase: positions are told by " + block.attention().positions());
            return block.positioned(rotary.based(base));
        });
    }

    /** The same, every position seeing so many alone, its own included. */
    public DecoderConfig withWindow(int positions) {
        return eachBlock(block -> block.masked(block.attention().attention().withWindow(positions)));
    }

    /** The same, each block's inside computed again for the gradient: memory for time; see {@link TransformerConfig#recomputed}. */
    public DecoderConfig withRecomputed(boolean recomputed) { return eachBlock(block -> block.withRecomputed(recomputed)); }

    /** The same, the last of every so many blocks passed by few tokens alone; see {@link lyceum.nn.MixtureOfDepths}. @param every 2 for every other block */
    public DecoderConfig withDepth(DepthConfig depth, int every) {
        if (every < 1) throw new IllegalArgumentException("withDepth: one block of " + every + "; at least 1");
        var changed = new ArrayList<>(blocks);
        for (int i = every - 1; i < changed.size(); i += every) changed.set(i, changed.get(i).withDepth(depth));
        return withBlocks(changed);
    }

    /** The same with each block changed. */
    public DecoderConfig eachBlock(UnaryOperator<TransformerConfig> change) { return withBlocks(blocks.stream().map(change).toList()); }

    /** Numbers in a model of this kind, by formula: for GPT-2's kind {@code L (12 d^2 + 13 d) + V d + n d + 2 d}. */
    public long parameterCount() {
        var first = blocks.getFirst();
        long sum = (long) vocabulary * width() * (tied ? 1 : 2) + (headBias ? vocabulary : 0);
        if (first.attention().positions() instanceof PositionalEncoding.Learned table) sum += table.maximum() * width();
        for (var block : blocks) sum += block.blockParameters();
        return first.placement().leavesStream() ? sum + first.norm().parameters(first) : sum;
    }

    public int layers() { return blocks.size(); }

    public int width() { return blocks.getFirst().width(); }

    public DType dtype() { return blocks.getFirst().attention().dtype(); }
}
