package lyceum.models.ssl;

import lyceum.data.Dataset;
import lyceum.data.augment.Augment;
import lyceum.data.augment.ImageAugment;
import lyceum.data.augment.Raster;
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
}
