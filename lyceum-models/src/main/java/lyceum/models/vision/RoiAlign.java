package lyceum.models.vision;

import lyceum.ShapeException;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * A map of fixed size from each region of a larger one: a region is cut into bins, each bin is the mean of bilinear samples. Rows and
 * columns are sampled apart, {@code Y map X'}, so gradients
 * flow to the map.
 *
 * @param height bins
 * @param width bins
 * @param scale from picture to map: one over the stride
 * @param samples in each direction of a bin; 0 for as many as the bin has pixels, rounded up
 * @param aligned whether pixel centres lie at halves, as they should; false is the older way
 * @see <a href="https://arxiv.org/abs/1703.06870">He, Gkioxari, Dollar and Girshick (2017)</a>
 */
@Withers
public record RoiAlign(int height, int width, double scale, int samples, boolean aligned) implements RoiAlignWithers {
    public RoiAlign {
        if (height < 1 || width < 1 || samples < 0 || !(scale > 0))
            throw new IllegalArgumentException("RoiAlign: " + height + " x " + width + " bins, scale " + scale + ", samples " + samples);
    }

    /** Square, two samples in each direction, aligned. */
    public RoiAlign(int bins, double scale) { this(bins, bins, scale, 2, true); }

    /**
     * @param maps (n, channels, h, w)
     * @param regions (k, 4): left, top, right, bottom in pixels of the picture
     * @param pictures which of the n each region lies in
     * @return (k, channels, height, width)
     */
    public Tensor of(Tensor maps, Tensor regions, int[] pictures) {
        if (maps.rank() != 4 || regions.rank() != 2 || regions.size(0) != pictures.length) throw new ShapeException(
                "RoiAlign: maps " + maps.shape() + ", regions " + regions.shape() + " in " + pictures.length + " pictures");
        double[] r = regions.toDoubleArray();
        int k = pictures.length, h = (int) maps.size(2), w = (int) maps.size(3);
        double[] down = new double[k * height * h], across = new double[k * width * w];
        for (int i = 0; i < k; i++) {
            weigh(down, i * height * h, height, h, r[4 * i + 1], r[4 * i + 3]);
            weigh(across, i * width * w, width, w, r[4 * i], r[4 * i + 2]);
        }
        Tensor y = Tensor.of(down, k, 1, height, h).to(maps.dtype()), x = Tensor.of(across, k, 1, width, w).to(maps.dtype());
        return y.matmul(maps.rows(pictures)).matmul(x.transpose(2, 3));
    }

    /** What each bin between two ends takes of each of n pixels. */
    private void weigh(double[] weights, int from, int bins, int n, double low, double high) {
        double start = low * scale - (aligned ? 0.5 : 0), length = (high - low) * scale;
        if (!aligned) length = Math.max(1, length);
        double bin = length / bins;
        int count = samples > 0 ? samples : Math.max(1, (int) Math.ceil(bin));
        for (int b = 0; b < bins; b++) {
            for (int s = 0; s < count; s++) {
                double at = start + b * bin + (s + 0.5) * bin / count;
                if (at < -1 || at > n) continue; // far outside there is nothing
                at = Math.clamp(at, 0, n - 1);
                int i = (int) at;
                weights[from + b * n + i] += (1 - (at - i)) / count;
                if (i + 1 < n) weights[from + b * n + i + 1] += (at - i) / count;
            }
        }
    }
}
