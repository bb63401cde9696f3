package lyceum.prob;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.math.Incomplete;
import lyceum.math.SaddlePoint;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * How often each of k outcomes comes in n independent trials: mass {@code n! / prod x_i! prod p_i^x_i}. The counts sum to n, so they are
 * negatively
 * correlated.
 *
 * {@snippet :
 * var words = new Multinomial(100, 0.5, 0.3, 0.2);
 * words.logDensity(new double[] {55, 25, 20});
 * words.covariance();                          // n (diag(p) - p p')
 * Multinomial.fit(new double[][] {{3, 1}, {2, 4}}).probabilities();   // (0.5, 0.5)
 * }
 */
public final class Multinomial implements MultivariateDistribution {
    private static final double LOG_2PI = 1.83787706640934548356;

    private final long trials;
    private final double[] probabilities;

    /**
     * @param trials at least 0
     * @param weights non-negative, not all zero; divided by their sum
     */
    public Multinomial(long trials, double... weights) { this(trials, new Categorical(weights)); }

    /** Trials of one of these outcomes. */
    public Multinomial(long trials, Categorical outcomes) {
        if (trials < 0) throw new IllegalArgumentException("Multinomial: trials is " + trials + "; it cannot be negative");
        this.trials = trials;
        this.probabilities = outcomes.probabilities();
    }

    /** {@code p = softmax(logits)}. @param logits numbers or {@code -Infinity}, not all of them that */
    public static Multinomial ofLogits(long trials, double... logits) { return new Multinomial(trials, Categorical.ofLogits(logits)); }

    /**
     * Maximum likelihood: shares of all counts together.
     *
     * @param counts (m x k), whole numbers of at least 0, rows with the same sum
     */
    public static Multinomial fit(double[][] counts) {
        if (counts.length == 0) throw new IllegalArgumentException("fit: there are no counts");
        var sums = new double[counts[0].length];
        double trials = Arrays.stream(counts[0]).sum();
        for (var row : counts) {
            if (row.length != sums.length || Arrays.stream(row).sum() != trials) throw new IllegalArgumentException(
                    "fit: the row " + Arrays.toString(row) + " has another length or sum than the first, " + Arrays.toString(counts[0]));
            for (int i = 0; i < row.length; i++) {
                if (!(row[i] >= 0) || row[i] != Math.rint(row[i]))
                    throw new IllegalArgumentException("fit: the count " + row[i] + " is not a whole number of at least 0");
                sums[i] += row[i];
            }
        }
        return new Multinomial((long) trials, sums);
    }

    /**
     * {@code log n!/prod x_i! + sum x_i log softmax(z)_i} over the last axis, differentiable in the logits.
     *
     * @param logits (..., k)
     * @param counts of the same shape, or one that broadcasts to it
     */
    public static Tensor logMass(Tensor logits, Tensor counts) {
        var x = counts.to(Elementwise.type(logits));
        var coefficient = Elementwise.mapRows(x.detach(), (int) counts.size(-1), Multinomial::logCoefficient);
        return x.mul(logits.logSoftmax(-1)).sum(-1).add(coefficient);
    }

    private static double logCoefficient(double[] x) {
        double n = 0, log = 0;
        for (double v : x) { // choose v of those so far, one outcome after the other
            n += v;
            log += Incomplete.logChoose(n, v);
        }
        return log;
    }

    public long trials() { return trials; }

    /** A copy. */
    public double[] probabilities() { return probabilities.clone(); }

    @Override public int dimensions() { return probabilities.length; }

    @Override public boolean isDiscrete() { return true; }

    @Override public double logDensity(double[] x) {
        if (x.length != probabilities.length)
            throw new ShapeException("logDensity: the point has " + x.length + " entries; it needs " + probabilities.length);
        // Stirling's formula and deviances from n p_i, in which nothing cancels: Loader (2000) for more than two outcomes
        double sum = 0, log = trials == 0 ? 0 : 0.5 * (Math.log(trials) + LOG_2PI) + SaddlePoint.stirlingError(trials);
        for (int i = 0; i < x.length; i++) {
            if (!(x[i] >= 0) || x[i] != Math.rint(x[i])) return x[i] != x[i] ? x[i] : Double.NEGATIVE_INFINITY;
            sum += x[i];
            if (probabilities[i] == 0) {
                if (x[i] > 0) return Double.NEGATIVE_INFINITY;
            } else log -= excess(x[i], trials * probabilities[i]);
        }
        return sum == trials ? log : Double.NEGATIVE_INFINITY;
    }

