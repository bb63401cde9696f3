package lyceum.learn.metrics;

import java.util.Arrays;
import lyceum.prob.Mixture;
import lyceum.prob.Normal;
import lyceum.prob.Quadrature;
import lyceum.prob.UnivariateDistribution;

/**
 * The continuous ranked probability score of a forecast distribution F when y comes, {@code int (F(t) - [t >= y])^2 dt = E|X - y| - E|X - X'| / 2}.
 * In the units of y; of a point forecast it is the absolute error.
 *
 * {@snippet :
 * Crps.of(new Normal(20, 2), 23);                                        // 1.99
 * Crps.of(Mixture.of(new Normal(15, 1), new Normal(22, 2)), 23);
 * Crps.ofSample(new double[] {18.2, 21.4, 22.0}, 23);
 * }
 *
 * @see <a href="https://doi.org/10.1287/mnsc.22.10.1087">Matheson and Winkler (1976)</a>; <a href="https://doi.org/10.1175/MWR2904.1">Gneiting, Raftery,
 *      Westveld and Goldman (2005)</a>
 */
public final class Crps {
    private static final double TAIL = 1e-15;

    private Crps() {}

    /** Closed form for normal distributions and mixtures of them; otherwise by integration, to about 1e-12 of the spread. */
    public static double of(UnivariateDistribution forecast, double y) {
        if (!Double.isFinite(y)) throw new IllegalArgumentException("Crps: y is " + y + "; it is finite");
        var f = Normals.of(forecast);
        if (f == null) return forecast.isDiscrete() ? sum(forecast, y) : integral(forecast, y);
        double sum = 0;
        for (int i = 0; i < f.weights.length; i++) sum += f.weights[i] * meanAbsolute(y - f.means[i], f.variances[i]);
        return sum - f.distance(f) / 2;
    }

    /**
     * Of the empirical distribution of a sample, in O(m log m): {@code sum_i |x_i - y| / m - sum_i (2i - m - 1) x_(i) / m^2}.
     */
    public static double ofSample(double[] sample, double y) {
        if (!Double.isFinite(y)) throw new IllegalArgumentException("Crps: y is " + y + "; it is finite");
        double distance = 0;
        for (double x : sample) distance += Math.abs(x - y);
        return distance / sample.length - entropyOfSample(sample);
    }

    /** The expected score of a forecast that is true, {@code E|X - X'| / 2 = int F (1 - F)}. */
    public static double entropy(UnivariateDistribution f) {
        var normals = Normals.of(f);
        if (normals != null) return normals.distance(normals) / 2;
        if (!f.isDiscrete()) return Quadrature.integrate(t -> f.cdf(t) * f.survival(t), cuts(f, f, Double.NaN), 1e-13, 0);
        double sum = 0;
        for (double t = f.quantile(TAIL), end = f.upperQuantile(TAIL); t < end; t++) sum += f.cdf(t) * f.survival(t);
        return sum;
    }

    /** Likewise of the empirical distribution of a sample. */
    public static double entropyOfSample(double[] sample) {
        double[] x = sorted(sample);
        int m = x.length;
        double sum = 0;
        // Distances from the middle: the weights sum to 0, and large common parts would cost digits.
        for (int i = 0; i < m; i++) sum += (2 * i + 1 - m) * (x[i] - x[m / 2]);
        return sum / ((double) m * m);
    }

    /** What forecasting g costs beyond the truth f, {@code int (F - G)^2}. */
    public static double divergence(UnivariateDistribution f, UnivariateDistribution g) {
        Normals a = Normals.of(f), b = Normals.of(g);
        if (a != null && b != null) return a.distance(b) - a.distance(a) / 2 - b.distance(b) / 2;
        if (!f.isDiscrete() && !g.isDiscrete())
            return Quadrature.integrate(t -> square(f.cdf(t) - g.cdf(t)), cuts(f, g, Double.NaN), 1e-13, 0);
        if (f.isDiscrete() != g.isDiscrete())
            throw new IllegalArgumentException("Crps.divergence: " + f + " and " + g + " are not both discrete or both continuous");
        double sum = 0, end = Math.max(f.upperQuantile(TAIL), g.upperQuantile(TAIL));
        for (double t = Math.min(f.quantile(TAIL), g.quantile(TAIL)); t < end; t++) sum += square(f.cdf(t) - g.cdf(t));
        return sum;
    }

