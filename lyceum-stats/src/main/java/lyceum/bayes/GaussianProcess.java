package lyceum.bayes;

import java.util.Arrays;
import java.util.function.ToDoubleFunction;
import lyceum.ShapeException;
import lyceum.kernel.KernelFunction;
import lyceum.linalg.Cholesky;
import lyceum.linalg.NotPositiveDefiniteException;
import lyceum.optim.Box;
import lyceum.optim.Lbfgs;
import lyceum.optim.Minimum;
import lyceum.optim.Objective;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * A prior on functions: any finite set of values is jointly normal, with a kernel for covariance. Conditioning on noisy measurements gives
 * {@code k(z, x) (K + s^2 I)^-1 (y - m(x)) + m(z)} and {@code k(z, z) - k(z, x) (K + s^2 I)^-1 k(x, z)}.
 *
 * {@snippet :
 * Tensor x = Tensor.of(-1, 0, 2).reshape(3, 1), y = Tensor.of(-0.5, 0.4, 0.9), where = Tensor.of(0, 1, 5).reshape(3, 1);
 * var process = new GaussianProcess(new Rbf(1.0), 0.01);
 * var posterior = process.condition(x, y);
 * posterior.mean(where);
 * posterior.variance(where);                          // of the curve; a measurement has 0.01 more
 * var fitted = process.withRestarts(5).fit(x, y, Rng.of(1));   // kernel parameters and noise by maximum likelihood
 * fitted.process().kernel();
 * }
 *
 * <p>Everything is F64. Exact work stores n^2 numbers and takes n^3 / 3 operations; {@link #conditionByConjugateGradients} stores the rows
 * alone, {@link SparseGaussianProcess} a few inducing points.
 *
 * @param kernel covariance of the curve
 * @param noise variance of a measurement, the same for all; what differs is given with the data
 * @param mean of the curve before it is measured, a function of a row
 * @param restarts of {@link #fit}, from random parameters, beside the start from those given
 * @see <a href="https://gaussianprocess.org/gpml/">Rasmussen and Williams (2006), Gaussian Processes for Machine Learning</a>
 */
@Withers
public record GaussianProcess(KernelFunction kernel, double noise, ToDoubleFunction<double[]> mean, int restarts)
        implements GaussianProcessWithers {
    public GaussianProcess {
        if (!(noise >= 0 && noise < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("GaussianProcess: noise is " + noise + "; it is a variance, finite and at least 0");
        if (restarts < 0) throw new IllegalArgumentException("GaussianProcess: restarts is " + restarts + "; it is at least 0");
    }

    /** Mean 0, no restarts. */
    public GaussianProcess(KernelFunction kernel, double noise) { this(kernel, noise, row -> 0, 0); }

    /** The posterior given measurements, all parameters as they are. @param x (n x p) @param y (n) */
    public GaussianProcessPosterior condition(Tensor x, Tensor y) { return condition(x, y, null); }

    /**
     * The same with more noise on some measurements than on others.
     *
     * @param noises (n), variances added to {@link #noise}; null for none
     * @throws NotPositiveDefiniteException if rows are so near to each other that their covariance is singular to rounding: add noise
     */
    public GaussianProcessPosterior condition(Tensor x, Tensor y, Tensor noises) {
        double[][] rows = rows(x);
        double[] residual = residual(rows, y);
        return GaussianProcessPosterior.exact(this, rows, residual, Cholesky.of(covariance(rows, noises)));
    }

    static double[][] rows(Tensor x) {
        if (x.rank() != 2)
            throw new ShapeException("GaussianProcess: x has shape " + x.shape() + "; points are the rows of a matrix (n x p)");
        return x.toRows();
    }

    double[] residual(double[][] rows, Tensor y) {
        if (y.rank() != 1 || y.size(0) != rows.length) throw new ShapeException(
                "GaussianProcess: y has shape " + y.shape() + " for " + rows.length + " rows; it needs one number a row");
        double[] r = y.toDoubleArray();
        for (int i = 0; i < r.length; i++) r[i] -= mean.applyAsDouble(rows[i]);
        return r;
    }

    private Tensor covariance(double[][] rows, Tensor noises) {
        double[] extra = noises(noises, rows.length);
        double[][] k = kernel.matrix(rows, rows);
        for (int i = 0; i < k.length; i++) k[i][i] += noise + extra[i];
        return Tensor.of(k);
    }

    static double[] noises(Tensor noises, int n) {
        if (noises == null) return new double[n];
        if (noises.rank() != 1 || noises.size(0) != n)
            throw new ShapeException("GaussianProcess: noises of shape " + noises.shape() + " for " + n + " rows; one variance a row");
        double[] extra = noises.toDoubleArray();
        for (double v : extra)
            if (!(v >= 0)) throw new IllegalArgumentException("GaussianProcess: a noise is " + v + "; variances are at least 0");
        return extra;
    }

    /**
     * The posterior with the systems solved by conjugate gradients, whose products make the covariance row by row and keep none of it. Without a
     * factor there is no marginal likelihood and no joint samples.
     *
     * @param tolerance of the residual, relative
     */
    public GaussianProcessPosterior conditionByConjugateGradients(Tensor x, Tensor y, double tolerance) {
        double[][] rows = rows(x);
        return GaussianProcessPosterior.iterative(this, rows, residual(rows, y), tolerance);
    }

    /**
     * The log marginal likelihood {@code -(r' A^-1 r + log det A + n log 2 pi) / 2}, {@code A = K + noise I}.
     *
     * @param gradient by the kernel's parameters, which are logarithms, and last by the logarithm of the noise
     */
    public record Likelihood(double value, double[] gradient) {}

    /** The likelihood of these measurements and its gradient. @param noises as in {@link #condition(Tensor, Tensor, Tensor)} */
    public Likelihood likelihood(Tensor x, Tensor y, Tensor noises) {
        var posterior = condition(x, y, noises);
        double[][] inverse = posterior.factor().inverse().toRows();
        double[] alpha = posterior.weights();
        double trace = 0;
        for (int i = 0; i < alpha.length; i++) {
            for (int j = 0; j < alpha.length; j++) inverse[i][j] = 0.5 * (alpha[i] * alpha[j] - inverse[i][j]);
            trace += inverse[i][i];
        }
        double[] kernelPart = kernel.parameterGradient(x, x, Tensor.of(inverse)),
                gradient = Arrays.copyOf(kernelPart, kernelPart.length + 1);
        gradient[kernelPart.length] = noise * trace;
        return new Likelihood(posterior.logMarginalLikelihood(), gradient);
    }

    /** Maximum likelihood for kernel and noise, then the posterior with them. */
    public GaussianProcessPosterior fit(Tensor x, Tensor y, Rng rng) { return fit(x, y, null, rng); }

    /**
     * The same with noises of the measurements' own. Parameters stay within a factor 10^5 of 1; a noise of exactly 0 is left there.
     *
     * @param rng for the restarts
     */
    public GaussianProcessPosterior fit(Tensor x, Tensor y, Tensor noises, Rng rng) {
        int count = kernel.parameters().length, free = noise > 0 ? count + 1 : count;
        double[] start = Arrays.copyOf(kernel.parameters(), free);
        if (noise > 0) start[count] = Math.log(noise);
        Objective loss = (theta, gradient) -> {
            try {
                var found = at(theta).likelihood(x, y, noises);
                for (int i = 0; i < free; i++) gradient[i] = -found.gradient[i];
                return -found.value;
            } catch (NotPositiveDefiniteException e) {
                return Double.POSITIVE_INFINITY;
            }
        };
        double edge = Math.log(1e5);
        var box = Box.of(free, -edge, edge);
        var search = new Lbfgs().withGradientTolerance(1e-6).withMaxIterations(500);
        Minimum best = null;
        for (int r = 0; r <= restarts; r++) {
            double[] begin = start.clone();
            if (r > 0) for (int i = 0; i < free; i++) begin[i] = start[i] + 2 * rng.nextGaussian();
            begin = box.project(begin);
            if (loss.at(begin, new double[free]) == Double.POSITIVE_INFINITY) continue;
            var found = search.minimize(loss, begin, box);
            if (best == null || found.value() < best.value()) best = found;
        }
        if (best == null)
            throw new IllegalArgumentException("GaussianProcess: the covariance is singular at every start; begin with more noise");
        return at(best.x()).condition(x, y, noises);
    }

    GaussianProcess at(double[] theta) {
        int count = kernel.parameters().length;
        return new GaussianProcess(kernel.withParameters(Arrays.copyOf(theta, count)),
                theta.length > count ? Math.exp(theta[count]) : noise, mean, restarts);
    }

    /** Draws of the curve at these rows, before any measurement: (n x rows). */
    public Tensor sample(Tensor x, int n, Rng rng) {
        double[][] rows = rows(x);
        double[] m = Arrays.stream(rows).mapToDouble(mean).toArray();
        return GaussianProcessPosterior.draw(m, kernel.gram(x).toRows(), n, rng);
    }
}
