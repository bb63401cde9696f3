package lyceum.models.vision;

import lyceum.DType;
import lyceum.nn.Activation;
import lyceum.nn.TransformerConfig;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * The choices of a {@link VisionTransformer}.
 *
 * {@snippet :
 * var base = VisionTransformerConfig.base(16);                                        // ViT-B/16 for 224 x 224
 * var small = new VisionTransformerConfig(28, 4, 1, 64, 4, 4).withClasses(10);
 * }
 *
 * @param imageHeight of the pictures it is trained on, a multiple of {@code patch}; others are seen with interpolated positions
 * @param imageWidth likewise
 * @param patch side of a patch
 * @param channels of a picture
 * @param width of a token
 * @param depth blocks
 * @param heads of each block's attention
 * @param hidden units of its feed-forward half
 * @param classes of the head; 0 for none: the model then gives the pooled vector
 * @param classToken whether a learned token stands in front of the patches
 * @param distilled whether another one does, with a head of its own, that learns from a teacher (DeiT)
 * @param registers learned tokens without a position or an output (Darcet et al. 2024)
 * @param pool what stands for the picture
 * @param positions how order is told
 * @param dropout after the positions and on what each half of a block adds
 * @param epsilon of the norms
 * @param dtype of the parameters
 */
@Withers
public record VisionTransformerConfig(int imageHeight, int imageWidth, int patch, int channels, int width, int depth, int heads, int hidden,
        int classes, boolean classToken, boolean distilled, int registers, Pool pool, Positions positions, double dropout, double epsilon,
        DType dtype) implements VisionBackbone, VisionTransformerConfigWithers {

    /** What stands for the picture. */
    public enum Pool {
        /** The class token. */
        CLASS,
        /** The mean of the patches. */
        MEAN
    }

    /** How order is told. */
    public enum Positions {
        /** A learned vector a position. */
        LEARNED,
        /** Sines and cosines of row and column, a half of the width each, fixed (He et al. 2022; Chen, Xie and He 2021). */
        SINUSOIDAL,
        /** Not at all: a bag of patches. */
        NONE
    }

    public VisionTransformerConfig {
        if (imageHeight < 1 || imageWidth < 1 || patch < 1 || imageHeight % patch != 0 || imageWidth % patch != 0)
            throw new IllegalArgumentException(
                    "VisionTransformerConfig: patches of " + patch + " do not fill " + imageHeight + " x " + imageWidth);
        if (channels < 1 || depth < 1)
            throw new IllegalArgumentException("VisionTransformerConfig: " + channels + " channels, depth " + depth + "; at least 1");
        if (classes < 0 || registers < 0)
            throw new IllegalArgumentException("VisionTransformerConfig: " + classes + " classes, " + registers + " registers; at least 0");
        if ((pool == Pool.CLASS || distilled) && !classToken)
            throw new IllegalArgumentException("VisionTransformerConfig: pool CLASS and distillation need a class token; pool by MEAN");
        if (distilled && classes == 0)
            throw new IllegalArgumentException("VisionTransformerConfig: a distilled one has heads; give it classes");
        if (positions == Positions.SINUSOIDAL && width % 4 != 0)
            throw new IllegalArgumentException("VisionTransformerConfig: sinusoidal positions need a width of whole fours, not " + width);
    }

    /** Square pictures, a class token, learned positions, hidden units four times the width, no head. */
    public VisionTransformerConfig(int image, int patch, int channels, int width, int depth, int heads) {
        this(image, image, patch, channels, width, depth, heads, 4 * width, 0, true, false, 0, Pool.CLASS, Positions.LEARNED, 0, 1e-6,
                DType.F32);
    }

    private static VisionTransformerConfig imageNet(int patch, int width, int depth, int heads) {
        return new VisionTransformerConfig(224, patch, 3, width, depth, heads).withClasses(1000);
    }

    /** Width 192: the size that DeiT calls Ti. */
    public static VisionTransformerConfig tiny(int patch) { return imageNet(patch, 192, 12, 3); }

    /** Width 384. */
    public static VisionTransformerConfig small(int patch) { return imageNet(patch, 384, 12, 6); }

    /** ViT-B: 224 x 224, 1,000 classes, width 768, 12 blocks of 12 heads. */
    public static VisionTransformerConfig base(int patch) { return imageNet(patch, 768, 12, 12); }

    /** ViT-L: width 1,024, 24 blocks of 16 heads. */
    public static VisionTransformerConfig large(int patch) { return imageNet(patch, 1024, 24, 16); }

    /** ViT-H: width 1,280, 32 blocks of 16 heads. */
    public static VisionTransformerConfig huge(int patch) { return imageNet(patch, 1280, 32, 16); }

    /** For square pictures of that side. */
    public VisionTransformerConfig withImage(int side) { return withImageHeight(side).withImageWidth(side); }

    /** Patches in a picture. */
    public int patches() { return imageHeight / patch * (imageWidth / patch); }

    /** Tokens in front of the patches that have a position: class and distillation token. */
    public int prefix() { return (classToken ? 1 : 0) + (distilled ? 1 : 0); }

    /** Of each block: pre-norm, GELU. */
    public TransformerConfig block() {
        var block = TransformerConfig.original(width, heads, hidden).withPlacement(TransformerConfig.Placement.PRE).withEpsilon(epsilon)
                .withActivation(Activation.GELU).withDropout(dropout);
        return block.withAttention(block.attention().withDtype(dtype));
    }

    @Override public VisionTransformer build(Rng rng) { return new VisionTransformer(this, rng); }
}
