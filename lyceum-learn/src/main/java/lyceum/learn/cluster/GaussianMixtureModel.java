package lyceum.learn.cluster;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Parallel;
import lyceum.learn.cluster.GaussianMixture.Covariance;
import lyceum.linalg.Cholesky;
import lyceum.random.Rng;
import lyceum.stats.learner.ClusterModel;
import lyceum.stats.learner.DensityModel;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * A mixture of normal distributions, as {@link GaussianMixture} finds it; tensors are F64. Components have no order: never compare the second ones of
 * two fits.
 *
 * @param covariance what the covariances have in common
 * @param weights (k), summing to 1
 * @param means (k x p)
 * @param covariances full (k x p x p), tied (p x p), diagonal (k x p), spherical (k)
 * @param labels the component of the largest responsibility for each training row (n), I64
 * @param rows total weight of the training rows
 * @param history mean log-likelihood before each iteration and after the last
 * @param iterations of the run that was kept
 * @param converged whether it ended by its tolerance
 */
public record GaussianMixtureModel(Covariance covariance, Tensor weights, Tensor means, Tensor covariances, Tensor labels, double rows,
        double[] history, int iterations, boolean converged) implements ClusterModel, DensityModel {

    static GaussianMixtureModel of(GaussianComponents c, long[] labels, double rows, double[] history, int iterations, boolean converged) {
        var covariances = switch (c.type) {
            case FULL -> Tensor.stack(0, Arrays.stream(c.covariances).map(Tensor::of).toArray(Tensor[]::new));
            case TIED -> Tensor.of(c.covariances[0]);
            case DIAGONAL -> Tensor.of(Arrays.stream(c.covariances).map(s -> s[0]).toArray(double[][]::new));
            case SPHERICAL -> Tensor.of(Arrays.stream(c.covariances).mapToDouble(s -> s[0][0]).toArray());
        };
        return new GaussianMixtureModel(c.type, Tensor.of(c.weights), Tensor.of(c.means), covariances, Tensor.of(labels), rows, history,
                iterations, converged);
    }

    /**
     * A mixture whose parameters are known; it has no training rows, so no {@link #bic} and no history.
     *
     * @throws IllegalArgumentException if shapes do not fit or a covariance is not positive definite
     */
    public static GaussianMixtureModel of(Covariance covariance, Tensor weights, Tensor means, Tensor covariances) {
        var c = components(covariance, weights.to(DType.F64), means.to(DType.F64), covariances.to(DType.F64));
        if (c.singular >= 0) throw new IllegalArgumentException(
                "GaussianMixtureModel: the covariance of component " + c.singular + " is not positive definite");
        return of(c, new long[0], 0, new double[0], 0, true);
    }

    static GaussianComponents components(Covariance type, Tensor weights, Tensor means, Tensor covariances) {
        int k = (int) means.size(0), p = (int) means.size(1);
        long[] expected = switch (type) {
            case FULL -> new long[] {k, p, p};
            case TIED -> new long[] {p, p};
            case DIAGONAL -> new long[] {k, p};
            case SPHERICAL -> new long[] {k};
        };
        if (weights.count() != k || !Arrays.equals(covariances.shape().toArray(), expected))
            throw new ShapeException("GaussianMixture: weights of shape " + weights.shape() + ", means " + means.shape() + " and " + type
                    + " covariances " + covariances.shape() + " do not fit; the last have " + Arrays.toString(expected));
        var s = new double[type == Covariance.TIED ? 1 : k][][];
        for (int c = 0; c < s.length; c++) {
            s[c] = switch (type) {
                case FULL -> covariances.select(0, c).toRows();
                case TIED -> covariances.toRows();
                case DIAGONAL -> new double[][] {covariances.select(0, c).toDoubleArray()};
                case SPHERICAL -> {
                    var row = new double[p];
                    Arrays.fill(row, covariances.item(c));
                    yield new double[][] {row};
                }
            };
        }
        return new GaussianComponents(type, weights.toDoubleArray(), means.toRows(), s);
    }

    @Override public int nClusters() { return (int) means.size(0); }

    @Override public int nFeatures() { return (int) means.size(1); }

    /** A copy. */
    @Override public double[] history() { return history.clone(); }

    /** Mean log-likelihood of the training rows. */
    public double logLikelihood() { return history[history.length - 1]; }

    private interface Reader {
        void read(int i, double[] logs, double logSum);
    }

    private void read(Tensor rows, Reader reader) {
        double[] x = rows.toDoubleArray();
        int p = nFeatures(), k = nClusters();
        var components = components(covariance, weights, means, covariances);
        Parallel.range(rows.size(0), 256, (from, to) -> {
            double[] logs = new double[k], difference = new double[p];
            for (int i = (int) from; i < to; i++) reader.read(i, logs, components.read(x, i * p, logs, 0, difference));
        });
    }

    /** The probability of each component for each row (n x k). */
    public Tensor responsibilities(Tensor x) {
        var rows = LearnerInput.forModel(this, x).x();
        int k = nClusters();
        var out = new double[(int) rows.size(0) * k];
        read(rows, (i, logs, sum) -> {
            for (int c = 0; c < k; c++) out[i * k + c] = Math.exp(logs[c] - sum);
        });
        return Tensor.of(out, rows.size(0), k).to(rows.dtype());
    }

    @Override public Tensor predict(Tensor x) {
        var rows = LearnerInput.forModel(this, x).x();
        var out = new long[(int) rows.size(0)];
        // Compared as shares, as in the fit, so that ties are decided alike.
        read(rows, (i, logs, sum) -> {
            for (int c = 1; c < logs.length; c++) if (Math.exp(logs[c] - sum) > Math.exp(logs[(int) out[i]] - sum)) out[i] = c;
        });
        return Tensor.of(out);
    }

    @Override public Tensor logDensity(Tensor x) {
        var rows = LearnerInput.forModel(this, x).x();
        var out = new double[(int) rows.size(0)];
        read(rows, (i, logs, sum) -> out[i] = sum);
        return Tensor.of(out).to(rows.dtype());
    }

    /** The covariance of one component (p x p). */
    public Tensor covariance(int c) {
        var eye = Tensor.eye(DType.F64, nFeatures());
        return switch (covariance) {
            case FULL -> covariances.select(0, c);
            case TIED -> covariances;
            case DIAGONAL, SPHERICAL -> eye.mul(covariances.select(0, c)).compute();
        };
    }

    @Override public Tensor sample(Rng rng, int n) {
        int p = nFeatures(), k = nClusters();
        double[] w = weights.toDoubleArray(), z = new double[p];
        double[][] m = means.toRows(), out = new double[n][p];
        var factors = new double[k][][];
        for (int c = 0; c < k; c++) factors[c] = Cholesky.of(covariance(c)).lower().toRows();
        for (int i = 0; i < n; i++) {
            double u = rng.nextDouble();
            int c = 0;
            while (c < k - 1 && u >= w[c]) u -= w[c++];
            for (int j = 0; j < p; j++) z[j] = rng.nextGaussian();
            for (int a = 0; a < p; a++) {
                out[i][a] = m[c][a];
                for (int b = 0; b <= a; b++) out[i][a] += factors[c][a][b] * z[b];
            }
        }
        return n == 0 ? Tensor.zeros(DType.F64, 0, p) : Tensor.of(out);
    }

    /** Free parameters: k - 1 weights, k p means and those of the covariances. */
    public int parameters() {
        int k = nClusters(), p = nFeatures();
        return k - 1 + k * p + switch (covariance) {
            case FULL -> k * p * (p + 1) / 2;
            case TIED -> p * (p + 1) / 2;
            case DIAGONAL -> k * p;
            case SPHERICAL -> k;
        };
    }

    /** {@code -2 n logLikelihood + parameters log n} of the training rows: smaller is better. */
    public double bic() { return -2 * rows * logLikelihood() + parameters() * Math.log(rows); }

    /** {@code -2 n logLikelihood + 2 parameters} of the training rows. */
    public double aic() { return -2 * rows * logLikelihood() + 2 * parameters(); }
}
