package lyceum.learn.conformal;

import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * An interval a row, ends included. Where low is above high (two quantile models that cross) it is empty.
 *
 * @param low may be {@code -Infinity}
 * @param high may be {@code Infinity}
 */
public record PredictionIntervals(double[] low, double[] high) {
    /** Share of the rows whose truth lies in their interval. */
    public double coverage(Tensor y) {
        double[] truth = y.toDoubleArray();
        if (truth.length != low.length)
            throw new ShapeException("coverage: " + truth.length + " true values for " + low.length + " intervals");
        int covered = 0;
        for (int i = 0; i < truth.length; i++) if (truth[i] >= low[i] && truth[i] <= high[i]) covered++;
        return covered / (double) truth.length;
    }

    /** Mean width, infinite if one is. */
    public double meanWidth() {
        double sum = 0;
        for (int i = 0; i < low.length; i++) sum += Math.max(0, high[i] - low[i]);
        return sum / low.length;
    }
}
