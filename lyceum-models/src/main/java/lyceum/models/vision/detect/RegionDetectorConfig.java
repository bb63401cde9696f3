package lyceum.models.vision.detect;

import java.util.Objects;
import lyceum.models.vision.BoxCoding;
import lyceum.withers.Withers;

/**
 * The choices of a {@link RegionDetector}.
 *
 * @param generation what is shared and where regions come from
 * @param classes of objects
 * @param anchors reference boxes at the map of the backbone, whose stride they have; without learned proposals, the windows that
 *         are looked at where no others are given
 * @param bins of a region's map, in each direction
 * @param aligned whether regions are cut by {@link lyceum.models.vision.RoiAlign}; else by {@link RoiPool}
 * @param crop side to which R-CNN warps a region, a multiple of the stride
 * @param hidden units of the head
 * @param coding of the head's boxes
 * @param considered proposals with the highest scores, before suppression
 * @param proposals after it, in a picture
 * @param sampled regions of a picture that the head learns from, up to half of them objects
 * @param overlap above which the IoU of a region with an object makes it one
 * @param threshold of scores that are told, 0.05 as torchvision has it
 * @param suppression IoU above which the less sure of two boxes of a class is left out
 */
@Withers
public record RegionDetectorConfig(Generation generation, int classes, AnchorGrid anchors, int bins, boolean aligned, int crop, int hidden,
        BoxCoding coding, int considered, int proposals, int sampled, double overlap, double threshold, double suppression)
        implements RegionDetectorConfigWithers {

    /** What is shared and where regions come from. */
    public enum Generation {
        /** Each region is cut from the picture, warped and sent through the backbone (Girshick et al. 2014). */
        R_CNN,
        /** One pass over the picture; regions are cut from its map (Girshick 2015). */
        FAST,
        /** And come from the map as well, by a network of proposals (Ren et al. 2015). */
        FASTER
    }

    public RegionDetectorConfig {
        Objects.requireNonNull(generation, "generation");
        Objects.requireNonNull(anchors, "anchors");
        Objects.requireNonNull(coding, "coding");
        if (classes < 1 || bins < 1 || crop < 1 || hidden < 1 || considered < 1 || proposals < 1 || sampled < 2)
            throw new IllegalArgumentException("RegionDetectorConfig: " + classes + " classes, " + bins + " bins, crop " + crop
                    + ", hidden " + hidden + ", " + considered + " considered, " + proposals + " proposals, " + sampled + " sampled");
        if (!(overlap > 0 && overlap < 1 && threshold >= 0 && threshold < 1 && suppression >= 0 && suppression <= 1))
            throw new IllegalArgumentException("RegionDetectorConfig: overlap " + overlap + ", threshold " + threshold + ", suppression "
                    + suppression + "; they lie between 0 and 1");
    }

    /** Faster R-CNN at the size of small pictures: 5 x 5 bins, a head of 64 units, 24 proposals, warped to 48 pixels where they are. */
    public RegionDetectorConfig(int classes, AnchorGrid anchors) {
        this(Generation.FASTER, classes, anchors, 5, true, 48, 64, new BoxCoding(10, 5, Math.log(1000.0 / 16)), 200, 24, 16, 0.5, 0.05,
                0.4);
    }
}
