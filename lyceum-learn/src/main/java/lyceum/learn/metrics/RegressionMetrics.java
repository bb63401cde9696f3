package lyceum.learn.metrics;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * How far predicted numbers are from the truth. Of several targets the mean over targets; weights are of rows.
 *
 * {@snippet :
 * Tensor truth = Tensor.of(20.0, 22, 24, 26, 90), predicted = Tensor.full(lyceum.DType.F64, 24, 5);
 * double error = new RegressionMetrics(truth, predicted).meanAbsoluteError();       // 14.4
 * double late = new RegressionMetrics(truth, predicted).pinball(0.9);
 * }
 *
 * <p>Which of them a constant, or a model, makes small is another question for each: squared error the mean, absolute error the median, the pinball loss a quantile; all
 * deviances the mean, with variances that grow with it.
 *
 * @param truth (n) or (n, m)
 * @param predicted in the same shape
 * @param weights (n), not negative, or null
 * @see <a href="https://doi.org/10.1198/jasa.2011.r10138">Gneiting (2011)</a>
 */
public record RegressionMetrics(Tensor truth, Tensor predicted, Tensor weights) {
    public RegressionMetrics {
        if (truth.rank() < 1 || truth.rank() > 2 || !truth.shape().equals(predicted.shape()) || truth.size(0) == 0)
            throw new ShapeException("RegressionMetrics: truth " + truth.shape() + " and predictions " + predicted.shape()
                    + "; both are (n) or (n, m), with rows");
        if (weights != null
                && (weights.rank() != 1 || weights.size(0) != truth.size(0) || !(weights.min().item() >= 0) || !(weights.sum().item() > 0)))
            throw new IllegalArgumentException("RegressionMetrics: weights " + weights.shape() + " for " + truth.size(0)
                    + " rows; one each, none negative, not all 0");
    }

    /** Of rows of one weight. */
    public RegressionMetrics(Tensor truth, Tensor predicted) { this(truth, predicted, null); }

    /** A row's share of a mean. */
    private interface Loss {
        double of(double y, double f);
    }

    private double mean(Loss loss) {
        double[] y = truth.toDoubleArray(), f = predicted.toDoubleArray(), w = rowWeights();
        int m = y.length / w.length;
        double sum = 0, total = 0;
        for (int i = 0; i < w.length; i++) {
            total += w[i];
            for (int o = 0; o < m; o++) sum += w[i] * loss.of(y[i * m + o], f[i * m + o]);
        }
        return sum / total / m;
    }

    private double[] rowWeights() {
        if (weights != null) return weights.toDoubleArray();
        var ones = new double[(int) truth.size(0)];
        Arrays.fill(ones, 1);
        return ones;
    }

    public double meanSquaredError() { return mean((y, f) -> (y - f) * (y - f)); }

    /** Its root; of several targets the mean of their roots. */
    public double rootMeanSquaredError() { return meanOfTargets(metrics -> Math.sqrt(metrics.meanSquaredError())); }

    /** {@code mean (ln(1 + y) - ln(1 + f))^2}, of values above -1. */
    public double meanSquaredLogError() {
        double least = Math.min(truth.min().item(), predicted.min().item());
        if (!(least > -1)) throw new IllegalArgumentException("meanSquaredLogError: a value of " + least + "; all above -1");
        return mean((y, f) -> Math.pow(Math.log1p(y) - Math.log1p(f), 2));
    }

    public double meanAbsoluteError() { return mean((y, f) -> Math.abs(y - f)); }

    /** {@code mean |y - f| / |y|}, as a share; divides by 2^-52 where y is 0, as scikit-learn does. */
    public double meanAbsolutePercentageError() { return mean((y, f) -> Math.abs(y - f) / Math.max(Math.abs(y), Math.ulp(1.0))); }

    /** {@code mean max(tau u, (tau - 1) u)} for {@code u = y - f}. @param tau in [0, 1] */
    public double pinball(double tau) {
        if (!(tau >= 0 && tau <= 1)) throw new IllegalArgumentException("pinball: tau is " + tau + "; it is in [0, 1]");
        return mean((y, f) -> Math.max(tau * (y - f), (tau - 1) * (y - f)));
    }

    public double maxError() { return truth.sub(predicted).abs().max().item(); }

