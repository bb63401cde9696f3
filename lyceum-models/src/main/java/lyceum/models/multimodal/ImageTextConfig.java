package lyceum.models.multimodal;

import lyceum.withers.Withers;

/**
 * How an {@link ImageTextEncoder} joins its towers.
 *
 * @param embedding width of the common space
 * @param projectsImages whether pictures go through a projection; without one the space is as wide as the picture's tower (LiT)
 * @param scale what cosines are multiplied by at first, above 0: one over a temperature
 * @param maximumScale the scale is kept at or below it; infinite for no limit
 * @param biased whether a learned number is added to all similarities, as for decisions by a sigmoid
 * @param bias that number at first
 */
@Withers
public record ImageTextConfig(int embedding, boolean projectsImages, double scale, double maximumScale, boolean biased, double bias)
        implements ImageTextConfigWithers {
    public ImageTextConfig {
        if (embedding < 1) throw new IllegalArgumentException("ImageTextConfig: embedding is " + embedding + "; it is at least 1");
        if (!(scale > 0 && scale <= maximumScale && scale < Double.POSITIVE_INFINITY) || !Double.isFinite(bias))
            throw new IllegalArgumentException(
                    "ImageTextConfig: scale " + scale + " lies in (0, " + maximumScale + "], bias " + bias + " is finite");
    }

    /** CLIP's: a scale of 1 / 0.07 at first, at most 100; no bias. */
    public ImageTextConfig(int embedding) { this(embedding, true, 1 / 0.07, 100, false, 0); }

    /** SigLIP's: a scale of 10 at first, without a limit; a bias of -10. */
    public static ImageTextConfig sigmoid(int embedding) {
        return new ImageTextConfig(embedding, true, 10, Double.POSITIVE_INFINITY, true, -10);
    }
}
