package lyceum.optim;

import java.util.Objects;
import java.util.function.UnaryOperator;
import lyceum.ShapeException;
import lyceum.linalg.Cholesky;
import lyceum.linalg.ConjugateGradient;
import lyceum.linalg.LinearMap;
import lyceum.progress.Progress;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Natural gradient descent, {@code theta <- theta - rate (F + damping I)^-1 g}: steepest descent where a step's length is measured by how much the
 * distribution changes, {@code KL(p_theta || p_theta+d) ~ d'Fd / 2}, and not by how much its parameters do.
 *
 * {@snippet :
 * var step = new NaturalGradient().withDamping(1e-3).withMethod(NaturalGradient.Method.CONJUGATE_GRADIENT);
 * double[] direction = step.direction(GaussNewton.SOFTMAX.of(network, w), gradient);   // F is never formed
 * var minimum = step.minimize(loss, w -> GaussNewton.SOFTMAX.of(network, w), start);
 * }
 *
 * <p>The flow, of infinitely small steps, is the same path of distributions in all parameters; a finite step still depends on them. The Fisher matrix
 * comes as a {@link LinearMap}: {@link GaussNewton} for models, {@code lyceum.stats.FisherInformation} for families of distributions, exact or
 * empirical. {@link Kfac} approximates it by Kronecker factors.
 *
 * @param learningRate of a step, above 0; 1 is Newton's for the models of {@link GaussNewton} that are linear
 * @param damping added to F's diagonal, at least 0
 * @param method how the system is solved
 * @param tolerance of conjugate gradients, relative to the gradient's length
 * @param maxIterations steps before {@link #minimize} gives up
 * @param gradientTolerance converged when the largest absolute entry of the gradient is at most this
 * @see <a href="https://doi.org/10.1162/089976698300017746">Amari (1998)</a>
 * @see <a href="https://arxiv.org/abs/1412.1193">Martens (2020)</a>
 */
@Withers
public record NaturalGradient(double learningRate, double damping, Method method, double tolerance, int maxIterations,
        double gradientTolerance) implements NaturalGradientWithers {

    /** The metric of a family: its Fisher matrix at each parameter vector. */
    @FunctionalInterface
    public interface Metric {
        LinearMap at(double[] theta);
    }

    /** How {@code (F + damping I) d = g} is solved. */
    public enum Method {
        /** F as a matrix, by Cholesky: {@code O(p^3)}. */
        DENSE,
        /** Products with F alone. */
        CONJUGATE_GRADIENT
    }

    public NaturalGradient {
        Settings.above("NaturalGradient", "learningRate", learningRate, 0);
        Settings.atLeast("NaturalGradient", "damping", damping, 0);
        Objects.requireNonNull(method, "method");
        Settings.atLeast("NaturalGradient", "tolerance", tolerance, 0);
        Settings.atLeast("NaturalGradient", "maxIterations", maxIterations, 0);
        Settings.atLeast("NaturalGradient", "gradientTolerance", gradientTolerance, 0);
    }

    /** Full steps without damping, dense; 1,000 of them, gradient to 1e-8. */
    public NaturalGradient() { this(1, 0, Method.DENSE, 1e-10, 1_000, 1e-8); }

    /**
     * {@code (F + damping I)^-1 g}, a new array.
     *
     * @throws lyceum.linalg.NotPositiveDefiniteException if F is singular and there is no damping (dense)
     */
    public double[] direction(LinearMap fisher, double[] gradient) {
        int p = LinearMap.requireSquare("NaturalGradient", fisher);
        if (p != gradient.length)
            throw new ShapeException("NaturalGradient: a gradient of " + gradient.length + " numbers and a Fisher matrix of " + p);
        var g = Tensor.of(gradient);
        if (method == Method.CONJUGATE_GRADIENT)
            return new ConjugateGradient().withTolerance(tolerance).withDamping(damping).solve(fisher, g).x().toDoubleArray();
        var f = fisher.toMatrix();
        return Cholesky.of(f.add(f.transpose()).mul(0.5).add(Tensor.eye(f.dtype(), p).mul(damping))).solve(g).toDoubleArray();
    }

    /** The parameters after one step from {@code theta}, which is not changed. */
    public double[] step(LinearMap fisher, double[] theta, double[] gradient) {
        double[] next = theta.clone(), d = direction(fisher, gradient);
        for (int j = 0; j < next.length; j++) next[j] -= learningRate * d[j];
        return next;
    }

    /** Steps of the given rate from {@code start}, which is not changed. */
    public Minimum minimize(Objective f, Metric metric, double[] start) { return minimize(f, metric, start, Progress.SILENT); }

    /** The same, telling {@code progress} after each step. */
    public Minimum minimize(Objective f, Metric metric, double[] start, Progress progress) {
        double[] theta = start.clone(), gradient = new double[start.length];
        for (int k = 0;; k++) {
            double value = f.at(theta, gradient);
            if (!Double.isFinite(value) || !Double.isFinite(Vectors.largest(gradient)))
                return new Minimum(theta, value, gradient, k, k + 1, StopReason.NOT_FINITE);
            if (Vectors.largest(gradient) <= gradientTolerance) return new Minimum(theta, value, gradient, k, k + 1, StopReason.GRADIENT);
            if (k == maxIterations) return new Minimum(theta, value, gradient, k, k + 1, StopReason.ITERATIONS);
            theta = step(metric.at(theta), theta, gradient);
            progress.step("natural gradient", k + 1, maxIterations, "value", value);
        }
    }

    /**
     * The flow {@code d theta / dt = -(F + damping I)^-1 g} from {@code start}, by the classical Runge-Kutta method.
     *
     * @return the points at times {@code 0, time / steps, ..., time}
     */
    public double[][] flow(Objective f, Metric metric, double[] start, double time, int steps) {
        UnaryOperator<double[]> velocity = theta -> {
            var gradient = new double[theta.length];
            f.at(theta, gradient);
            var d = direction(metric.at(theta), gradient);
            for (int j = 0; j < d.length; j++) d[j] = -d[j];
            return d;
        };
        return RungeKutta.path(velocity, start, time, steps);
    }

    /**
     * An exponential family's two coordinates: natural parameters {@code theta} and expectations of the sufficient statistics,
     * {@code eta = grad A(theta)} with A the log-partition function.
     *
     * @param toExpectation {@code grad A}
     * @param toNatural its inverse
     */
    public record DualCoordinates(UnaryOperator<double[]> toExpectation, UnaryOperator<double[]> toNatural) {
        /** Normals: {@code theta = (mean / variance, -1 / (2 variance))} and {@code eta = (E x, E x^2)}. */
        public static final DualCoordinates NORMAL = new DualCoordinates(t -> {
            double variance = -0.5 / t[1], mean = t[0] * variance;
            return new double[] {mean, variance + mean * mean};
        }, e -> {
            double variance = e[1] - e[0] * e[0];
            return new double[] {e[0] / variance, -0.5 / variance};
        });
    }

    /**
     * A natural gradient step in expectation coordinates without a matrix: there {@code F^-1 grad_eta f = grad_theta f}, so the step is
     * {@code eta <- eta - rate grad_theta f}, mirror descent whose mirror is the log-partition function.
     *
     * @param f the loss as a function of the natural parameters
     * @param theta natural parameters, not changed
     * @return the natural parameters after the step
     * @see <a href="https://arxiv.org/abs/1310.7780">Raskutti and Mukherjee (2015)</a>
     */
    public double[] mirrorStep(Objective f, DualCoordinates coordinates, double[] theta) {
        double[] gradient = new double[theta.length], eta = coordinates.toExpectation.apply(theta);
        f.at(theta, gradient);
        Vectors.addScaled(eta, -learningRate, gradient);
        return coordinates.toNatural.apply(eta);
    }
}
