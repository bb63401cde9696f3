package lyceum.optim;

import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import lyceum.linalg.Cholesky;
import lyceum.linalg.ConjugateGradient;
import lyceum.linalg.LinearMap;
import lyceum.linalg.NotPositiveDefiniteException;
import lyceum.progress.Progress;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Newton's method: the step to the minimum of the local parabola, {@code p = -H^-1 g}, made safe far from the minimum. Near it the error is
 * squared at each step.
 *
 * {@snippet :
 * var minimum = new Newton().minimize(f, start);
 * var large = new Newton().withMethod(Newton.Method.CONJUGATE_GRADIENT).minimize(f, start);   // no n x n matrix
 * }
 *
 * @param method how the step is made safe
 * @param maxIterations steps before it gives up
 * @param gradientTolerance converged when the largest absolute entry of the gradient is at most this
 * @param lineSearch how far to go; the trust region does without
 * @see <a href="https://doi.org/10.1007/978-0-387-40065-5">Nocedal and Wright (2006), algorithms 3.2, 4.1 and 7.1</a>
 */
@Withers
public record Newton(Method method, int maxIterations, double gradientTolerance, LineSearch lineSearch) implements NewtonWithers {

    /** How a step is made safe where the parabola is no guide. */
    public enum Method {
        /** {@code (H + tau I) p = -g} by Cholesky, with the first tau of a doubling sequence that makes it positive definite; then a line search. */
        DAMPED,
        /** The parabola's minimum within a radius that grows and shrinks with its success; from an eigendecomposition. */
        TRUST_REGION,
        /** Conjugate gradients on Hessian-vector products, ended early: at {@code min(1/2, sqrt|g|) |g|} or at negative curvature; then a line search. */
        CONJUGATE_GRADIENT
    }

    public Newton {
        Objects.requireNonNull(method, "method");
        Settings.atLeast("Newton", "maxIterations", maxIterations, 0);
        Settings.atLeast("Newton", "gradientTolerance", gradientTolerance, 0);
        Objects.requireNonNull(lineSearch, "lineSearch");
    }

    /** Damped, 200 iterations, gradient to 1e-8, Armijo backtracking from 1. */
    public Newton() { this(Method.DAMPED, 200, 1e-8, new LineSearch.Armijo()); }

    /** The minimum found from {@code start}, which is not changed. */
    public Minimum minimize(SecondOrderObjective f, double[] start) { return minimize(f, start, Progress.SILENT); }

    /** The minimum found from {@code start}, telling {@code progress} after each step. */
    public Minimum minimize(SecondOrderObjective f, double[] start, Progress progress) {
        double[] x = start.clone(), gradient = new double[x.length];
        double value = f.at(x, gradient);
        int evaluations = 1;
        if (!Double.isFinite(value) || !Double.isFinite(Vectors.largest(gradient)))
            return new Minimum(x, value, gradient, 0, 1, StopReason.NOT_FINITE);
        var region = new TrustRegion();
        for (int iteration = 0;; iteration++) {
            if (Vectors.largest(gradient) <= gradientTolerance)
                return new Minimum(x, value, gradient, iteration, evaluations, StopReason.GRADIENT);
            if (iteration == maxIterations) return new Minimum(x, value, gradient, iteration, evaluations, StopReason.ITERATIONS);
            double[] direction = switch (method) {
                case DAMPED -> damped(f.hessian(x), gradient);
                case TRUST_REGION -> region.step(f.hessian(x), gradient);
                case CONJUGATE_GRADIENT -> truncated(f, x, gradient);
            };
            var line = new RayObjective(f, x, direction, value, gradient, null);
            boolean found = method == Method.TRUST_REGION ? region.accept(line, Vectors.largest(gradient))
                    : line.startSlope() < 0 && !Double.isNaN(lineSearch.search(line, 1));
            evaluations += line.evaluations();
            if (!found && (method != Method.TRUST_REGION || region.isExhausted(x)))
                return new Minimum(x, value, gradient, iteration, evaluations, StopReason.LINE_SEARCH);
            if (found) {
                System.arraycopy(line.point(), 0, x, 0, x.length);
                System.arraycopy(line.gradient(), 0, gradient, 0, x.length);
                value = line.value();
            }
            progress.step("Newton", iteration + 1, maxIterations, "value", value);
        }
    }

    /** Minimises a loss over the parameters of a model and leaves the minimum in them; see {@link Lbfgs#minimize(List, Supplier, Progress)}. */
    public Minimum minimize(List<Tensor> parameters, Supplier<Tensor> loss, Progress progress) {
        return ParameterVector.minimize("Newton", parameters, flat -> minimize(flat.secondOrder(loss), flat.values(), progress));
    }

    /** Nocedal and Wright, algorithm 3.3. */
    private static double[] damped(double[][] hessian, double[] gradient) {
        int n = gradient.length;
        double least = Double.POSITIVE_INFINITY, size = 0;
        for (int i = 0; i < n; i++) {
            least = Math.min(least, hessian[i][i]);
            size = Math.max(size, Vectors.norm(hessian[i]));
        }
        double smallest = 1e-3 * Math.max(size, Double.MIN_NORMAL), tau = least > 0 ? 0 : smallest - least;
        var h = Tensor.of(hessian);
        while (true) {
            try {
                return Cholesky.of(tau == 0 ? h : h.add(Tensor.eye(h.dtype(), n).mul(tau))).solve(Tensor.of(gradient)).neg()
                        .toDoubleArray();
            } catch (NotPositiveDefiniteException e) {
                tau = Math.max(2 * tau, smallest);
            }
        }
    }

    private static double[] truncated(SecondOrderObjective f, double[] x, double[] gradient) {
        int n = x.length;
        var steepest = Tensor.of(gradient).neg();
        var solution = new ConjugateGradient().withTruncated(true).withTolerance(Math.min(0.5, Math.sqrt(Vectors.norm(gradient))))
                .solve(LinearMap.symmetricArray(n, v -> f.hessianTimes(x, v)), steepest);
        return (solution.iterations() == 0 ? steepest : solution.x()).toDoubleArray();
    }
}
