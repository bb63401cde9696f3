package lyceum.learn.conformal;

import java.util.Arrays;
import java.util.HashMap;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * How badly each calibrating row was predicted, and the score that a new row stays within with the promised probability.
 *
 * @param values one a row
 * @param weights likelihood ratios of the new rows' density of x to the calibrating ones', up to a factor; null where they are alike
 * @param groups of each row, for thresholds group by group; null for none, as they are where there are weights
 */
public record CalibrationScores(double[] values, double[] weights, int[] groups) {
    public CalibrationScores {
        for (int i = 0; i < values.length; i++)
            if (Double.isNaN(values[i])) throw new IllegalArgumentException("CalibrationScores: score " + i + " is NaN");
        if (weights != null && weights.length != values.length || groups != null && groups.length != values.length)
            throw new ShapeException("CalibrationScores: " + values.length + " scores, and other numbers of weights or groups");
        if (weights != null && groups != null)
            throw new IllegalArgumentException("CalibrationScores: weights and groups; thresholds are by one of them");
    }

    /**
     * The k-th smallest score, {@code k = ceil((n + 1)(1 - alpha))}; infinite if k is beyond n: so few rows cannot promise that.
     *
     * @throws IllegalArgumentException if the rows have weights or groups, which it would leave aside
     */
    public double threshold(double alpha) {
        if (weights != null || groups != null) throw new IllegalArgumentException(
                "conformal: the calibrating rows have " + (weights != null ? "weights" : "groups") + "; give those of the new rows too");
        return threshold(values, alpha);
    }

    /** That of one group's rows alone. */
    public double threshold(double alpha, int group) {
        if (groups == null)
            throw new IllegalArgumentException("conformal: there are no groups; byGroup(...) gives the calibrating rows theirs");
        var own = new double[values.length];
        int n = 0;
        for (int i = 0; i < own.length; i++) if (groups[i] == group) own[n++] = values[i];
        return threshold(Arrays.copyOf(own, n), alpha);
    }

    private static double threshold(double[] values, double alpha) {
        int k = values.length + 1 - ConformalPredictor.givenUp(values.length, alpha);
        if (k > values.length) return Double.POSITIVE_INFINITY;
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[k - 1];
    }

    /**
     * The thresholds of new rows under covariate shift: the least score at which the weights of scores up to it reach {@code 1 - alpha} of all, the new row's own included.
     *
     * @param own likelihood ratios of the new rows, by the same factor
     * @see <a href="https://arxiv.org/abs/1904.06019">Tibshirani, Barber, Candès and Ramdas (2019)</a>
     */
    public double[] thresholds(double alpha, double[] own) {
        if (weights == null)
            throw new IllegalArgumentException("conformal: there are no weights; weightedBy(...) gives the calibrating rows theirs");
        ConformalPredictor.givenUp(values.length, alpha);
        int n = values.length;
        int[] order = Tensor.of(values).argsort(0).toIntArray();
        var reached = new double[n];
        double sum = 0;
        for (int i = 0; i < n; i++) {
            double w = weights[order[i]];
            if (!(w >= 0 && w < Double.POSITIVE_INFINITY))
                throw new IllegalArgumentException("conformal: weight " + order[i] + " is " + w + "; weights are finite and at least 0");
            reached[i] = sum += w;
        }
        var thresholds = new double[own.length];
        for (int j = 0; j < own.length; j++) {
            if (!(own[j] >= 0 && own[j] < Double.POSITIVE_INFINITY)) throw new IllegalArgumentException(
                    "conformal: weight " + j + " of the new rows is " + own[j] + "; weights are finite and at least 0");
            double wanted = (1 - alpha) * (sum + own[j]) * (1 - 1e-12);
            int low = 0, high = n;
            while (low < high) {
                int middle = (low + high) >>> 1;
                if (reached[middle] < wanted) low = middle + 1;
                else high = middle;
            }
            thresholds[j] = low == n ? Double.POSITIVE_INFINITY : values[order[low]];
        }
        return thresholds;
    }

    static void checkRows(Tensor x, int own) {
        if (x.size(0) != own)
            throw new ShapeException("conformal: " + own + " groups or weights of new rows for x of shape " + x.shape() + "; one a row");
    }

    CalibrationScores withWeights(double[] weights) { return new CalibrationScores(values, weights, groups); }

    CalibrationScores withGroups(int[] groups) { return new CalibrationScores(values, weights, groups); }

    /** The threshold of each new row by its group. */
    double[] thresholds(double alpha, int[] own) {
        var thresholds = new double[own.length];
        var known = new HashMap<Integer, Double>();
        for (int j = 0; j < own.length; j++) thresholds[j] = known.computeIfAbsent(own[j], g -> threshold(alpha, g));
        return thresholds;
    }
}
