package lyceum.learn.selection;

import java.util.ArrayList;
import java.util.function.IntFunction;
import lyceum.ShapeException;
import lyceum.backend.Parallel;
import lyceum.random.Rng;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.Regressor;
import lyceum.tensor.Tensor;

/**
 * Takes the error of a learner apart, by fitting it to many training sets drawn from a known world.
 *
 * {@snippet :
 * var x = Tensor.linspace(0, 1, 50).reshape(-1, 1);
 * var world = NoisyTarget.fixed(x, z -> z.select(1, 0).mul(2 * Math.PI).sin(), 0.3);
 * var parts = new BiasVariance(2000, 1).decompose(new KNeighborsRegressor(5), world, x);
 * double sum = parts.meanBiasSquared() + parts.meanVariance() + parts.noise();   // about parts.meanTestError()
 * }
 *
 * <p>The plain estimate of bias^2 from R redraws is too high by variance / R; that is subtracted. Where only one data set exists, {@link #bootstrap} tells
 * something about the variance. Redraws run in parallel; results do not depend on the number of threads. Takes {@code redraws} fits and
 * {@code redraws * points} numbers of memory.
 *
 * @param redraws training sets, at least 2; even with antithetic noise
 * @param seed of all draws
 * @param antithetic whether training sets come in pairs with opposite noise. For learners that are linear in y (least squares, ridge, nearest neighbours,
 *        splines) the pair's mean is then the fit to noise-free targets, and so bias^2 is exact; for others the estimate stays unbiased
 * @see <a href="https://doi.org/10.1162/neco.1992.4.1.1">Geman, Bienenstock and Doursat (1992)</a>
 */
public record BiasVariance(int redraws, long seed, boolean antithetic) {
    public BiasVariance {
        if (redraws < 2) throw new IllegalArgumentException("BiasVariance: " + redraws + " redraws; a variance needs at least 2");
        if (antithetic && (redraws % 2 != 0 || redraws < 4))
            throw new IllegalArgumentException("BiasVariance: " + redraws + " redraws; antithetic noise needs two pairs or more");
    }

    public BiasVariance(int redraws, long seed) { this(redraws, seed, false); }

    public BiasVariance withAntitheticNoise() { return new BiasVariance(redraws, seed, true); }

    /**
     * Bias squared, variance and noise of a regressor.
     *
     * @param points where the error is taken apart, (m x p)
     */
    public Decomposition decompose(Regressor learner, NoisyTarget world, Tensor points) {
        double[] truth = world.target().apply(points).toDoubleArray();
        int m = truth.length;
        var predictions = new double[redraws][];
        var observed = new double[redraws][];
        Parallel.range(redraws, 1, (from, to) -> {
            for (int r = (int) from; r < to; r++) {
                var rng = Rng.of(seed).split(antithetic ? r / 2 : r);
                var x = world.inputs().apply(rng);
                double[] y = world.target().apply(x).toDoubleArray();
                double scale = antithetic && r % 2 == 1 ? -world.noise() : world.noise();
                for (int i = 0; i < y.length; i++) y[i] += scale * rng.nextGaussian();
                predictions[r] = checked(learner.fit(x, Tensor.of(y)).predict(points).toDoubleArray(), m);
                var fresh = Rng.of(seed).split(-1 - r);
                observed[r] = new double[m];
                for (int i = 0; i < m; i++) observed[r][i] = truth[i] + world.noise() * fresh.nextGaussian();
            }
        });
        double[] bias = new double[m], variance = new double[m], error = new double[m], mean = new double[m];
        for (int i = 0; i < m; i++) at(i, truth[i], predictions, observed, bias, variance, error, mean);
        return new Decomposition(bias, variance, world.noise() * world.noise(), error, mean);
    }

    private static double[] checked(double[] predicted, int m) {
        if (predicted.length != m)
            throw new ShapeException("decompose: " + predicted.length + " predictions for " + m + " points; the learner has one target");
        return predicted;
    }

    /** Redraws come in {@code size / step} independent blocks of {@code step}: the variance is that within blocks plus that between their means. */
    private void at(int i, double truth, double[][] predictions, double[][] observed, double[] bias, double[] variance, double[] error,
            double[] mean) {
        int step = antithetic ? 2 : 1, blocks = redraws / step;
        double sum = 0, within = 0, between = 0;
        for (int r = 0; r < redraws; r++) {
            sum += predictions[r][i];
            error[i] += (observed[r][i] - predictions[r][i]) * (observed[r][i] - predictions[r][i]) / redraws;
        }
        mean[i] = sum / redraws;
        for (int b = 0; b < blocks; b++) {
            double first = predictions[b * step][i], second = predictions[b * step + step - 1][i], centre = (first + second) / 2;
            within += (first - second) * (first - second) / 4 / blocks;
            between += (centre - mean[i]) * (centre - mean[i]) / (blocks - 1);
        }
        variance[i] = within + between;
        bias[i] = (mean[i] - truth) * (mean[i] - truth) - between / blocks;
    }

    /** {@link #decompose(Regressor, NoisyTarget, Tensor)} for each value of a complexity parameter, on the same training sets. */
    public ComplexitySweep sweep(IntFunction<? extends Regressor> learner, int[] complexity, NoisyTarget world, Tensor points) {
        var parts = new ArrayList<Decomposition>();
        var values = new double[complexity.length];
        for (int c = 0; c < complexity.length; c++) {
            values[c] = complexity[c];
            parts.add(decompose(learner.apply(complexity[c]), world, points));
        }
        return new ComplexitySweep(values, parts);
    }

    /** The zero-one loss of a classifier, taken apart as Domingos (2000) does; {@link ZeroOneDecomposition} says how. */
    public ZeroOneDecomposition decompose(Classifier learner, LabelledWorld world, Tensor points) {
        return ZeroOneDecomposition.of(this, learner, world, points);
    }

    /** What bootstrap replicates of the only data set tell; {@link BootstrapDecomposition} says what and what not. */
    public BootstrapDecomposition bootstrap(Regressor learner, Tensor x, Tensor y) {
        return BootstrapDecomposition.of(this, learner, x, y);
    }
}