    /** The weighted median of {@code |y - f|}, of an even number of equal weights the mean of the middle two. */
    public double medianAbsoluteError() {
        return meanOfTargets(metrics -> median(metrics.truth.sub(metrics.predicted).abs().toDoubleArray(),
                metrics.weights == null ? null : metrics.rowWeights()));
    }

    private static double median(double[] v, double[] w) {
        int n = v.length;
        if (w == null) {
            Arrays.sort(v);
            return (v[(n - 1) / 2] + v[n / 2]) / 2;
        }
        long[] order = Tensor.of(v).argsort(0, false).toLongArray();
        double half = Arrays.stream(w).sum() / 2, sum = 0;
        for (long i : order) {
            sum += w[(int) i];
            if (sum >= half) return v[(int) i];
        }
        return v[(int) order[n - 1]];
    }

    /** {@code 2 mean (y ln(y / f) - y + f)}: counts, variance as the mean. Predictions above 0. */
    public double poissonDeviance() { return tweedieDeviance(1); }

    /** {@code 2 mean (ln(f / y) + y / f - 1)}: sizes, variance as the mean's square. Truth and predictions above 0. */
    public double gammaDeviance() { return tweedieDeviance(2); }

    /**
     * Of variances that grow as the mean to the power: 0 is squared error, 1 Poisson, 2 gamma, between them sums of a random number of sizes.
     *
     * @param power at most 0, or at least 1
     */
    public double tweedieDeviance(double power) {
        double leastTruth = truth.min().item(), least = predicted.min().item();
        if (power > 0 && power < 1) throw new IllegalArgumentException("tweedieDeviance: there is no such distribution of power " + power);
        if (power != 0 && !(least > 0) || power >= 1 && leastTruth < 0 || power >= 2 && leastTruth == 0)
            throw new IllegalArgumentException("tweedieDeviance: power " + power + " with a truth of " + leastTruth
                    + " and a prediction of " + least + "; predictions are above 0, truths not below (from 2 on, above)");
        if (power == 0) return meanSquaredError();
        if (power == 1) return 2 * mean((y, f) -> (y == 0 ? 0 : y * Math.log(y / f)) - y + f);
        if (power == 2) return 2 * mean((y, f) -> Math.log(f / y) + y / f - 1);
        return 2 * mean((y, f) -> Math.pow(Math.max(y, 0), 2 - power) / ((1 - power) * (2 - power))
                - y * Math.pow(f, 1 - power) / (1 - power) + Math.pow(f, 2 - power) / (2 - power));
    }

    /** {@code 1 - sum w (y - f)^2 / sum w (y - mean)^2}; of a constant truth 1 for exact predictions and 0 else. */
    public double r2() { return explained(false); }

    /** As {@link #r2}, with the errors' own mean taken out first: an offset costs nothing. */
    public double explainedVariance() { return explained(true); }

    private double explained(boolean centred) {
        return meanOfTargets(metrics -> {
            double[] y = metrics.truth.toDoubleArray(), f = metrics.predicted.toDoubleArray(), w = metrics.rowWeights();
            double total = 0, mean = 0, bias = 0, left = 0, spread = 0;
            for (int i = 0; i < w.length; i++) {
                total += w[i];
                mean += w[i] * y[i];
                bias += w[i] * (y[i] - f[i]);
            }
            // Of equal weights the mean as y.mean() adds it up: then it scores 0 to the last bit.
            mean = metrics.weights == null ? metrics.truth.to(DType.F64).mean().item() : mean / total;
            bias = centred ? bias / total : 0;
            for (int i = 0; i < w.length; i++) {
                left += w[i] * (y[i] - f[i] - bias) * (y[i] - f[i] - bias);
                spread += w[i] * (y[i] - mean) * (y[i] - mean);
            }
            return spread > 0 ? 1 - left / spread : left == 0 ? 1 : 0;
        });
    }

    private interface OfOne {
        double of(RegressionMetrics one);
    }

    private double meanOfTargets(OfOne score) {
        if (truth.rank() == 1) return score.of(this);
        double sum = 0;
        for (int o = 0; o < truth.size(1); o++) sum += score.of(new RegressionMetrics(truth.select(1, o), predicted.select(1, o), weights));
        return sum / truth.size(1);
    }
}
