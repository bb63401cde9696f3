package lyceum.stats;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * Measures of a sample, with optional weights ({@code null} for equal ones).
 *
 * <p>Sums are compensated (Neumaier 1974) and spreads use two passes, so that large offsets cost no digits. An empty sample is an error; NaN
 * gives NaN.
 */
public final class Descriptive {
    private Descriptive() {}

    /** What weights mean for the bias correction of a variance. */
    public enum Weights {
        /** Weight 3 is the row three times: divides by {@code W - correction}. */
        FREQUENCY,
        /** Weights are relative trust: divides by {@code W - correction sum w^2 / W}. */
        RELIABILITY
    }

    /** Compensated sum. */
    public static double sum(double[] values) {
        double sum = 0, lost = 0;
        for (double v : values) {
            double next = sum + v;
            lost += Math.abs(sum) >= Math.abs(v) ? sum - next + v : v - next + sum;
            sum = next;
        }
        return Double.isFinite(sum) ? sum + lost : sum;
    }

    public static double mean(double[] values) { return mean(values, null); }

    /** {@code sum w x / sum w}. */
    public static double mean(double[] values, double[] weights) {
        check("mean", values, weights);
        if (weights == null) return sum(values) / values.length;
        var products = new double[values.length];
        for (int i = 0; i < values.length; i++) products[i] = weights[i] == 0 ? 0 : weights[i] * values[i];
        return sum(products) / sum(weights);
    }

    /** The sample variance, divided by n - 1. */
    public static double variance(double[] values) { return variance(values, null, 1, Weights.FREQUENCY); }

    /**
     * {@code sum w (x - mean)^2} over the weights less the correction.
     *
     * @param correction 0 for a population, 1 for a sample; NaN results where nothing is left to divide by
     */
    public static double variance(double[] values, double[] weights, double correction, Weights kind) {
        double mean = mean(values, weights), sum = 0, drift = 0, total = 0, squares = 0;
        for (int i = 0; i < values.length; i++) {
            double w = weights == null ? 1 : weights[i], d = w == 0 ? 0 : values[i] - mean;
            sum += w * d * d;
            drift += w * d; // zero except for the rounding of the mean
            total += w;
            squares += w * w;
        }
        double divisor = kind == Weights.FREQUENCY ? total - correction : total - correction * squares / total;
        return divisor > 0 ? (sum - drift * drift / total) / divisor : Double.NaN;
    }

    public static double standardDeviation(double[] values) { return Math.sqrt(variance(values)); }

    /** Third central moment over the cube of the (population) deviation. */
    public static double skewness(double[] values) {
        double mean = mean(values), second = 0, third = 0;
        for (double v : values) {
            double d = v - mean;
            second += d * d;
            third += d * d * d;
        }
        double n = values.length;
        return third / n / Math.pow(second / n, 1.5);
    }

    /** Fourth central moment over the square of the (population) variance, less 3. */
    public static double excessKurtosis(double[] values) {
        double mean = mean(values), second = 0, fourth = 0;
        for (double v : values) {
            double d = (v - mean) * (v - mean);
            second += d;
            fourth += d * d;
        }
        double n = values.length;
        return fourth / n / (second / n * (second / n)) - 3;
    }

    public static double median(double[] values) { return quantile(values, 0.5); }

    /** Linear between order statistics: NumPy's default, type 7 of Hyndman and Fan (1996). */
    public static double quantile(double[] values, double p) { return quantiles(values, p)[0]; }

    /** Several quantiles from one sort. */
    public static double[] quantiles(double[] values, double... p) {
        check("quantile", values, null);
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        var result = new double[p.length];
        for (int i = 0; i < p.length; i++) {
            if (!(p[i] >= 0 && p[i] <= 1)) throw new IllegalArgumentException("quantile: p is " + p[i] + "; it lies between 0 and 1");
            double at = p[i] * (sorted.length - 1);
            int low = (int) Math.floor(at), high = Math.min(low + 1, sorted.length - 1);
            double t = at - low;
            // NaN sorts last: it makes every quantile NaN, as a missing value must
            if (sorted[sorted.length - 1] != sorted[sorted.length - 1]) result[i] = Double.NaN;
            else result[i] = t == 0 || sorted[low] == sorted[high] ? sorted[low] : sorted[low] + t * (sorted[high] - sorted[low]);
        }
        return result;
    }