    /** Likewise between the empirical distributions of two samples, exactly, in O((m + n) log(m + n)). */
    public static double divergenceOfSamples(double[] f, double[] g) {
        double[] a = sorted(f), b = sorted(g);
        double sum = 0, t = Math.min(a[0], b[0]);
        for (int i = 0, j = 0; i < a.length || j < b.length;) {
            double next = j == b.length || i < a.length && a[i] <= b[j] ? a[i] : b[j];
            sum += (next - t) * square((double) i / a.length - (double) j / b.length);
            while (i < a.length && a[i] == next) i++;
            while (j < b.length && b[j] == next) j++;
            t = next;
        }
        return sum;
    }

    private static double integral(UnivariateDistribution f, double y) {
        return Quadrature.integrate(t -> t < y ? square(f.cdf(t)) : square(f.survival(t)), cuts(f, f, y), 1e-13, 0);
    }

    /** Integers from the least to the largest; F is constant between them. */
    private static double sum(UnivariateDistribution f, double y) {
        double sum = 0, low = Math.min(f.quantile(TAIL), Math.floor(y)), high = Math.max(f.upperQuantile(TAIL), Math.ceil(y));
        for (double t = low; t < high; t++) {
            double before = Math.clamp(y - t, 0, 1);
            sum += before * square(f.cdf(t)) + (1 - before) * square(f.survival(t));
        }
        return sum;
    }

    private static double[] cuts(UnivariateDistribution f, UnivariateDistribution g, double y) {
        double[] shares = {TAIL, 1e-6, 0.01, 0.2, 0.5, 0.8, 0.99, 1 - 1e-6};
        var cuts = new double[2 * shares.length + 3];
        int k = 0;
        for (double share : shares) {
            cuts[k++] = f.quantile(share);
            cuts[k++] = g.quantile(share);
        }
        cuts[k++] = f.upperQuantile(TAIL);
        cuts[k++] = g.upperQuantile(TAIL);
        cuts[k] = Double.isNaN(y) ? cuts[0] : y;
        Arrays.sort(cuts);
        return cuts;
    }

    private static double[] sorted(double[] sample) {
        if (sample.length == 0) throw new IllegalArgumentException("Crps: the sample is empty");
        double[] x = sample.clone();
        Arrays.sort(x);
        if (!Double.isFinite(x[0]) || !Double.isFinite(x[x.length - 1])) throw new IllegalArgumentException(
                "Crps: a value of the sample is " + (Double.isFinite(x[0]) ? x[x.length - 1] : x[0]) + "; all are finite");
        return x;
    }

    private static double square(double v) { return v * v; }

    /** {@code E|N(m, v)| = 2 s phi(m / s) + m (2 Phi(m / s) - 1)}. */
    private static double meanAbsolute(double m, double v) {
        double s = Math.sqrt(v), z = m / s;
        return 2 * s * Normal.STANDARD.density(z) + m * (Normal.STANDARD.cdf(z) - Normal.STANDARD.survival(z));
    }

    private record Normals(double[] weights, double[] means, double[] variances) {
        /** Null if it is something else. */
        static Normals of(UnivariateDistribution f) {
            if (f instanceof Normal n) return new Normals(new double[] {1}, new double[] {n.mean()}, new double[] {n.variance()});
            if (!(f instanceof Mixture mixture) || !mixture.components().stream().allMatch(c -> c instanceof Normal)) return null;
            int k = mixture.components().size();
            double[] weights = new double[k], means = new double[k], variances = new double[k];
            for (int i = 0; i < k; i++) {
                weights[i] = mixture.weights().density(i);
                means[i] = mixture.components().get(i).mean();
                variances[i] = mixture.components().get(i).variance();
            }
            return new Normals(weights, means, variances);
        }

        /** {@code E|X - Y|}. */
        double distance(Normals other) {
            double sum = 0;
            for (int i = 0; i < weights.length; i++)
                for (int j = 0; j < other.weights.length; j++)
                    sum += weights[i] * other.weights[j] * meanAbsolute(means[i] - other.means[j], variances[i] + other.variances[j]);
            return sum;
        }
    }
}
