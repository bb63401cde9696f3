package lyceum.learn.selection;

import lyceum.backend.Parallel;
import lyceum.random.Rng;
import lyceum.stats.learner.Classifier;
import lyceum.tensor.Tensor;

/**
 * The expected zero-one loss at each test point, taken apart around the main prediction, the label that most training sets lead to.
 *
 * <p>With the optimal label {@code y*} of a point: bias is 1 where the main prediction is not y*; variance is the share of training sets that lead to
 * another label than the main one; noise is the chance that a new label is not y*. At a biased point of two classes variance <em>lowers</em> the loss.
 * So {@code loss = bias + varianceEffect + noiseEffect}, where varianceEffect is {@code +variance} at unbiased points, {@code -variance} at biased ones of two
 * classes ({@code -(share that leads to y*)} for more), and noiseEffect is {@code noise (2 P(prediction = y*) - 1)} for two classes.
 *
 * @param bias 0 or 1 for each point
 * @param variance in [0, 1)
 * @param noise of each point
 * @param varianceEffect what variance adds to the loss
 * @param noiseEffect what noise adds to the loss
 * @param loss expected over training sets and new labels
 * @see "Domingos (2000), A unified bias-variance decomposition, ICML"
 */
public record ZeroOneDecomposition(double[] bias, double[] variance, double[] noise, double[] varianceEffect, double[] noiseEffect,
        double[] loss) {
    public double meanBias() { return Decomposition.mean(bias); }

    public double meanVariance() { return Decomposition.mean(variance); }

    public double meanNoise() { return Decomposition.mean(noise); }

    public double meanLoss() { return Decomposition.mean(loss); }

    static ZeroOneDecomposition of(BiasVariance setting, Classifier learner, LabelledWorld world, Tensor points) {
        double[][] p = world.probabilities().apply(points).toRows();
        int m = p.length, k = p[0].length, redraws = setting.redraws();
        var predictions = new long[redraws][];
        Parallel.range(redraws, 1, (from, to) -> {
            for (int r = (int) from; r < to; r++) {
                var rng = Rng.of(setting.seed()).split(r);
                var x = world.inputs().apply(rng);
                predictions[r] = learner.fit(x, world.draw(x, rng)).predict(points).toLongArray();
            }
        });
        var parts = new double[6][m];
        for (int i = 0; i < m; i++) {
            var share = new double[k];
            for (var predicted : predictions) share[(int) predicted[i]] += 1.0 / redraws;
            int best = largest(p[i]), main = largest(share);
            double bias = main == best ? 0 : 1, wrong = 1 - share[best], loss = 0;
            for (int c = 0; c < k; c++) loss += share[c] * (1 - p[i][c]);
            double[] values = {bias, 1 - share[main], 1 - p[i][best], wrong - bias, loss - wrong, loss};
            for (int v = 0; v < values.length; v++) parts[v][i] = values[v];
        }
        return new ZeroOneDecomposition(parts[0], parts[1], parts[2], parts[3], parts[4], parts[5]);
    }

    private static int largest(double[] values) {
        int best = 0;
        for (int c = 1; c < values.length; c++) if (values[c] > values[best]) best = c;
        return best;
    }
}
