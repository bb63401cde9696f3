package lyceum.models.vision.detect;

import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * A map of fixed size from each region of a larger one by the maximum over each bin, region and bins rounded to whole positions: what Fast
 * R-CNN did before {@link lyceum.models.vision.RoiAlign} stopped rounding. Bins without a position are 0.
 *
 * @param height bins
 * @param width bins
 * @param scale from picture to map: one over the stride
 * @see <a href="https://arxiv.org/abs/1504.08083">Girshick (2015), section 2.1</a>
 */
public record RoiPool(int height, int width, double scale) {
    public RoiPool {
        if (height < 1 || width < 1 || !(scale > 0))
            throw new IllegalArgumentException("RoiPool: " + height + " x " + width + " bins, scale " + scale);
    }

    /**
     * @param maps (n, channels, h, w)
     * @param regions (k, 4): left, top, right, bottom in pixels of the picture
     * @param pictures which of the n each region lies in
     * @return (k, channels, height, width)
     */
    public Tensor of(Tensor maps, Tensor regions, int[] pictures) {
        if (maps.rank() != 4 || regions.rank() != 2 || regions.size(0) != pictures.length) throw new ShapeException(
                "RoiPool: maps " + maps.shape() + ", regions " + regions.shape() + " in " + pictures.length + " pictures");
        double[] r = regions.toDoubleArray();
        int k = pictures.length, h = (int) maps.size(2), w = (int) maps.size(3);
        boolean[] rows = new boolean[k * height * h], columns = new boolean[k * width * w];
        for (int i = 0; i < k; i++) {
            mark(rows, i * height * h, height, h, r[4 * i + 1], r[4 * i + 3]);
            mark(columns, i * width * w, width, w, r[4 * i], r[4 * i + 2]);
        }
        var down = largest(maps.rows(pictures), Tensor.of(rows, k, 1, height, h)); // (k, channels, height, w)
        return largest(down.transpose(2, 3), Tensor.of(columns, k, 1, width, w)).transpose(2, 3); // the maximum of a rectangle is one of maxima
    }

    /** The largest of x (k, channels, n, m) over those of axis 2 that each bin marks: (k, channels, bins, m). */
    private static Tensor largest(Tensor x, Tensor marks) {
        var marked = marks.unsqueeze(4);
        var all = marked.where(x.unsqueeze(2), Tensor.full(x.dtype(), Double.NEGATIVE_INFINITY)).max(3, false);
        return marks.any(3, false).unsqueeze(3).where(all, Tensor.zeros(x.dtype()));
    }

    private void mark(boolean[] marks, int from, int bins, int n, double low, double high) {
        long start = Math.round(low * scale), length = Math.max(1, Math.round(high * scale) - start + 1);
        for (int b = 0; b < bins; b++) {
            long first = start + Math.floorDiv(b * length, bins), end = start + Math.ceilDiv((b + 1) * length, bins);
            for (long i = Math.max(0, first); i < Math.min(n, end); i++) marks[from + b * n + (int) i] = true;
        }
    }
}
