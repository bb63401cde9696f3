package lyceum.optim;

import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import lyceum.progress.Progress;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Limited-memory BFGS with a strong Wolfe line search: the default for smooth objectives whose gradient is exact and affordable.
 *
 * {@snippet :
 * var minimum = new Lbfgs().withGradientTolerance(1e-10).minimize(f, x0);
 * if (!minimum.converged()) log.warning(minimum.toString());
 * }
 *
 * <p>The step is {@code -H g}, where H is the inverse Hessian that the last {@code history} pairs of steps and gradient differences imply,
 * begun from {@code (s'y / y'y) I}; a step costs {@code O(history * n)} beside the objective. All arithmetic is F64. Deterministic.
 *
 * @param history pairs kept, at least 1; 5 to 20 are useful
 * @param maxIterations steps before it gives up
 * @param maxEvaluations calls of the objective before it gives up
 * @param gradientTolerance converged when the largest absolute entry of the gradient is at most this
 * @param valueTolerance converged when the value falls by at most this times {@code max(|f|, 1)} in a step; 0 switches it off
 * @param lineSearch how far to go
 * @see <a href="https://doi.org/10.1007/BF01589116">Liu and Nocedal (1989)</a>
 */
@Withers
public record Lbfgs(int history, int maxIterations, int maxEvaluations, double gradientTolerance, double valueTolerance,
        LineSearch lineSearch) implements LbfgsWithers {
    public Lbfgs {
        if (history < 1) throw new IllegalArgumentException("Lbfgs: history is " + history + "; it is at least 1");
        if (maxIterations < 0) throw new IllegalArgumentException("Lbfgs: maxIterations is " + maxIterations + "; it is at least 0");
        if (maxEvaluations < 1) throw new IllegalArgumentException("Lbfgs: maxEvaluations is " + maxEvaluations + "; it is at least 1");
        if (!(gradientTolerance >= 0))
            throw new IllegalArgumentException("Lbfgs: gradientTolerance is " + gradientTolerance + "; it is at least 0");
        if (!(valueTolerance >= 0)) throw new IllegalArgumentException("Lbfgs: valueTolerance is " + valueTolerance + "; it is at least 0");
        Objects.requireNonNull(lineSearch, "lineSearch");
    }

    /** History 10, 1,000 iterations, 10,000 evaluations, gradient to 1e-8. */
    public Lbfgs() { this(10, 1_000, 10_000, 1e-8, 0, new LineSearch.StrongWolfe()); }

    /** The minimum found from {@code start}, which is not changed. */
    public Minimum minimize(Objective f, double[] start) { return minimize(f, start, Progress.SILENT); }

    /**
     * The minimum found from {@code start}, telling {@code progress} after each step.
     *
     * @throws lyceum.progress.CancelledException if progress says so
     */
    public Minimum minimize(Objective f, double[] start, Progress progress) {
        return loop(new InverseHessian(history), null).minimize(f, start, progress);
    }

    /** As {@link #minimize(Objective, double[], Box, Progress)}, silently. */
    public Minimum minimize(Objective f, double[] start, Box box) { return minimize(f, start, box, Progress.SILENT); }

    /**
     * The minimum inside a box (L-BFGS-B). The objective is never called outside it; a start outside is moved to the nearest point inside.
     * Converged when the largest absolute entry of {@code P(x - gradient) - x}, P the projection into the box, is within the tolerance.
     *
     * @see <a href="https://doi.org/10.1137/0916069">Byrd, Lu, Nocedal and Zhu (1995)</a>
     */
    public Minimum minimize(Objective f, double[] start, Box box, Progress progress) {
        return loop(new BoundedHessian(box, history), box).minimize(f, start, progress);
    }

    private QuasiNewton loop(Curvature curvature, Box box) {
        return new QuasiNewton("L-BFGS", maxIterations, maxEvaluations, gradientTolerance, valueTolerance, lineSearch, curvature, box);
    }

    /**
     * Minimises a loss over the parameters of a model and leaves the minimum in them. The loss is the whole of it: with a new random batch or
     * dropout mask at every call the line search would compare different functions.
     *
     * @param parameters leaves made with {@link Tensor#requiresGrad()}
     * @param loss computes the scalar loss at the parameters' current values
     */
    public Minimum minimize(List<Tensor> parameters, Supplier<Tensor> loss, Progress progress) {
        return ParameterVector.minimize("Lbfgs", parameters, flat -> minimize(flat.objective(loss), flat.values(), progress));
    }
}