    /** The least value at which the cumulated weight reaches {@code p} of the total: the inverse of the weighted empirical cdf. */
    public static double quantile(double[] values, double[] weights, double p) {
        check("quantile", values, weights);
        if (!(p >= 0 && p <= 1)) throw new IllegalArgumentException("quantile: p is " + p + "; it lies between 0 and 1");
        int[] order = Ranks.order(values);
        double total = weights == null ? values.length : sum(weights), running = 0;
        for (int i : order) {
            double w = weights == null ? 1 : weights[i];
            running += w;
            if (w > 0 && running >= p * total * (1 - 1e-15)) return values[i];
        }
        return values[order[order.length - 1]];
    }

    /**
     * The covariance matrix of the columns of x (n x p): (p x p), in F64.
     *
     * @param weights (n) or null
     * @param correction 0 for a population, 1 for a sample
     */
    public static Tensor covariance(Tensor x, double[] weights, double correction, Weights kind) {
        if (x.rank() != 2 || x.size(0) == 0)
            throw new ShapeException("covariance: x has shape " + x.shape() + "; it needs rows and columns, at least one row");
        int n = (int) x.size(0);
        if (weights == null) {
            weights = new double[n];
            Arrays.fill(weights, 1);
        }
        if (weights.length != n) throw new ShapeException("covariance: " + n + " rows but " + weights.length + " weights");
        double total = sum(weights), squares = 0;
        for (double w : weights) squares += w * w;
        double divisor = kind == Weights.FREQUENCY ? total - correction : total - correction * squares / total;
        if (!(divisor > 0)) throw new IllegalArgumentException(
                "covariance: the weights sum to " + total + ", too little for a correction of " + correction);
        var data = x.to(lyceum.DType.F64);
        var w = Tensor.of(weights, n, 1);
        var centred = data.sub(data.mul(w).sum(0).div(total));
        centred = centred.sub(centred.mul(w).sum(0).div(total)); // a second pass removes the rounding of the first mean
        var product = centred.mul(w).transpose().matmul(centred).div(divisor);
        return product.add(product.transpose()).mul(0.5);
    }

    /** The sample covariance matrix of the columns. */
    public static Tensor covariance(Tensor x) { return covariance(x, null, 1, Weights.FREQUENCY); }

    /** Pearson's correlations of the columns of x; NaN beside a constant column, exactly 1 on the diagonal. */
    public static Tensor correlation(Tensor x) {
        double[][] c = covariance(x, null, 0, Weights.FREQUENCY).toRows();
        int p = c.length;
        var r = new double[p][p];
        for (int i = 0; i < p; i++) {
            for (int j = 0; j < p; j++) {
                if (i == j) r[i][j] = c[i][i] > 0 ? 1 : Double.NaN;
                else r[i][j] = c[i][i] > 0 && c[j][j] > 0 ? Math.clamp(c[i][j] / Math.sqrt(c[i][i]) / Math.sqrt(c[j][j]), -1, 1)
                        : Double.NaN;
            }
        }
        return Tensor.of(r);
    }

    /** Pearson's correlation of two samples, in [-1, 1]; NaN if one is constant. */
    public static double correlation(double[] x, double[] y) { return Math.clamp(unclampedCorrelation(x, y), -1, 1); }

    /** The same as computed: rounding may leave it a little beyond 1. */
    static double unclampedCorrelation(double[] x, double[] y) {
        if (x.length != y.length) throw new ShapeException("correlation: samples of " + x.length + " and " + y.length + " values");
        double mx = mean(x), my = mean(y), xx = 0, yy = 0, xy = 0;
        for (int i = 0; i < x.length; i++) {
            xx += (x[i] - mx) * (x[i] - mx);
            yy += (y[i] - my) * (y[i] - my);
            xy += (x[i] - mx) * (y[i] - my);
        }
        return xx > 0 && yy > 0 ? xy / Math.sqrt(xx) / Math.sqrt(yy) : Double.NaN;
    }

    /** Spearman's rank correlation: Pearson's of the ranks, ties sharing their mean. */
    public static double rankCorrelation(double[] x, double[] y) { return correlation(Ranks.of(x), Ranks.of(y)); }

    private static void check(String operation, double[] values, double[] weights) {
        if (values.length == 0) throw new IllegalArgumentException(operation + ": the sample is empty");
        if (weights == null) return;
        if (weights.length != values.length)
            throw new ShapeException(operation + ": " + values.length + " values but " + weights.length + " weights");
        double sum = 0;
        for (int i = 0; i < weights.length; i++) {
            if (!(weights[i] >= 0) || weights[i] == Double.POSITIVE_INFINITY) throw new IllegalArgumentException(
                    operation + ": weight " + i + " is " + weights[i] + "; weights are finite and at least 0");
            sum += weights[i];
        }
        if (sum == 0) throw new IllegalArgumentException(operation + ": all weights are 0; at least one must be positive");
    }
}
