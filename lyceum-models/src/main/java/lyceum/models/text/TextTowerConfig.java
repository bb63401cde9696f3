package lyceum.models.text;

import java.util.Objects;
import lyceum.DType;
import lyceum.nn.Activation;
import lyceum.nn.PositionalEncoding;
import lyceum.nn.TransformerConfig;
import lyceum.withers.Withers;

/**
 * The choices of a {@link TextTower}.
 *
 * {@snippet :
 * var small = new TextTowerConfig(64, 8, 32, 2, 4);
 * var published = TextTowerConfig.clip(768, 12, 12);          // 123,060,480 parameters
 * }
 *
 * @param vocabulary ids, from 0
 * @param positions ids of a text at most, to which all are padded
 * @param width of a token
 * @param depth blocks
 * @param heads of each block's attention
 * @param hidden units of its feed-forward half
 * @param activation of it
 * @param causal whether a token sees only those before it
 * @param pool what stands for the text
 * @param end the id that ends a text, or -1 for none; {@link Pool#END} takes the first in a row
 * @param padding the id that fills up what lies behind a text
 * @param masksPadding whether attention leaves padding out; the published CLIP and SigLIP see it
 * @param dropout on what each half of a block adds
 * @param epsilon of the norms
 * @param dtype of the parameters
 */
@Withers
public record TextTowerConfig(int vocabulary, int positions, int width, int depth, int heads, int hidden, Activation activation,
        boolean causal, Pool pool, int end, int padding, boolean masksPadding, double dropout, double epsilon, DType dtype)
        implements TextTowerConfigWithers {

    /** What stands for a text. */
    public enum Pool {
        /** The vector at the first {@link #end}, or at the last position of a text that has none (CLIP). */
        END,
        /** The vector at the last position, padding or not (SigLIP). */
        LAST,
        /** The vector at the first position (BERT, and with it ALIGN). */
        FIRST,
        /** The mean of the vectors that are no padding. */
        MEAN
    }

    public TextTowerConfig {
        Objects.requireNonNull(activation, "activation");
        Objects.requireNonNull(pool, "pool");
        if (vocabulary < 1 || positions < 1 || depth < 1) throw new IllegalArgumentException(
                "TextTowerConfig: vocabulary " + vocabulary + ", positions " + positions + ", depth " + depth + "; all are at least 1");
        if (padding < 0 || padding >= vocabulary || end < -1 || end >= vocabulary) throw new IllegalArgumentException(
                "TextTowerConfig: padding " + padding + ", end " + end + " are ids below " + vocabulary + "; end may be -1 for none");
        if (pool == Pool.END && end < 0) throw new IllegalArgumentException("TextTowerConfig: pool END needs the id of the end");
        if (pool == Pool.FIRST && causal) throw new IllegalArgumentException(
                "TextTowerConfig: the first token of a causal tower sees itself alone; pool by END, LAST or MEAN");
    }

    /** Both ways, GELU, hidden units four times the width, the mean of the tokens; id 0 is padding and not seen, no end. */
    public TextTowerConfig(int vocabulary, int positions, int width, int depth, int heads) {
        this(vocabulary, positions, width, depth, heads, 4 * width, Activation.GELU, false, Pool.MEAN, -1, 0, true, 0, 1e-5, DType.F32);
    }

    /**
     * Of CLIP's kind: 49,408 ids, 77 positions, causal, quick GELU, pooled at the first end (id 49,407, which pads as well). Published are (512, 12, 8) with
     * ViT-B and (768, 12, 12) with ViT-L.
     */
    public static TextTowerConfig clip(int width, int depth, int heads) {
        return new TextTowerConfig(49_408, 77, width, depth, heads).withActivation(Activation.QUICK_GELU).withCausal(true).withEnd(49_407)
                .withPool(Pool.END).withPadding(49_407).withMasksPadding(false);
    }

    /** Of SigLIP's kind: 32,000 ids, 64 positions that are all filled, both ways, GELU's tanh formula, pooled at the last position; id 1 pads. */
    public static TextTowerConfig siglip(int width, int depth, int heads) {
        return new TextTowerConfig(32_000, 64, width, depth, heads).withActivation(Activation.GELU_TANH).withPool(Pool.LAST).withPadding(1)
                .withMasksPadding(false).withEpsilon(1e-6);
    }

    /** Of each block: pre-norm, positions by a learned table. */
    public TransformerConfig block() {
        var block = TransformerConfig.original(width, heads, hidden).withPlacement(TransformerConfig.Placement.PRE).withEpsilon(epsilon)
                .withActivation(activation).withDropout(dropout).positioned(PositionalEncoding.learned(positions));
        block = block.withAttention(block.attention().withDtype(dtype));
        return causal ? block.causal() : block;
    }
}
