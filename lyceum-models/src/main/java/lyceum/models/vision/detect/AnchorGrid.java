package lyceum.models.vision.detect;

import java.util.List;
import lyceum.tensor.Tensor;

/**
 * Reference boxes about the middle of each position of a map, each of every size in every ratio.
 *
 * @param stride pixels between positions
 * @param sizes square roots of areas, in pixels
 * @param ratios height over width
 * @see <a href="https://arxiv.org/abs/1506.01497">Ren, He, Girshick and Sun (2015)</a>
 */
public record AnchorGrid(int stride, List<Double> sizes, List<Double> ratios) {
    public AnchorGrid {
        sizes = List.copyOf(sizes);
        ratios = List.copyOf(ratios);
        if (stride < 1 || sizes.isEmpty() || ratios.isEmpty() || sizes.stream().anyMatch(s -> !(s > 0))
                || ratios.stream().anyMatch(r -> !(r > 0)))
            throw new IllegalArgumentException(
                    "AnchorGrid: stride " + stride + ", sizes " + sizes + ", ratios " + ratios + "; all above 0");
    }

    /** Squares. */
    public AnchorGrid(int stride, Double... sizes) { this(stride, List.of(sizes), List.of(1.0)); }

    /** Boxes at each position. */
    public int each() { return sizes.size() * ratios.size(); }

    /** Boxes (height width each, 4), F64, of a map: row by row, those of one position side by side. */
    public Tensor boxes(long height, long width) {
        var all = new double[Math.toIntExact(Math.multiplyExact(height * width, 4L * each()))];
        int at = 0;
        for (int y = 0; y < height; y++) for (int x = 0; x < width; x++) for (double size : sizes) for (double ratio : ratios) {
            double w = size / Math.sqrt(ratio) / 2, h = size * Math.sqrt(ratio) / 2, cx = (x + 0.5) * stride, cy = (y + 0.5) * stride;
            all[at++] = cx - w;
            all[at++] = cy - h;
            all[at++] = cx + w;
            all[at++] = cy + h;
        }
        return Tensor.of(all, at / 4, 4);
    }
}
