package lyceum.learn.calibration;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Forecasts of a yes or no, grouped by what they said: the points of a reliability diagram.
 *
 * <p>Bin b holds the rows with {@code edges[b] < p <= edges[b + 1]}, the first bin its lower edge too, as scikit-learn's {@code calibration_curve} has it.
 *
 * @param edges one more than there are bins, ascending
 * @param count rows in each bin
 * @param confidence mean probability in each bin; NaN where it is empty
 * @param accuracy share of its rows that came true; NaN where it is empty
 */
public record ReliabilityBins(double[] edges, int[] count, double[] confidence, double[] accuracy) {

    /** Bins of equal width from 0 to 1. */
    public static ReliabilityBins uniform(boolean[] truth, double[] probabilities, int bins) {
        checkBins(bins);
        var edges = new double[bins + 1];
        // A multiple of the step, as NumPy's linspace rounds it: rows on an edge then fall where scikit-learn puts them.
        for (int b = 0; b < bins; b++) edges[b] = b * (1.0 / bins);
        edges[bins] = 1;
        return of(truth, probabilities, edges);
    }

    /** Bins between quantiles of the probabilities, about equal in mass; with ties some may be empty. */
    public static ReliabilityBins quantile(boolean[] truth, double[] probabilities, int bins) {
        checkBins(bins);
        double[] sorted = probabilities.clone(), edges = new double[bins + 1];
        Arrays.sort(sorted);
        for (int b = 0; b <= bins && sorted.length > 0; b++) edges[b] = percentile(sorted, b == bins ? 1 : b * (1.0 / bins) * 100 / 100);
        return of(truth, probabilities, edges);
    }

    /** NumPy's linear percentile, to the bit. */
    private static double percentile(double[] sorted, double q) {
        double at = q * (sorted.length - 1), t = at - Math.floor(at);
        double a = sorted[(int) at], b = sorted[Math.min((int) at + 1, sorted.length - 1)];
        return t >= 0.5 ? b - (b - a) * (1 - t) : a + (b - a) * t;
    }

    /** Bins between given edges, ascending; rows beyond the ends go to the first and the last. */
    public static ReliabilityBins of(boolean[] truth, double[] probabilities, double[] edges) {
        int bins = edges.length - 1;
        var count = new int[bins];
        double[] confidence = new double[bins], accuracy = new double[bins];
        for (int i = 0; i < truth.length; i++) {
            int b = bin(edges, probabilities[i]);
            count[b]++;
            confidence[b] += probabilities[i];
            if (truth[i]) accuracy[b]++;
        }
        for (int b = 0; b < bins; b++) {
            confidence[b] /= count[b];
            accuracy[b] /= count[b];
        }
        return new ReliabilityBins(edges, count, confidence, accuracy);
    }

    /** The number of inner edges below p. */
    static int bin(double[] edges, double p) {
        int low = 1, high = edges.length - 1;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (edges[middle] < p) low = middle + 1;
            else high = middle;
        }
        return low - 1;
    }

    private static void checkBins(int bins) {
        if (bins < 1) throw new IllegalArgumentException("ReliabilityBins: " + bins + " bins; at least 1, usually 10 or 15");
    }

    /** All rows. */
    public int total() { return Arrays.stream(count).sum(); }

    /** The bins that are not empty. */
    public ReliabilityBins occupied() {
        int[] kept = IntStream.range(0, count.length).filter(b -> count[b] > 0).toArray();
        var ends = new double[kept.length + 1];
        for (int k = 0; k < kept.length; k++) ends[k] = edges[kept[k]];
        ends[kept.length] = edges[edges.length - 1];
        return new ReliabilityBins(ends, Arrays.stream(kept).map(b -> count[b]).toArray(),
                Arrays.stream(kept).mapToDouble(b -> confidence[b]).toArray(), Arrays.stream(kept).mapToDouble(b -> accuracy[b]).toArray());
    }

    /** Expected calibration error, {@code sum_b n_b / n |accuracy_b - confidence_b|} (Naeini, Cooper and Hauskrecht 2015). Too large on few rows: see {@link #debiasedSquaredError}. */
    public double expectedError() {
        double sum = 0;
        for (int b = 0; b < count.length; b++) if (count[b] > 0) sum += count[b] * Math.abs(accuracy[b] - confidence[b]);
        return sum / total();
    }

    /** The largest gap of any bin. */
    public double maximumError() {
        double most = 0;
        for (int b = 0; b < count.length; b++) if (count[b] > 0) most = Math.max(most, Math.abs(accuracy[b] - confidence[b]));
        return most;
    }

    /** {@code sum_b n_b / n (accuracy_b - confidence_b)^2}. */
    public double squaredError() {
        double sum = 0;
        for (int b = 0; b < count.length; b++) if (count[b] > 0) sum += count[b] * square(accuracy[b] - confidence[b]);
        return sum / total();
    }

    /**
     * {@link #squaredError} less what chance alone adds, {@code accuracy_b (1 - accuracy_b) / (n_b - 1)} a bin: unbiased for the bins at hand, and so below 0 at times.
     * Bins of one row count nothing.
     *
     * @see <a href="https://arxiv.org/abs/1909.10155">Kumar, Liang and Ma (2019)</a>
     */
    public double debiasedSquaredError() {
        double sum = 0;
        for (int b = 0; b < count.length; b++)
            if (count[b] > 1) sum += count[b] * (square(accuracy[b] - confidence[b]) - accuracy[b] * (1 - accuracy[b]) / (count[b] - 1));
        return sum / total();
    }

    private static double square(double v) { return v * v; }
}
