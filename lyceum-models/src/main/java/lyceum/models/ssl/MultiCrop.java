package lyceum.models.ssl;

import java.util.ArrayList;
import java.util.List;
import lyceum.data.augment.Augment;
import lyceum.data.augment.ImageAugment;
import lyceum.data.augment.Raster;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Two large crops of each picture, which teacher and student see, and small ones for the student alone: parts of random size and place, brought to one size
 * and mirrored in half of the cases.
 *
 * {@snippet :
 * var crops = new MultiCrop(224, 98, 8).withAlso(ImageAugment.colour(0.4, 0.4, 0.2, 0.1));
 * List<Tensor> views = crops.of(images, rng);        // two of (n, channels, 224, 224), eight of (n, channels, 98, 98)
 * }
 *
 * @param size side of a large crop
 * @param small side of a small crop
 * @param locals how many small ones there are; 0 for none
 * @param border share of the area from which a crop is large: large ones have it to 1
 * @param least share of the area of a small one, which has up to {@code border}
 * @param also what else is done to each crop
 * @see <a href="https://arxiv.org/abs/2006.09882">Caron et al. (2020)</a>
 */
@Withers
public record MultiCrop(int size, int small, int locals, double border, double least, Augment<Raster> also) implements MultiCropWithers {
    private static final double ASPECT = Math.log(4 / 3.0);

    public MultiCrop {
        if (size < 1 || small < 1 || locals < 0) throw new IllegalArgumentException(
                "MultiCrop: sizes " + size + " and " + small + ", " + locals + " small crops; at least 1, 1 and 0");
        if (!(least > 0 && least <= border && border <= 1)) throw new IllegalArgumentException(
                "MultiCrop: shares of the area from " + least + " over " + border + " to 1; they rise, above 0");
    }

    /** Large crops of 0.32 to 1 of the area, small ones of 0.05 to 0.32, nothing else. */
    public MultiCrop(int size, int small, int locals) { this(size, small, locals, 0.32, 0.05, Augment.none()); }

    /** The views of pictures (n, channels, height, width): the two large ones first. */
    public List<Tensor> of(Tensor images, Rng rng) {
        Views large = Views.of(crop(size, border, 1)), small = Views.of(crop(this.small, least, border));
        var views = new ArrayList<Tensor>();
        for (int i = 0; i < 2 + locals; i++) views.add((i < 2 ? large : small).of(images, rng.split(rng.nextLong())));
        return List.copyOf(views);
    }

    private Augment<Raster> crop(int side, double low, double high) {
        Augment<Raster> cut = (p, rng) -> {
            double area = (low + (high - low) * rng.nextDouble()) * p.height() * p.width(), log = ASPECT * (2 * rng.nextDouble() - 1);
            int h = Math.clamp(Math.round(Math.sqrt(area * Math.exp(log))), 1, p.height());
            int w = Math.clamp(Math.round(Math.sqrt(area * Math.exp(-log))), 1, p.width());
            return p.cropped(rng.nextInt(p.height() - h + 1), rng.nextInt(p.width() - w + 1), h, w, 0).resized(side, side);
        };
        return cut.then(ImageAugment.flip()).then(also);
    }
}
