package lyceum.models.ssl;

import lyceum.data.Dataset;
import lyceum.data.augment.Augment;
import lyceum.data.augment.ImageAugment;
import lyceum.data.augment.Raster;
import lyceum.data.imagenet.Preprocessing;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Random looks at the same things: what a representation shall not depend on.
 *
 * @see <a href="https://arxiv.org/abs/2002.05709">Chen, Kornblith, Norouzi and Hinton (2020), for what makes good ones</a>
 */
@FunctionalInterface
public interface Views {
    /** One look at each item of a batch (n, ..), the same for the same stream. */
    Tensor of(Tensor items, Rng rng);

    /** Pictures (n, channels, height, width), each changed with a stream of its own. */
    static Views of(Augment<Raster> augment) {
        return (images, rng) -> {
            var rows = new int[(int) images.size(0)];
            for (int i = 0; i < rows.length; i++) rows[i] = i;
            return ImageAugment.batch(Dataset.of(images, Tensor.of(rows)), rows, 0, augment, rng);
        };
    }

    /**
     * SimCLR's policy for pictures with values in [0, 1], (n, channels, height, width): a random part, stretched to the whole, mirrored in half of the cases,
     * its colours changed in four of five, and grey in one of five where there were three; without the paper's blur. Small pictures want a larger part than its
     * 0.08.
     *
     * @param least share of the area of a part, in (0, 1]
     * @param strength of the colours' change, in [0, 1.25]: brightness, contrast and saturation by up to 0.8 of it, the hue by 0.2. The paper has 1 for ImageNet
     */
    static Views simclr(double least, double strength) {
        if (!(least > 0 && least <= 1 && strength >= 0 && strength <= 1.25)) throw new IllegalArgumentException(
                "Views.simclr: parts of at least " + least + ", strength " + strength + "; they lie in (0, 1] and [0, 1.25]");
        double jitter = 0.8 * strength;
        Augment<Raster> part = (p, rng) -> {
            var cut = Preprocessing.randomPart(p.height(), p.width(), least, rng);
            return p.cropped(cut.top(), cut.left(), cut.height(), cut.width(), 0).resized(p.height(), p.width());
        };
        return of(part.then(ImageAugment.flip()).then(Augment.sometimes(0.8, ImageAugment.colour(jitter, jitter, jitter, 0.2 * strength)))
                .then(Augment.sometimes(0.2, (p, rng) -> p.grey())));
    }
}
