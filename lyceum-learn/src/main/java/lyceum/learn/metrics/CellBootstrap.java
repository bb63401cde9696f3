package lyceum.learn.metrics;

import java.util.Arrays;
import java.util.function.ToDoubleFunction;
import lyceum.prob.Binomial;
import lyceum.random.Rng;
import lyceum.stats.Interval;

/** Resampling of the rows behind a confusion matrix, by its cells. */
final class CellBootstrap {
    private CellBootstrap() {}

    static Interval interval(ConfusionMatrix matrix, ToDoubleFunction<ConfusionMatrix> score, int resamples, double level, Rng rng) {
        if (resamples < 20)
            throw new IllegalArgumentException("bootstrap: " + resamples + " resamples; 20 are the least and some thousands usual");
        if (!(level > 0 && level < 1))
            throw new IllegalArgumentException("bootstrap: level is " + level + "; it lies strictly between 0 and 1");
        double[][] counts = matrix.counts();
        for (var row : counts) {
            for (double c : row)
                if (c != Math.rint(c))
                    throw new IllegalArgumentException("bootstrap: a count is " + c + "; weighted rows cannot be drawn by their cells");
        }
        if (matrix.total() == 0) throw new IllegalArgumentException("bootstrap: the matrix is empty");
        var scores = new double[resamples];
        for (int r = 0; r < resamples; r++) scores[r] = score.applyAsDouble(matrix.withCounts(draw(counts, rng)));
        scores = Arrays.stream(scores).filter(s -> !Double.isNaN(s)).sorted().toArray();
        if (scores.length == 0) throw new IllegalArgumentException("bootstrap: the score is NaN in every resample");
        return new Interval(quantile(scores, (1 - level) / 2), quantile(scores, (1 + level) / 2));
    }

    /** A multinomial draw: each cell is binomial given the cells before it. */
    private static double[][] draw(double[][] counts, Rng rng) {
        long left = 0;
        for (var row : counts) for (double c : row) left += (long) c;
        double mass = left;
        var drawn = new double[counts.length][counts.length];
        for (int i = 0; i < counts.length; i++) {
            for (int j = 0; j < counts.length && left > 0; j++) {
                if (counts[i][j] == 0) continue;
                double taken = new Binomial(left, Math.min(1, counts[i][j] / mass)).sample(rng);
                drawn[i][j] = taken;
                left -= (long) taken;
                mass -= counts[i][j];
            }
        }
        return drawn;
    }

    /** By linear interpolation between order statistics. */
    static double quantile(double[] sorted, double p) {
        double at = p * (sorted.length - 1);
        int below = (int) at;
        return below + 1 == sorted.length ? sorted[below] : sorted[below] + (at - below) * (sorted[below + 1] - sorted[below]);
    }
}
