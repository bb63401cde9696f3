package lyceum.models.vision;

import java.util.List;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * The choices of a {@link SwinTransformer}.
 *
 * @param channels of a picture
 * @param patch side of a patch
 * @param width of the first stage; each further one doubles it and halves the grid
 * @param depths blocks in each stage
 * @param heads of each stage's attention
 * @param window side of a window, in positions
 * @param shifted whether every second block's windows are moved by half a window; without it windows never talk to each other
 * @param ratio hidden units of the feed-forward halves over the width
 * @param pathDrop with which a whole branch is dropped while learning, rising from 0 to this from first to last block
 * @param classes of the head; 0 for none: the model then gives the pooled vector
 * @param dtype of the parameters
 */
@Withers
public record SwinTransformerConfig(int channels, int patch, int width, List<Integer> depths, List<Integer> heads, int window,
        boolean shifted, int ratio, double pathDrop, int classes, DType dtype) implements VisionBackbone, SwinTransformerConfigWithers {
    public SwinTransformerConfig {
        depths = List.copyOf(depths);
        heads = List.copyOf(heads);
        if (depths.isEmpty() || depths.size() != heads.size() || depths.stream().anyMatch(d -> d < 1))
            throw new IllegalArgumentException("SwinTransformerConfig: depths " + depths + ", heads " + heads + "; one of each a stage");
        if (channels < 1 || patch < 1 || window < 1 || ratio < 1 || classes < 0) throw new IllegalArgumentException(
                "SwinTransformerConfig: " + channels + " channels, patch " + patch + ", window " + window + ", ratio " + ratio);
        for (int i = 0; i < heads.size(); i++)
            if ((width << i) % heads.get(i) != 0) throw new IllegalArgumentException(
                    "SwinTransformerConfig: " + heads.get(i) + " heads do not divide the width " + (width << i));
        if (!(pathDrop >= 0 && pathDrop < 1))
            throw new IllegalArgumentException("SwinTransformerConfig: pathDrop is " + pathDrop + "; it lies in [0, 1)");
    }

    /** Swin-T: 28,288,354 parameters. */
    public static SwinTransformerConfig tiny() {
        return new SwinTransformerConfig(3, 4, 96, List.of(2, 2, 6, 2), List.of(3, 6, 12, 24), 7, true, 4, 0.2, 1000, DType.F32);
    }

    /** Swin-S. */
    public static SwinTransformerConfig small() { return tiny().withDepths(List.of(2, 2, 18, 2)).withPathDrop(0.3); }

    /** Swin-B. */
    public static SwinTransformerConfig base() {
        return small().withHeads(List.of(1, 2, 4, 8)).withWidth(128).withHeads(List.of(4, 8, 16, 32)).withPathDrop(0.5);
    }

    @Override public SwinTransformer build(Rng rng) { return new SwinTransformer(this, rng); }
}
