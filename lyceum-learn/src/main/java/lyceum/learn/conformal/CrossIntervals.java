package lyceum.learn.conformal;

import java.util.Arrays;
import java.util.List;
import lyceum.stats.learner.RegressionModel;
import lyceum.tensor.Tensor;

/**
 * Jackknife+ and CV+: from the {@code floor((n + 1) alpha)}-th smallest of {@code f_-i(x) - R_i} to the {@code ceil((n + 1)(1 - alpha))}-th smallest of {@code f_-i(x) + R_i}, where
 * f_-i was fitted without row i's fold.
 *
 * @param models one a fold
 * @param fold the fold that tested each row
 * @param errors R, the size of each row's error there
 */
public record CrossIntervals(List<RegressionModel> models, int[] fold, double[] errors) {
    public CrossIntervals { models = List.copyOf(models); }

    /** @param alpha in (0, 1); {@code 1 - 2 alpha} is promised */
    public PredictionIntervals intervals(Tensor x, double alpha) {
        int n = errors.length, rows = (int) x.size(0), givenUp = ConformalPredictor.givenUp(n, alpha);
        var predictions = new double[models.size()][];
        for (int m = 0; m < predictions.length; m++) predictions[m] = models.get(m).predict(x).toDoubleArray();
        double[] low = new double[rows], high = new double[rows], below = new double[n], above = new double[n];
        for (int j = 0; j < rows; j++) {
            for (int i = 0; i < n; i++) {
                below[i] = predictions[fold[i]][j] - errors[i];
                above[i] = predictions[fold[i]][j] + errors[i];
            }
            Arrays.sort(below);
            Arrays.sort(above);
            low[j] = givenUp == 0 ? Double.NEGATIVE_INFINITY : below[givenUp - 1];
            high[j] = givenUp == 0 ? Double.POSITIVE_INFINITY : above[n - givenUp];
        }
        return new PredictionIntervals(low, high);
    }
}
