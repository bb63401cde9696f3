package lyceum.learn.metrics;

import java.util.Arrays;
import lyceum.backend.Parallel;
import lyceum.random.Rng;
import lyceum.stats.Interval;
import lyceum.tensor.Tensor;

/**
 * How far a precision-recall curve would move if the rows were drawn again: percentiles over bootstrap resamples, recall by recall.
 *
 * @param recall where the band is read, ascending from 0.01 to 1 in steps of 0.01
 * @param low precision at each recall, the lower end; precision at a recall is that of the highest threshold which reaches it
 * @param high the upper end
 * @param averagePrecision percentile interval of the average precision
 * @see <a href="https://doi.org/10.1007/978-3-642-40994-3_29">Boyd, Eng and Page (2013)</a>
 */
public record PrecisionRecallBand(double[] recall, double[] low, double[] high, Interval averagePrecision) {
    private static final int LEVELS = 100;

    /**
     * Resample b draws from {@code rng.split(b)}; one without any positive row is left out. Costs O(n) a resample.
     *
     * @param resamples at least 20, usually some thousands
     * @param level such as 0.95, in (0, 1); it holds at each recall, not for the curve as a whole
     */
    public static PrecisionRecallBand of(boolean[] positive, double[] scores, int resamples, double level, Rng rng) {
        if (resamples < 20) throw new IllegalArgumentException(
                "PrecisionRecallBand: " + resamples + " resamples; 20 are the least and some thousands usual");
        if (!(level > 0 && level < 1))
            throw new IllegalArgumentException("PrecisionRecallBand: level is " + level + "; it lies between 0 and 1, such as 0.95");
        ScoreSweep.withPositives("PrecisionRecallBand", positive, scores, null);
        int[] order = Tensor.of(scores).argsort(0).toIntArray();
        int n = scores.length;
        double[][] at = new double[LEVELS][resamples];
        var areas = new double[resamples];
        Parallel.range(resamples, 16, 20.0 * n, (from, to) -> {
            for (int b = (int) from; b < to; b++) {
                var times = new int[n];
                var draws = rng.split(b);
                for (int i = 0; i < n; i++) times[draws.nextInt(n)]++;
                areas[b] = read(positive, scores, order, times, at, b);
            }
        });
        double[] recall = new double[LEVELS], low = new double[LEVELS], high = new double[LEVELS];
        for (int r = 0; r < LEVELS; r++) {
            var ends = percentiles(at[r], level);
            recall[r] = (r + 1.0) / LEVELS;
            low[r] = ends.low();
            high[r] = ends.high();
        }
        return new PrecisionRecallBand(recall, low, high, percentiles(areas, level));
    }

    /** Writes the precision at each recall into column b and gives the average precision; all NaN without positives. */
    private static double read(boolean[] positive, double[] scores, int[] order, int[] times, double[][] at, int b) {
        double positives = 0, tp = 0, flagged = 0, before = 0, area = 0;
        for (int i = 0; i < times.length; i++) if (positive[i]) positives += times[i];
        int level = 0;
        for (int i = order.length - 1; i >= 0; i--) {
            flagged += times[order[i]];
            if (positive[order[i]]) tp += times[order[i]];
            if (i > 0 && scores[order[i - 1]] == scores[order[i]] || tp == before) continue;
            for (; level < LEVELS && tp * LEVELS >= (level + 1) * positives; level++) at[level][b] = tp / flagged;
            area += (tp - before) * tp / flagged;
            before = tp;
        }
        for (; level < LEVELS; level++) at[level][b] = Double.NaN;
        return area / positives;
    }

    private static Interval percentiles(double[] values, double level) {
        double[] sorted = Arrays.stream(values).filter(v -> v == v).sorted().toArray();
        return new Interval(CellBootstrap.quantile(sorted, (1 - level) / 2), CellBootstrap.quantile(sorted, (1 + level) / 2));
    }
}
