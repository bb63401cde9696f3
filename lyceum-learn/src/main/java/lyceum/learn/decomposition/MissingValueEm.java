package lyceum.learn.decomposition;

import java.util.Arrays;
import lyceum.DType;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * Expectation-maximisation for probabilistic PCA (one noise for all columns) and factor analysis (one for each) on the values that are there. The M step solves one small least-squares problem a column, for its
 * loadings and mean together, over the rows that have it.
 */
final class MissingValueEm {
    /** Noise stays above this share of the mean variance, so that a density exists for data that lie in a plane. */
    private static final double LEAST_NOISE = 1e-10;

    private final double[] x, w;
    private final int n, p, k;
    private final double[] loadings, mean;
    private final double[] noise, floor;
    private final boolean tied;
    private boolean converged;

    /** @param tied whether all columns have the same noise */
    static MissingValueEm of(LearnerInput input, Tensor weights, int k, boolean tied) {
        int n = input.rows(), p = input.columns();
        double[] w = input.weights(weights);
        int positive = 0;
        for (double v : w) if (v > 0) positive++;
        if (positive < 2) throw new IllegalArgumentException(
                input.operation() + ": x has 1 row" + (weights == null ? "" : " of positive weight") + "; a variance needs more");
        double[] values = input.x().to(DType.F64).toDoubleArray();
        for (int j = 0; j < p; j++) {
            int seen = 0;
            for (int i = 0; i < n; i++) if (w[i] > 0 && !Double.isNaN(values[i * p + j])) seen++;
            if (seen == 0) throw new IllegalArgumentException(input.operation() + ": column " + j + " has no value at all; drop it");
        }
        return new MissingValueEm(values, w, n, p, k, tied);
    }

    private MissingValueEm(double[] x, double[] w, int n, int p, int k, boolean tied) {
        this.x = x;
        this.w = w;
        this.n = n;
        this.p = p;
        this.k = k;
        this.loadings = new double[p * k];
        this.mean = new double[p];
        this.noise = new double[p];
        this.floor = new double[p];
        this.tied = tied;
        start();
    }

