package lyceum.models.multimodal;

import java.util.Objects;
import lyceum.withers.Withers;

/**
 * How a {@link ContrastiveVlm} learns.
 *
 * {@snippet :
 * var lit = new ContrastiveVlmConfig(VlmObjective.clip()).withLockedImages(true);
 * var large = new ContrastiveVlmConfig(new VlmObjective.Softmax(0, 256)).withMicroBatch(64);
 * }
 *
 * @param objective what is asked
 * @param lockedImages whether the picture's tower stays as it is: not trained, nothing dropped, no statistics moved (LiT)
 * @param microBatch pairs that go through the towers at once, computed again for the gradient; 0 for the whole batch. The towers then must not
 *         write, as batch normalisation does while learning
 * @param captionDepth blocks that predict captions from a picture's tokens, where the objective {@linkplain VlmObjective#captionWeight weighs} them
 */
@Withers
public record ContrastiveVlmConfig(VlmObjective objective, boolean lockedImages, int microBatch, int captionDepth)
        implements ContrastiveVlmConfigWithers {
    public ContrastiveVlmConfig {
        Objects.requireNonNull(objective, "objective");
        if (microBatch < 0 || captionDepth < 1) throw new IllegalArgumentException(
                "ContrastiveVlmConfig: microBatch " + microBatch + " is at least 0, captionDepth " + captionDepth + " at least 1");
    }

    /** All that learns learns, the whole batch at once, two blocks for captions if any. */
    public ContrastiveVlmConfig(VlmObjective objective) { this(objective, false, 0, 2); }
}
