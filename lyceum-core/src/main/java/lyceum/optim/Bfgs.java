package lyceum.optim;

import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.linalg.Cholesky;
import lyceum.progress.Progress;
import lyceum.tensor.Shape;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * BFGS: a quasi-Newton method that keeps the whole n x n inverse Hessian. For up to some thousand variables, and where that matrix is wanted;
 * {@link Lbfgs} otherwise. On an n-dimensional quadratic with exact searches it ends within n steps and knows the inverse Hessian.
 *
 * @param maxIterations steps before it gives up
 * @param maxEvaluations calls of the objective before it gives up
 * @param gradientTolerance converged when the largest absolute entry of the gradient is at most this
 * @param lineSearch how far to go
 * @see <a href="https://doi.org/10.1007/978-0-387-40065-5">Nocedal and Wright (2006), algorithm 6.1</a>
 */
@Withers
public record Bfgs(int maxIterations, int maxEvaluations, double gradientTolerance, LineSearch lineSearch) implements BfgsWithers {
    public Bfgs {
        Settings.atLeast("Bfgs", "maxIterations", maxIterations, 0);
        Settings.atLeast("Bfgs", "maxEvaluations", maxEvaluations, 1);
        Settings.atLeast("Bfgs", "gradientTolerance", gradientTolerance, 0);
        Objects.requireNonNull(lineSearch, "lineSearch");
    }

    /** 1,000 iterations, 10,000 evaluations, gradient to 1e-8, strong Wolfe search. */
    public Bfgs() { this(1_000, 10_000, 1e-8, new LineSearch.StrongWolfe()); }

    /** @param inverseHessian as learnt, (n, n); a guess until about n steps are taken */
    public record Result(Minimum minimum, Tensor inverseHessian) {}

    /** The minimum found from {@code start}, which is not changed. */
    public Minimum minimize(Objective f, double[] start) { return minimize(f, start, Progress.SILENT).minimum(); }

    /** The minimum found from {@code start} and the inverse Hessian learnt on the way, telling {@code progress} after each step. */
    public Result minimize(Objective f, double[] start, Progress progress) {
        return minimize(f, start, new DenseInverseHessian(start.length), progress);
    }

    /**
     * The same, begun with a known inverse Hessian in place of {@code (s'y / y'y) I}.
     *
     * @param inverseHessian (n, n), symmetric positive definite; of an earlier run nearby, or {@code I / mu} where no curvature is below mu:
     *        then steps are at most 1, and what rounding leaves of earlier directions shrinks instead of growing
     * @throws lyceum.linalg.NotPositiveDefiniteException if it is not positive definite
     */
    public Result minimize(Objective f, double[] start, Tensor inverseHessian, Progress progress) {
        int n = start.length;
        if (!inverseHessian.shape().equals(Shape.of(n, n))) throw new ShapeException(
                "Bfgs: an inverse Hessian of " + inverseHessian.shape() + " for " + n + " variables; it is (" + n + ", " + n + ")");
        Cholesky.of(inverseHessian);
        return minimize(f, start, new DenseInverseHessian(inverseHessian.to(DType.F64).toRows()), progress);
    }

    private Result minimize(Objective f, double[] start, DenseInverseHessian curvature, Progress progress) {
        var minimum = new QuasiNewton("BFGS", maxIterations, maxEvaluations, gradientTolerance, 0, lineSearch, curvature, null).minimize(f,
                start, progress);
        return new Result(minimum, Tensor.of(curvature.rows()));
    }

    /** Minimises a loss over the parameters of a model and leaves the minimum in them; see {@link Lbfgs#minimize(List, Supplier, Progress)}. */
    public Minimum minimize(List<Tensor> parameters, Supplier<Tensor> loss, Progress progress) {
        return ParameterVector.minimize("Bfgs", parameters, flat -> minimize(flat.objective(loss), flat.values(), progress).minimum());
    }
}