    /** PCA of the data filled with column means. */
    private void start() {
        double total = 0, variance = 0;
        for (double v : w) total += v;
        for (int j = 0; j < p; j++) {
            double seen = 0;
            for (int i = 0; i < n; i++) {
                if (Double.isNaN(x[i * p + j])) continue;
                mean[j] += w[i] * x[i * p + j];
                seen += w[i];
            }
            mean[j] /= seen;
        }
        var covariance = new double[p * p];
        var d = new double[p];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < p; j++) d[j] = Double.isNaN(x[i * p + j]) ? 0 : x[i * p + j] - mean[j];
            for (int a = 0; a < p; a++) for (int b = 0; b < p; b++) covariance[a * p + b] += w[i] / total * d[a] * d[b];
        }
        for (int j = 0; j < p; j++) variance += covariance[j * p + j] / p;
        Arrays.fill(floor, variance > 0 ? LEAST_NOISE * variance : 1e-300);
        if (!tied) for (int j = 0; j < p; j++) floor[j] = Math.max(floor[j], LEAST_NOISE * covariance[j * p + j]);
        var spectrum = Spectrum.ofCovariance(Tensor.of(covariance, p, p), p);
        double left = 0;
        for (int c = k; c < p; c++) left += spectrum.variances()[c] / (p - k);
        double first = Math.max(left, Math.max(floor[0], 1e-3 * variance));
        Arrays.fill(noise, first);
        double[] axes = spectrum.axes().toDoubleArray();
        for (int j = 0; j < p; j++)
            for (int c = 0; c < k; c++)
                loadings[j * k + c] = axes[c * p + j] * Math.sqrt(Math.max(spectrum.variances()[c] - first, 0.1 * first));
    }

    /** The mean log-likelihood before each step; ends when a step raised it by less than {@code tolerance}. */
    double[] run(int maxIterations, double tolerance) {
        var history = new double[maxIterations];
        int steps = 0;
        while (steps < maxIterations && !converged) {
            history[steps] = step();
            converged = steps > 0 && history[steps] - history[steps - 1] < tolerance;
            steps++;
        }
        return Arrays.copyOf(history, steps);
    }

    Tensor loadings() { return Tensor.of(loadings, p, k); }

    Tensor mean() { return Tensor.of(mean); }

    double[] noise() { return noise; }

    boolean converged() { return converged; }

    /** One E and M step and {@link #rescale}; returns the mean log-likelihood before it. */
    private double step() {
        int m = k + 1;
        double[] moments = new double[p * m * m], cross = new double[p * m], squares = new double[p], masses = new double[p];
        double[] covariance = new double[k * k], column = new double[k], z = new double[m], spread = new double[k * k],
                middle = new double[k];
        var row = new Observed(loadings, mean, noise, k);
        double likelihood = 0, total = 0;
        for (int i = 0; i < n; i++) {
            if (w[i] == 0) continue;
            row.read(x, i * p);
            row.covariance(covariance, column);
            System.arraycopy(row.latent, 0, z, 0, k);
            z[k] = 1;
            likelihood += w[i] * row.logDensity;
            total += w[i];
            for (int a = 0; a < k; a++) {
                middle[a] += w[i] * z[a];
                for (int b = 0; b < k; b++) spread[a * k + b] += w[i] * (z[a] * z[b] + covariance[a * k + b]);
            }
            for (int j = 0; j < p; j++) {
                double v = x[i * p + j];
                if (Double.isNaN(v)) continue;
                masses[j] += w[i];
                squares[j] += w[i] * (v - mean[j]) * (v - mean[j]);
                for (int a = 0; a < m; a++) {
                    cross[j * m + a] += w[i] * (v - mean[j]) * z[a];
                    for (int b = 0; b < m; b++)
                        moments[j * m * m + a * m + b] += w[i] * (z[a] * z[b] + (a < k && b < k ? covariance[a * k + b] : 0));
                }
            }
        }
        double residual = 0, mass = 0;
        for (int j = 0; j < p; j++) {
            double[] c = Arrays.copyOfRange(cross, j * m, (j + 1) * m),
                    solution = solve(Arrays.copyOfRange(moments, j * m * m, (j + 1) * m * m), c.clone(), m);
            System.arraycopy(solution, 0, loadings, j * k, k);
            mean[j] += solution[k];
            double left = squares[j];
            for (int a = 0; a < m; a++) left -= solution[a] * c[a];
            noise[j] = Math.max(floor[j], left / masses[j]);
            residual += left;
            mass += masses[j];
        }
        if (tied) Arrays.fill(noise, Math.max(floor[0], residual / mass));
        rescale(spread, middle, total);
        return likelihood / total;
    }

    /**
     * Gives the latent values their standard distribution back by changing loadings and mean instead: parameter-expanded EM (Liu, Rubin and Wu 1998),
     * without which the size of the loadings creeps when the noise is small.
     */
    private void rescale(double[] spread, double[] middle, double total) {
        for (int a = 0; a < k; a++) middle[a] /= total;
        for (int a = 0; a < k; a++) {
            for (int b = 0; b <= a; b++) {
                double v = spread[a * k + b] / total - middle[a] * middle[b];
                for (int c = 0; c < b; c++) v -= spread[a * k + c] * spread[b * k + c];
                spread[a * k + b] = a == b ? Math.sqrt(Math.max(v, 1e-12)) : v / spread[b * k + b];
            }
        }
        for (int j = 0; j < p; j++) {
            for (int a = 0; a < k; a++) mean[j] += loadings[j * k + a] * middle[a];
            for (int b = 0; b < k; b++) {
                double sum = 0;
                for (int a = b; a < k; a++) sum += loadings[j * k + a] * spread[a * k + b];
                loadings[j * k + b] = sum;
            }
        }
    }

    /** Solves the positive definite {@code a x = b} in place by Cholesky; a direction without any spread gets 0. */
    private static double[] solve(double[] a, double[] b, int m) {
        for (int i = 0; i < m; i++) {
            for (int j = 0; j <= i; j++) {
                double v = a[i * m + j];
                for (int c = 0; c < j; c++) v -= a[i * m + c] * a[j * m + c];
                if (i == j) a[i * m + i] = v > 1e-14 * a[i * m + i] && v > 0 ? Math.sqrt(v) : Double.POSITIVE_INFINITY;
                else a[i * m + j] = a[j * m + j] == Double.POSITIVE_INFINITY ? 0 : v / a[j * m + j];
            }
        }
        for (int i = 0; i < m; i++) {
            for (int c = 0; c < i; c++) b[i] -= a[i * m + c] * b[c];
            b[i] /= a[i * m + i];
        }
        for (int i = m - 1; i >= 0; i--) {
            for (int c = i + 1; c < m; c++) b[i] -= a[c * m + i] * b[c];
            b[i] /= a[i * m + i];
        }
        return b;
    }
}
