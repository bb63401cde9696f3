package lyceum.models.vision.detect;

import lyceum.withers.Withers;

/**
 * The choices of a {@link Detr}.
 *
 * @param classes of objects
 * @param queries boxes that it tells of each picture: the most that it can find
 * @param width of the transformer, a multiple of four
 * @param heads of attention, a divisor of the width
 * @param hidden units of its feed-forward halves
 * @param encoders layers over the map
 * @param decoders layers over the queries
 * @param boxWeight of the distance of sides in loss and matching, 5
 * @param overlapWeight of {@code 1 - GIoU}, 2
 * @param nothingWeight of the class "nothing" in the loss, 0.1: most queries are it
 * @param auxiliary whether each decoder layer's answers are judged in training, not the last's alone
 */
@Withers
public record DetrConfig(int classes, int queries, int width, int heads, int hidden, int encoders, int decoders, double boxWeight,
        double overlapWeight, double nothingWeight, boolean auxiliary) implements DetrConfigWithers {
    public DetrConfig {
        if (classes < 1 || queries < 1 || hidden < 1 || encoders < 0 || decoders < 1)
            throw new IllegalArgumentException("DetrConfig: " + classes + " classes, " + queries + " queries, hidden " + hidden + ", "
                    + encoders + " encoders, " + decoders + " decoders");
        if (width < 4 || width % 4 != 0 || heads < 1 || width % heads != 0)
            throw new IllegalArgumentException("DetrConfig: width " + width + " (a multiple of 4) and " + heads + " heads (a divisor)");
        if (!(boxWeight >= 0 && overlapWeight >= 0 && nothingWeight > 0)) throw new IllegalArgumentException(
                "DetrConfig: weights " + boxWeight + ", " + overlapWeight + ", " + nothingWeight + "; they are not negative");
    }

    /** 100 queries of width 256, six layers each way, as in the paper. */
    public static DetrConfig original(int classes) { return new DetrConfig(classes, 100, 256, 8, 2048, 6, 6, 5, 2, 0.1, true); }

    /** Eight queries of width 32, one layer over the map, two over the queries. */
    public static DetrConfig small(int classes) { return new DetrConfig(classes, 8, 32, 4, 64, 1, 2, 5, 2, 0.1, true); }
}
