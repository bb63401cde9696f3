package lyceum.bayes;

import java.util.Arrays;
import java.util.Comparator;

/**
 * Importance ratios whose largest are replaced by quantiles of a generalised Pareto distribution fitted to them, and what its shape says.
 *
 * @param k shape of the tail: below 0.5 the variance of the ratios is finite, above 0.7 no practical number of draws helps
 * @param logWeights smoothed, in the order of the draws, so that the weights sum to 1
 * @see <a href="https://arxiv.org/abs/1507.02646">Vehtari, Simpson, Gelman, Yao and Gabry (2024), Pareto smoothed importance sampling</a>
 * @see <a href="https://doi.org/10.1198/tech.2009.08017">Zhang and Stephens (2009), the estimate of the shape</a>
 */
public record ParetoSmoothing(double k, double[] logWeights) {
    /** Exceedances that a shape can be fitted to. */
    private static final int LEAST = 5;

    /**
     * With fewer than five draws of any weight in the tail k is infinite and nothing is smoothed.
     *
     * @param logRatios of draws from q, {@code log p(z) - log q(z)} up to a constant, {@code -Infinity} for no weight; at least 25
     */
    public static ParetoSmoothing of(double[] logRatios) {
        int n = logRatios.length, tail = (int) Math.min(0.2 * n, 3 * Math.sqrt(n));
        if (n < 25) throw new IllegalArgumentException("ParetoSmoothing: " + n + " draws; it takes at least 25");
        double[] sorted = logRatios.clone();
        Arrays.sort(sorted);
        double most = sorted[n - 1];
        if (!Double.isFinite(most))
            throw new IllegalArgumentException("ParetoSmoothing: the largest log ratio is " + most + "; it must be a number");
        // draws without weight say nothing about the tail
        double none = most + Math.log(Double.MIN_NORMAL);
        while (tail > 0 && sorted[n - tail] <= none) tail--;
        double logCut = sorted[n - tail - 1], cut = logCut <= none ? 0 : Math.exp(logCut - most);
        int[] largest = largest(logRatios, logCut, tail);
        double[] weights = new double[n], exceed = new double[tail];
        for (int i = 0; i < n; i++) weights[i] = Math.exp(logRatios[i] - most);
        for (int i = 0; i < tail; i++) exceed[i] = weights[largest[i]] - cut;
        double k = Double.NEGATIVE_INFINITY;
        if (tail < LEAST) k = Double.POSITIVE_INFINITY;
        else if (exceed[tail - 1] > 0) {
            double[] shape = fit(exceed);
            // Towards 1/2 as by ten more observations, for small samples
            k = (shape[0] * tail + 5) / (tail + 10);
            for (int i = 0; i < tail; i++) weights[largest[i]] = Math.min(1, cut + quantile((i + 0.5) / tail, k, shape[1]));
        }
        double sum = 0;
        for (double w : weights) sum += w;
        for (int i = 0; i < n; i++) weights[i] = Math.log(weights[i] / sum);
        return new ParetoSmoothing(k, weights);
    }

    /** Whether the ratios' variance exists, as far as the tail tells: k below 1/2. */
    public boolean isVarianceFinite() { return k < 0.5; }

    /** Whether smoothed estimates from these draws can be trusted: k at most {@code min(1 - 1/log10 n, 0.7)}. */
    public boolean isReliable() { return k <= Math.min(1 - 1 / Math.log10(logWeights.length), 0.7); }

    /** Where the so many largest stand, in ascending order; of those that equal the cut the last. */
    private static int[] largest(double[] values, double cut, int count) {
        int[] at = new int[count];
        int above = 0;
        for (double v : values) above += v > cut ? 1 : 0;
        int found = 0, equal = count - above;
        for (int i = values.length - 1; i >= 0; i--) if (values[i] > cut || values[i] == cut && equal-- > 0) at[found++] = i;
        return Arrays.stream(at).boxed().sorted(Comparator.<Integer>comparingDouble(i -> values[i]).thenComparing(i -> i)).mapToInt(i -> i)
                .toArray();
    }

    private static double quantile(double p, double k, double scale) {
        return Math.abs(k) < 1e-12 ? -scale * Math.log1p(-p) : scale * Math.expm1(-k * Math.log1p(-p)) / k;
    }

    /**
     * Shape and scale of a generalised Pareto distribution, {@code P(X > x) = (1 + k x / scale)^(-1/k)}, as posterior means over a grid.
     *
     * @param x rising, at least 0, the last above 0
     */
    public static double[] fit(double[] x) {
        int n = x.length, m = 30 + (int) Math.sqrt(n);
        double quartile = x[(int) (n / 4.0 + 0.5) - 1], most = x[n - 1];
        if (!(quartile > 0)) quartile = most / n;
        double[] b = new double[m], logs = new double[m];
        for (int j = 0; j < m; j++) {
            b[j] = 1 / most + (1 - Math.sqrt(m / (j + 0.5))) / (3 * quartile);
            double k = shape(x, b[j]);
            logs[j] = n * (Math.log(-b[j] / k) - k - 1);
        }
        double total = HiddenMarkovModel.logSum(logs), mean = 0;
        for (int j = 0; j < m; j++) mean += b[j] * Math.exp(logs[j] - total);
        double k = shape(x, mean);
        return new double[] {k, -k / mean};
    }

    private static double shape(double[] x, double b) {
        double sum = 0;
        for (double v : x) sum += Math.log1p(-b * v);
        return sum / x.length;
    }
}
