package lyceum.models.generative.diffusion;

import java.util.List;
import java.util.Objects;
import lyceum.DType;
import lyceum.withers.Withers;

/**
 * The shape of a {@link VideoTransformer}. Clips may have any number of frames and any size that the patches fill.
 *
 * @param channels of a frame
 * @param patchTime frames of a patch
 * @param patch side of a patch in pixels
 * @param width of the tokens, a multiple of 12 and of the heads
 * @param depth blocks
 * @param heads of attention
 * @param mlpRatio hidden units of a block's network over the width
 * @param classes that condition it; 0 for none. Class number {@code classes} means "none"
 * @param contextWidth of a text's vectors that every block looks at; 0 for none
 * @param looking which tokens look at which
 * @param timeScale multiplies the time before it becomes waves: 1,000 for times from 0 to 1
 * @param dtype of the parameters: F32 or F64
 */
@Withers
public record VideoTransformerConfig(int channels, int patchTime, int patch, int width, int depth, int heads, int mlpRatio, int classes,
        int contextWidth, Looking looking, double timeScale, DType dtype) implements VideoTransformerConfigWithers {

    /** Which tokens look at which. */
    public enum Looking {
        /** All at all: dear, and sees moving things directly. */
        JOINT(SpaceTimeAttention.JOINT),
        /** Within frames, then along time at each place. */
        FACTORISED(SpaceTimeAttention.SPACE, SpaceTimeAttention.TIME),
        /** Within frames only: a model of pictures, which knows no motion. */
        FRAMES(SpaceTimeAttention.SPACE);

        private final List<SpaceTimeAttention> steps;

        Looking(SpaceTimeAttention... steps) { this.steps = List.of(steps); }

        /** The attentions of a block, one after the other. */
        public List<SpaceTimeAttention> steps() { return steps; }
    }

    public VideoTransformerConfig {
        Objects.requireNonNull(looking, "looking");
        if (patchTime < 1 || contextWidth < 0 || width % 12 != 0) throw new IllegalArgumentException("VideoTransformerConfig: patchTime "
                + patchTime + ", contextWidth " + contextWidth + ", width " + width + "; at least 1, at least 0, and a multiple of 12");
        if (classes > 0 && contextWidth > 0) throw new IllegalArgumentException(
                "VideoTransformerConfig: " + classes + " classes and a context; a clip has one kind of condition");
        of(channels, patch, patchTime, width, depth, heads, mlpRatio, classes, timeScale, dtype);
    }

    /** Joint attention, four hidden units a number of the width, no text, times from 0 to 1, F32. */
    public VideoTransformerConfig(int channels, int patchTime, int patch, int width, int depth, int heads, int classes) {
        this(channels, patchTime, patch, width, depth, heads, 4, classes, 0, Looking.JOINT, 1000, DType.F32);
    }

    private static DiffusionTransformerConfig of(int channels, int patch, int patchTime, int width, int depth, int heads, int mlpRatio,
            int classes, double timeScale, DType dtype) {
        return new DiffusionTransformerConfig(patch, patchTime * channels, patch, width, depth, heads, classes).withMlpRatio(mlpRatio)
                .withTimeScale(timeScale).withDtype(dtype);
    }

    /** The transformer of one patch as a picture, whose parts this one shares. */
    DiffusionTransformerConfig parts() { return of(channels, patch, patchTime, width, depth, heads, mlpRatio, classes, timeScale, dtype); }
}
