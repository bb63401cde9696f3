package lyceum.llm;

import java.util.Collections;
import java.util.List;
import lyceum.DType;
import lyceum.nn.Activation;
import lyceum.nn.AttentionConfig;
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
            if (block.width() != blocks.getFirst().width()) throw new IllegalArgumentException(
                    "DecoderConfig: blocks of the widths " + blocks.getFirst().width() + " and " + block.width() + "; they share one stream");
        for (int mark : new int[] {startMark, endMark})
            if (mark < -1 || mark >= vocabulary)
                throw new IllegalArgumentException("DecoderConfig: the mark " + mark + " is no id of a vocabulary of " + vocabulary);
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

    /** Of Llama's kind: RMS norms, rotary positions, grouped queries, SwiGLU, no biases, a head of its own. */
    public static DecoderConfig llama(int vocabulary, int contextLength, int layers, int width, int heads, int keyHeads, int hidden) {
        var attention = new AttentionConfig(width, heads).withKeyHeads(keyHeads).withBias(false)
                .withPositions(new RotaryEmbedding(width / heads, 10_000));
        var block = TransformerConfig.original(width, heads, hidden).withAttention(attention).withPlacement(TransformerConfig.Placement.PRE)
                .withNorm(TransformerConfig.Norm.RMS).withGated(true).withActivation(Activation.SILU).withBias(false).causal();
        return new DecoderConfig(vocabulary, contextLength, layers, block).withTied(false);
    }

    public int layers() { return blocks.size(); }

    public int width() { return blocks.getFirst().width(); }

    public DType dtype() { return blocks.getFirst().attention().dtype(); }
}
