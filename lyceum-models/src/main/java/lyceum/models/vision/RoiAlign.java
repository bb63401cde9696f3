package lyceum.models.vision;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Parallel;
import lyceum.tensor.GradMode;
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
        if (maps.dtype() == DType.F32 && !GradMode.isRecording()) return direct(maps, down, across, pictures);
        Tensor y = Tensor.of(down, k, 1, height, h).to(maps.dtype()), x = Tensor.of(across, k, 1, width, w).to(maps.dtype());
        return y.matmul(maps.rows(pictures)).matmul(x.transpose(2, 3));
    }

    /** The same without a record: of each region the rows and columns that its bins take something of, and no others. */
    private Tensor direct(Tensor maps, double[] down, double[] across, int[] pictures) {
        int k = pictures.length, channels = (int) maps.size(1), h = (int) maps.size(2), w = (int) maps.size(3);
        for (int picture : pictures)
            if (picture < 0 || picture >= maps.size(0))
                throw new ShapeException("RoiAlign: a region in picture " + picture + " of " + maps.size(0));
        float[] all = maps.toFloatArray(), out = new float[k * channels * height * width];
        Parallel.range(k, 1, (from, to) -> {
            for (int r = (int) from; r < to; r++) {
                int[] rows = reach(down, r * height * h, height, h), columns = reach(across, r * width * w, width, w);
                int first = Integer.MAX_VALUE, end = 0;
                for (int b = 0; b < width; b++) if (columns[2 * b] < columns[2 * b + 1]) {
                    first = Math.min(first, columns[2 * b]);
                    end = Math.max(end, columns[2 * b + 1]);
                }
                var line = new float[Math.max(0, end - first)];
                for (int c = 0; c < channels; c++) for (int b = 0; b < height; b++) {
                    Arrays.fill(line, 0);
                    for (int y = rows[2 * b]; y < rows[2 * b + 1]; y++) {
                        float weight = (float) down[(r * height + b) * h + y];
                        int at = ((pictures[r] * channels + c) * h + y) * w + first;
                        for (int x = 0; x < line.length; x++) line[x] += weight * all[at + x];
                    }
                    int to0 = ((r * channels + c) * height + b) * width;
                    for (int d = 0; d < width; d++) {
                        float sum = 0;
                        for (int x = columns[2 * d]; x < columns[2 * d + 1]; x++)
                            sum += (float) across[(r * width + d) * w + x] * line[x - first];
                        out[to0 + d] = sum;
                    }
                }
            }
        });
        return Tensor.of(out, k, channels, height, width);
    }

    /** Of each bin the first of n pixels that it takes something of, and the end. */
    private static int[] reach(double[] weights, int from, int bins, int n) {
        var reach = new int[2 * bins];
        for (int b = 0; b < bins; b++) {
            int low = 0, high = n;
            while (low < n && weights[from + b * n + low] == 0) low++;
            while (high > low && weights[from + b * n + high - 1] == 0) high--;
            reach[2 * b] = low;
            reach[2 * b + 1] = high;
        }
        return reach;
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