    /** {@code log x! - x log m + m}: of which the parts in x log x have gone. */
    private static double excess(double x, double m) { return x == 0 ? m : SaddlePoint.deviance(x, m) + stirling(x); }

    private static double stirling(double x) { return x == 0 ? 0 : 0.5 * (Math.log(x) + LOG_2PI) + SaddlePoint.stirlingError(x); }

    /** {@code P(X_i <= x_i for all i)}, in O(n sum x_i): Levin (1981), by independent Poisson counts given their sum. */
    public double cdf(double[] x) {
        if (x.length != probabilities.length)
            throw new ShapeException("cdf: the point has " + x.length + " entries; it needs " + probabilities.length);
        int n = Math.toIntExact(trials);
        var sums = new double[n + 1];
        sums[0] = 1;
        for (int i = 0; i < x.length; i++) {
            if (!(x[i] >= 0)) return x[i] != x[i] ? x[i] : 0;
            double m = n * probabilities[i];
            int most = m == 0 ? 0 : (int) Math.min(n, Math.floor(x[i]));
            var masses = new double[most + 1];
            for (int k = 0; k <= most; k++) masses[k] = m == 0 ? 1 : Math.exp(SaddlePoint.logPoisson(k, m));
            for (int total = n; total >= 0; total--) {
                double sum = 0;
                for (int k = 0; k <= Math.min(most, total); k++) sum += masses[k] * sums[total - k];
                sums[total] = sum;
            }
        }
        return n == 0 ? 1 : Math.min(1, sums[n] / Math.exp(SaddlePoint.logPoisson(n, n)));
    }

    @Override public double[] mean() { return Arrays.stream(probabilities).map(p -> trials * p).toArray(); }

    @Override public double[][] covariance() {
        int k = probabilities.length;
        var covariance = new double[k][k];
        for (int i = 0; i < k; i++)
            for (int j = 0; j < k; j++) covariance[i][j] = trials * probabilities[i] * ((i == j ? 1 : 0) - probabilities[j]);
        return covariance;
    }

    /** By summation, {@code -E log p} count by count: some {@code 20 sqrt(n p_i)} terms for each. */
    @Override public double entropy() {
        if (trials == 0) return 0;
        double entropy = -stirling(trials);
        for (double p : probabilities) {
            if (p == 0) continue;
            double m = trials * p;
            // x log m and m sum to n log n and n over the outcomes, and are in the first term
            entropy += Quadrature.expectation(new Binomial(trials, p), x -> SaddlePoint.deviance(x, m) + stirling(x));
        }
        return entropy;
    }

    /** One binomial after the other: the time does not grow with the trials. */
    @Override public double[] sample(Rng rng) {
        int k = probabilities.length;
        double[] counts = new double[k], left = new double[k + 1];
        for (int i = k - 1; i >= 0; i--) left[i] = left[i + 1] + probabilities[i];
        long rest = trials;
        for (int i = 0; i < k && rest > 0; i++) {
            if (probabilities[i] == 0) continue;
            counts[i] = left[i + 1] == 0 ? rest : new Binomial(rest, Math.min(1, probabilities[i] / left[i])).sample(rng);
            rest -= (long) counts[i];
        }
        return counts;
    }

    @Override public boolean equals(Object o) {
        return o instanceof Multinomial m && trials == m.trials && Arrays.equals(probabilities, m.probabilities);
    }

    @Override public int hashCode() { return 31 * Long.hashCode(trials) + Arrays.hashCode(probabilities); }

    @Override public String toString() {
        return "Multinomial[trials=" + trials + ", probabilities=" + Arrays.toString(probabilities) + "]";
    }
}
