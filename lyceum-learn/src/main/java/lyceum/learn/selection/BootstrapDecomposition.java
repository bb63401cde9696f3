package lyceum.learn.selection;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.backend.Parallel;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Regressor;
import lyceum.tensor.Tensor;

/**
 * Squared error taken apart with one data set: replicates of it train, and each row is judged by those that left it out (about 37%).
 *
 * <p>Replicates share their rows, so the variance is only a guess at that of fresh training sets; and without the truth, bias cannot be told from noise.
 *
 * @param biasSquaredPlusNoise for each row {@code (y - mean prediction)^2}, less what the finite number of replicates adds; NaN for a row that fewer than two
 *        replicates left out
 * @param variance of the predictions of a row
 * @param error mean squared error of the predictions of a row
 * @param predictions how many replicates left the row out
 */
public record BootstrapDecomposition(double[] biasSquaredPlusNoise, double[] variance, double[] error, int[] predictions) {
    public double meanBiasSquaredPlusNoise() { return mean(biasSquaredPlusNoise); }

    public double meanVariance() { return mean(variance); }

    public double meanError() { return mean(error); }

    private static double mean(double[] values) { return Arrays.stream(values).filter(v -> !Double.isNaN(v)).average().orElse(Double.NaN); }

    static BootstrapDecomposition of(BiasVariance setting, Regressor learner, Tensor x, Tensor y) {
        var input = LearnerInput.matrix("BiasVariance.bootstrap", x, true);
        double[] truth = input.target(y).to(DType.F64).toDoubleArray();
        int n = truth.length;
        var predicted = new double[setting.redraws()][];
        var out = new int[setting.redraws()][];
        Parallel.range(setting.redraws(), 1, (from, to) -> {
            for (int r = (int) from; r < to; r++) {
                var rng = Rng.of(setting.seed()).split(r);
                int[] drawn = IntStream.generate(() -> rng.nextInt(n)).limit(n).sorted().toArray();
                out[r] = IntStream.range(0, n).filter(i -> Arrays.binarySearch(drawn, i) < 0).toArray();
                if (out[r].length > 0) predicted[r] = learner.fit(x.rows(drawn), y.rows(drawn)).predict(x.rows(out[r])).toDoubleArray();
            }
        });
        var count = new int[n];
        double[] mean = new double[n], variance = new double[n], error = new double[n], bias = new double[n];
        for (int r = 0; r < out.length; r++) {
            for (int j = 0; j < out[r].length; j++) {
                int i = out[r][j];
                count[i]++;
                // Welford's update: variance holds the sum of squared deviations for now
                double step = predicted[r][j] - mean[i];
                mean[i] += step / count[i];
                variance[i] += step * (predicted[r][j] - mean[i]);
                error[i] += (truth[i] - predicted[r][j]) * (truth[i] - predicted[r][j]);
            }
        }
        for (int i = 0; i < n; i++) {
            variance[i] = count[i] < 2 ? Double.NaN : variance[i] / (count[i] - 1);
            error[i] = count[i] < 2 ? Double.NaN : error[i] / count[i];
            bias[i] = (truth[i] - mean[i]) * (truth[i] - mean[i]) - variance[i] / count[i];
        }
        return new BootstrapDecomposition(bias, variance, error, count);
    }
}
