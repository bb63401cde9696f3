package lyceum.llm;

import java.util.Objects;
import lyceum.nn.Activation;
import lyceum.nn.AttentionConfig;
import lyceum.nn.RelativePosition;
import lyceum.nn.Transformer;
import lyceum.nn.TransformerConfig;
import lyceum.tensor.Attention;
import lyceum.withers.Withers;

/**
 * The choices of an {@link EncoderDecoderLM}.
 *
 * {@snippet :
 * var small = EncoderDecoderConfig.t5Small();                                         // 60,506,624 parameters
 * var tiny = EncoderDecoderConfig.t5(100, 2, 32, 4, 64).withBlock(small.block());
 * }
 *
 * @param vocabulary ids are 0 to this less one
 * @param block of both stacks; the decoder's is made causal and looks at the encoder's output
 * @param encoderLayers at least 1
 * @param decoderLayers at least 1
 * @param head what makes logits
 * @param padMark fills rows behind their end, and is not predicted
 * @param startMark what the decoder reads first
 * @param endMark what ends a text
 */
@Withers
public record EncoderDecoderConfig(int vocabulary, TransformerConfig block, int encoderLayers, int decoderLayers, Transformer.Head head,
        int padMark, int startMark, int endMark) implements EncoderDecoderConfigWithers {
    public EncoderDecoderConfig {
        Objects.requireNonNull(block, "block");
        Objects.requireNonNull(head, "head");
        if (vocabulary < 1 || encoderLayers < 1 || decoderLayers < 1)
            throw new IllegalArgumentException("EncoderDecoderConfig: a vocabulary of " + vocabulary + ", " + encoderLayers + " and "
                    + decoderLayers + " layers; all are at least 1");
        for (int mark : new int[] {padMark, startMark, endMark})
            if (mark < 0 || mark >= vocabulary) throw new IllegalArgumentException(
                    "EncoderDecoderConfig: the mark " + mark + " is not an id of a vocabulary of " + vocabulary);
    }

    /**
     * Of T5's kind: RMS norms before each half, no biases, 32 buckets of distances shared by a stack's layers, scores that are not scaled, ReLU, a tied head; 0 pads
     * and starts, 1 ends.
     *
     * @param layers of each stack
     */
    public static EncoderDecoderConfig t5(int vocabulary, int layers, int width, int heads, int headWidth, int hidden) {
        var attention = new AttentionConfig(heads * headWidth, heads).withWidth(width).withKeyWidth(width).withValueWidth(width)
                .withBias(false).withAttention(new Attention().withScale(1)).withPositions(RelativePosition.t5(true));
        var block = TransformerConfig.original(heads * headWidth, heads, hidden).withAttention(attention)
                .withPlacement(TransformerConfig.Placement.PRE).withNorm(TransformerConfig.Norm.RMS).withEpsilon(1e-6).withBias(false);
        return new EncoderDecoderConfig(vocabulary, block, layers, layers, Transformer.Head.TIED_SCALED, 0, 0, 1);
    }

    /** The same, heads dividing the width. */
    public static EncoderDecoderConfig t5(int vocabulary, int layers, int width, int heads, int hidden) {
        return t5(vocabulary, layers, width, heads, width / heads, hidden);
    }

    /** T5-small: 32,128 ids, 6 and 6 layers of 512; 60,506,624 parameters. */
    public static EncoderDecoderConfig t5Small() { return t5(32_128, 6, 512, 8, 64, 2048); }

    /** T5-base: 222,903,552 parameters. */
    public static EncoderDecoderConfig t5Base() { return t5(32_128, 12, 768, 12, 64, 3072); }

    /** T5-large: 737,668,096 parameters. */
    public static EncoderDecoderConfig t5Large() { return t5(32_128, 24, 1024, 16, 64, 4096); }

    /** As version 1.1, Flan-T5 and mT5 have it: GELU gates in the feed-forward half and a head of its own. */
    public EncoderDecoderConfig gated() {
        return withBlock(block.withGated(true).withActivation(Activation.GELU_TANH)).withHead(Transformer.Head.OWN);
    }

    public int width() { return block.width(); }
}
