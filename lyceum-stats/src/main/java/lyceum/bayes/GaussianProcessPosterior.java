package lyceum.bayes;

import java.util.Arrays;
import lyceum.ConvergenceException;
import lyceum.backend.Parallel;
import lyceum.linalg.Cholesky;
import lyceum.linalg.ConjugateGradient;
import lyceum.linalg.LinearMap;
import lyceum.linalg.Preconditioner;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** A {@link GaussianProcess} that has seen measurements. Immutable. */
public final class GaussianProcessPosterior {
    private static final double LOG_2PI = Math.log(2 * Math.PI);

    private final GaussianProcess process;
    private final double[][] rows;
    private final double[] residual, weights;
    private final Cholesky factor;
    private final double tolerance;

    private GaussianProcessPosterior(GaussianProcess process, double[][] rows, double[] residual, Cholesky factor, double tolerance) {
        this.process = process;
        this.rows = rows;
        this.residual = residual;
        this.factor = factor;
        this.tolerance = tolerance;
        weights = solve(residual);
    }

    static GaussianProcessPosterior exact(GaussianProcess process, double[][] rows, double[] residual, Cholesky factor) {
        return new GaussianProcessPosterior(process, rows, residual, factor, 0);
    }

    static GaussianProcessPosterior iterative(GaussianProcess process, double[][] rows, double[] residual, double tolerance) {
        return new GaussianProcessPosterior(process, rows, residual, null, tolerance);
    }

    private double[] solve(double[] b) {
        if (factor != null) return factor.solve(Tensor.of(b)).toDoubleArray();
        double[] diagonal = process.kernel().diagonal(rows);
        for (int i = 0; i < diagonal.length; i++) diagonal[i] += process.noise();
        var solution = new ConjugateGradient().withTolerance(tolerance).withMaxIterations(100 * rows.length)
                .solve(LinearMap.symmetricArray(rows.length, this::times), Tensor.of(b), Preconditioner.jacobi(diagonal));
        if (!solution.converged()) throw new ConvergenceException("GaussianProcess: conjugate gradients stopped at a residual of "
                + solution.residual() + " after " + solution.iterations() + " steps; add noise, or ask for less");
        return solution.x().toDoubleArray();
    }

    /** {@code (K + noise I) v}, blocks of rows at a time. */
    private double[] times(double[] v) {
        int n = rows.length, block = 64;
        var out = new double[n];
        Parallel.range((n + block - 1) / block, 1, 20.0 * block * n, (from, to) -> {
            for (int b = (int) from; b < to; b++) {
                int low = b * block, high = Math.min(n, low + block);
                double[][] k = process.kernel().matrix(Arrays.copyOfRange(rows, low, high), rows);
                for (int i = low; i < high; i++) {
                    double sum = process.noise() * v[i];
                    for (int j = 0; j < n; j++) sum += k[i - low][j] * v[j];
                    out[i] = sum;
                }
            }
        });
        return out;
    }

    /** The process with the parameters that were used. */
    public GaussianProcess process() { return process; }

    /** {@code (K + noise)^-1 (y - m)}: the mean is a sum of kernels with these weights. A copy. */
    public double[] weights() { return weights.clone(); }

    Cholesky factor() {
        if (factor == null) throw new UnsupportedOperationException(
                "GaussianProcess: conjugate gradients give no factor, and so no likelihood and no samples; use condition");
        return factor;
    }

    /** Of the measurements. */
    public double logMarginalLikelihood() {
        double sum = factor().logDet() + rows.length * LOG_2PI;
        for (int i = 0; i < residual.length; i++) sum += residual[i] * weights[i];
        return -0.5 * sum;
    }

    private double[][] cross(Tensor x) {
        double[][] points = GaussianProcess.rows(x);
        if (points.length > 0 && points[0].length != rows[0].length)
            throw new IllegalArgumentException("GaussianProcess: rows of " + points[0].length + " numbers; it was given " + rows[0].length);
        return process.kernel().matrix(points, rows);
    }

    /** Mean of the curve at the rows of x, (m). */
    public Tensor mean(Tensor x) {
        double[][] k = cross(x), points = x.toRows();
        var m = new double[k.length];
        for (int i = 0; i < m.length; i++) {
            m[i] = process.mean().applyAsDouble(points[i]);
            for (int j = 0; j < weights.length; j++) m[i] += k[i][j] * weights[j];
        }
        return Tensor.of(m);
    }

    /** {@code A^-1 k(x, z)} for each row z: (m x n). */
    private double[][] solved(double[][] k) {
        if (k.length == 0) return k;
        if (factor != null) return factor.solve(Tensor.of(k).transpose()).transpose().toRows();
        return Arrays.stream(k).map(this::solve).toArray(double[][]::new);
    }

    /** Variance of the curve at the rows of x, (m); a new measurement there has the noise besides. Not below 0. */
    public Tensor variance(Tensor x) {
        double[][] k = cross(x), s = solved(k);
        double[] v = process.kernel().diagonal(x.toRows());
        for (int i = 0; i < v.length; i++) {
            for (int j = 0; j < rows.length; j++) v[i] -= k[i][j] * s[i][j];
            v[i] = Math.max(0, v[i]);
        }
        return Tensor.of(v);
    }

    /** Standard deviation of the curve, (m). */
    public Tensor deviation(Tensor x) { return variance(x).sqrt(); }

    /** Covariance of the curve between the rows of x, (m x m). */
    public Tensor covariance(Tensor x) { return Tensor.of(covarianceRows(x)); }

    private double[][] covarianceRows(Tensor x) {
        double[][] k = cross(x), s = solved(k), c = process.kernel().gram(x).toRows();
        for (int i = 0; i < c.length; i++) for (int j = 0; j <= i; j++) {
            for (int a = 0; a < rows.length; a++) c[i][j] -= k[i][a] * s[j][a];
            c[j][i] = c[i][j];
        }
        return c;
    }

    /** Draws of the whole curve at the rows of x: (n x m). */
    public Tensor sample(Tensor x, int n, Rng rng) { return draw(mean(x).toDoubleArray(), covarianceRows(x), n, rng); }

    static Tensor draw(double[] mean, double[][] covariance, int n, Rng rng) {
        // A posterior covariance is singular to rounding wherever points are close
        double[][] root = Cholesky.of(Tensor.of(covariance), new Cholesky.Jitter(1e-12, 10, 8)).lower().toRows();
        var out = new double[n * mean.length];
        for (int s = 0; s < n; s++) {
            double[] curve = KalmanFilter.noisy(mean.clone(), root, rng);
            System.arraycopy(curve, 0, out, s * mean.length, mean.length);
        }
        return Tensor.of(out, n, mean.length);
    }
}
