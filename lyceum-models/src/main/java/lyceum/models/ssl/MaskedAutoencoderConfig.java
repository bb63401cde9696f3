package lyceum.models.ssl;

import lyceum.models.vision.VisionTransformerConfig;
import lyceum.nn.TransformerConfig;
import lyceum.withers.Withers;

/**
 * The choices of a {@link MaskedAutoencoder}.
 *
 * {@snippet :
 * var config = new MaskedAutoencoderConfig(new VisionTransformerConfig(28, 4, 1, 64, 4, 4)).withNormalised(true);
 * }
 *
 * @param encoder what is kept; the paper's positions are {@link VisionTransformerConfig.Positions#SINUSOIDAL}
 * @param width of the decoder's tokens, a multiple of 4
 * @param depth the decoder's blocks
 * @param heads of each
 * @param hidden share of patches that are hidden, in (0, 1)
 * @param normalised whether each hidden patch is told by its deviations from its own mean over its own standard deviation
 */
@Withers
public record MaskedAutoencoderConfig(VisionTransformerConfig encoder, int width, int depth, int heads, double hidden, boolean normalised)
        implements MaskedAutoencoderConfigWithers {

    public MaskedAutoencoderConfig {
        if (encoder.distilled() || encoder.classes() != 0) throw new IllegalArgumentException(
                "MaskedAutoencoderConfig: the encoder has a head; give it 0 classes, and classify with MaskedAutoencoder.classifier");
        if (width < 4 || width % 4 != 0 || depth < 1) throw new IllegalArgumentException("MaskedAutoencoderConfig: a decoder of width "
                + width + ", depth " + depth + "; the width is a multiple of 4, the depth at least 1");
        if (!(hidden > 0 && hidden < 1))
            throw new IllegalArgumentException("MaskedAutoencoderConfig: hidden is " + hidden + "; it lies in (0, 1)");
    }

    /** One block of the encoder's width and heads decodes; 75% are hidden; pixels as they are. */
    public MaskedAutoencoderConfig(VisionTransformerConfig encoder) { this(encoder, encoder.width(), 1, encoder.heads(), 0.75, false); }

    /** The paper's: ViT-B/16 with fixed positions, 8 blocks of width 512 and 16 heads decode normalised patches. */
    public static MaskedAutoencoderConfig base() {
        var encoder = VisionTransformerConfig.base(16).withClasses(0).withPositions(VisionTransformerConfig.Positions.SINUSOIDAL);
        return new MaskedAutoencoderConfig(encoder, 512, 8, 16, 0.75, true);
    }

    /** Of each of the decoder's blocks: pre-norm, GELU, hidden units four times the width. */
    public TransformerConfig block() { return encoder.withWidth(width).withHeads(heads).withHidden(4 * width).block(); }
}
