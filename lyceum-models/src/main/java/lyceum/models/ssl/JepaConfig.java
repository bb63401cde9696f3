package lyceum.models.ssl;

import lyceum.models.vision.VisionTransformerConfig;
import lyceum.nn.TransformerConfig;
import lyceum.withers.Withers;

/**
 * The choices of a {@link Jepa}.
 *
 * {@snippet :
 * var vit = new VisionTransformerConfig(14, 2, 1, 32, 2, 4).withPool(VisionTransformerConfig.Pool.MEAN).withClassToken(false);
 * var images = new JepaConfig(vit);
 * var clips = new JepaConfig(vit.withChannels(2)).withFrames(8).withTubelet(2).withMasks(BlockMasks.clips());   // a tubelet's frames are channels
 * }
 *
 * @param encoder what is kept: without a class token, pooled by the mean; its channels are those of a picture times {@code tubelet}
 * @param frames of a clip; 1 for pictures
 * @param tubelet frames that one token spans, which divide {@code frames}
 * @param width of the predictor's tokens, a multiple of 4
 * @param depth the predictor's blocks
 * @param heads of each
 * @param masks which blocks are predicted, from what
 * @param beta where the smooth L1 loss turns from a square to a line; 0 for plain absolute differences
 * @param momentum of the teacher at the beginning; it rises to 1
 */
@Withers
public record JepaConfig(VisionTransformerConfig encoder, int frames, int tubelet, int width, int depth, int heads, BlockMasks masks,
        double beta, double momentum) implements JepaConfigWithers {

    public JepaConfig {
        if (encoder.classToken() || encoder.registers() > 0 || encoder.classes() != 0) throw new IllegalArgumentException(
                "JepaConfig: the encoder has a class token, registers or a head; JEPA's has none: withPool(MEAN).withClassToken(false)");
        if (frames < 1 || tubelet < 1 || frames % tubelet != 0 || encoder.channels() % tubelet != 0)
            throw new IllegalArgumentException("JepaConfig: " + frames + " frames in tubelets of " + tubelet + ", " + encoder.channels()
                    + " channels; tubelets divide both");
        if (width < 4 || width % 4 != 0 || depth < 1) throw new IllegalArgumentException(
                "JepaConfig: a predictor of width " + width + ", depth " + depth + "; the width is a multiple of 4, the depth at least 1");
        if (!(beta >= 0) || !(momentum >= 0 && momentum <= 1))
            throw new IllegalArgumentException("JepaConfig: beta " + beta + ", momentum " + momentum + "; at least 0, and in [0, 1]");
    }

    /** Pictures; a predictor of one block of the encoder's heads and half its width; {@link BlockMasks#images}, beta 1, momentum 0.99. */
    public JepaConfig(VisionTransformerConfig encoder) {
        this(encoder, 1, 1, encoder.width() / 2, 1, encoder.heads(), BlockMasks.images(), 1, 0.99);
    }

    /** Tokens in time. */
    public int times() { return frames / tubelet; }

    /** Of each of the predictor's blocks: pre-norm, GELU, hidden units four times the width. */
    public TransformerConfig block() { return encoder.withWidth(width).withHeads(heads).withHidden(4 * width).block(); }
}
