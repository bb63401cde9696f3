package lyceum.models.generative.diffusion;

import java.util.Objects;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.withers.Withers;

/**
 * The shape of a {@link DiffusionTransformer}.
 *
 * @param size side of the square input, a multiple of the patch
 * @param channels of it
 * @param patch side of a patch
 * @param width of the tokens, a multiple of 4 and of the heads
 * @param depth blocks
 * @param heads of attention
 * @param mlpRatio hidden units of a block's network over the width
 * @param classes that condition it; 0 for none. Class number {@code classes} means "none"
 * @param learnedVariance whether a second half of channels says a variance
 * @param conditioning how time and class enter
 * @param timeScale multiplies the time before it becomes waves: 1 for step numbers, 1,000 for times from 0 to 1
 * @param dtype of the parameters: F32 or F64
 */
@Withers
public record DiffusionTransformerConfig(int size, int channels, int patch, int width, int depth, int heads, int mlpRatio, int classes,
        boolean learnedVariance, Conditioning conditioning, double timeScale, DType dtype) implements DiffusionTransformerConfigWithers {

    /** How time and class enter. */
    public enum Conditioning {
        /** As scales, shifts and gates of each block, all zero at first: the paper's best. */
        ADAPTIVE_NORM_ZERO,
        /** As two tokens that each block looks at by cross-attention. */
        CROSS_ATTENTION,
        /** As two more tokens of the sequence. */
        IN_CONTEXT
    }

    public DiffusionTransformerConfig {
        Objects.requireNonNull(conditioning, "conditioning");
        if (size < 1 || channels < 1 || patch < 1 || depth < 1 || heads < 1 || mlpRatio < 1 || classes < 0)
            throw new IllegalArgumentException("DiffusionTransformerConfig: size " + size + ", channels " + channels + ", patch " + patch
                    + ", depth " + depth + ", heads " + heads + ", mlpRatio " + mlpRatio + ", classes " + classes
                    + "; all are at least 1, classes at least 0");
        if (size % patch != 0)
            throw new IllegalArgumentException("DiffusionTransformerConfig: patches of " + patch + " do not fill a side of " + size);
        if (width < 4 || width % 4 != 0 || width % heads != 0) throw new IllegalArgumentException(
                "DiffusionTransformerConfig: width " + width + " with " + heads + " heads; it is a multiple of 4 and of the heads");
        if (!(timeScale > 0))
            throw new IllegalArgumentException("DiffusionTransformerConfig: timeScale is " + timeScale + "; it is above 0");
        if (dtype != DType.F32 && dtype != DType.F64)
            throw new DTypeException("DiffusionTransformerConfig: dtype is " + dtype + "; it is F32 or F64");
    }

    /** For step numbers, adaptive norms, four hidden units a number of the width, no learned variance, F32. */
    public DiffusionTransformerConfig(int size, int channels, int patch, int width, int depth, int heads, int classes) {
        this(size, channels, patch, width, depth, heads, 4, classes, false, Conditioning.ADAPTIVE_NORM_ZERO, 1, DType.F32);
    }

    private static DiffusionTransformerConfig imageNet(int patch, int width, int depth, int heads) {
        return new DiffusionTransformerConfig(32, 4, patch, width, depth, heads, 1_000).withLearnedVariance(true);
    }

    /** DiT-S: latents (4, 32, 32) of 256 pixels a side, 1,000 classes, with a variance. @param patch 2, 4 or 8 */
    public static DiffusionTransformerConfig small(int patch) { return imageNet(patch, 384, 12, 6); }

    /** DiT-B. */
    public static DiffusionTransformerConfig base(int patch) { return imageNet(patch, 768, 12, 12); }

    /** DiT-L. */
    public static DiffusionTransformerConfig large(int patch) { return imageNet(patch, 1024, 24, 16); }

    /** DiT-XL. */
    public static DiffusionTransformerConfig extraLarge(int patch) { return imageNet(patch, 1152, 28, 16); }

    /** Tokens of an input. */
    public int tokens() { return (size / patch) * (size / patch); }

    /** Channels of the output. */
    public int outputs() { return learnedVariance ? 2 * channels : channels; }
}
