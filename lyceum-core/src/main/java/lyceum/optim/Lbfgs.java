package lyceum.optim;

import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import lyceum.ShapeException;
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
    private static final int FLAT_STEPS = 4;

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
        double[] x = start.clone(), gradient = new double[x.length], direction = new double[x.length];
        double value = f.at(x, gradient);
        int evaluations = 1, flat = 0;
        if (!Double.isFinite(value) || !Double.isFinite(Vectors.largest(gradient)))
            return new Minimum(x, value, gradient, 0, 1, StopReason.NOT_FINITE);
        if (Vectors.largest(gradient) <= gradientTolerance) return new Minimum(x, value, gradient, 0, 1, StopReason.GRADIENT);
        var curvature = new InverseHessian(history);
        for (int iteration = 0; iteration < maxIterations;) {
            if (evaluations >= maxEvaluations) return new Minimum(x, value, gradient, iteration, evaluations, StopReason.EVALUATIONS);
            curvature.direction(gradient, direction);
            // Without curvature the gradient's length says nothing about the step's: begin within a unit of x.
            double first = curvature.isEmpty() ? Math.min(1, 1 / Vectors.norm(gradient)) : 1;
            var line = new RayObjective(f, x, direction, value, gradient, null);
            double t = line.startSlope() < 0 ? lineSearch.search(line, first) : Double.NaN;
            evaluations += line.evaluations();
            if (Double.isNaN(t)) {
                if (curvature.isEmpty())
                    return new Minimum(x, value, gradient, iteration, evaluations, flat > 0 ? StopReason.FLOOR : StopReason.LINE_SEARCH);
                curvature.clear();
                continue;
            }
            curvature.learn(x, gradient, line.point(), line.gradient());
            double fall = value - line.value(), scale = Math.max(1, Math.max(Math.abs(value), Math.abs(line.value())));
            System.arraycopy(line.point(), 0, x, 0, x.length);
            System.arraycopy(line.gradient(), 0, gradient, 0, x.length);
            value = line.value();
            iteration++;
            progress.step("L-BFGS", iteration, maxIterations, "value", value);
            flat = fall <= 2 * Math.ulp(value) ? flat + 1 : 0;
            var stop = Vectors.largest(gradient) <= gradientTolerance ? StopReason.GRADIENT
                    : valueTolerance > 0 && fall <= valueTolerance * scale ? StopReason.VALUE
                            : flat >= FLAT_STEPS ? StopReason.FLOOR : null;
            if (stop != null) return new Minimum(x, value, gradient, iteration, evaluations, stop);
        }
        return new Minimum(x, value, gradient, maxIterations, evaluations, StopReason.ITERATIONS);
    }

    /**
     * Minimises a loss over the parameters of a model and leaves the minimum in them. The loss is the whole of it: with a new random batch or
     * dropout mask at every call the line search would compare different functions.
     *
     * @param parameters leaves made with {@link Tensor#requiresGrad()}
     * @param loss computes the scalar loss at the parameters' current values
     */
    public Minimum minimize(List<Tensor> parameters, Supplier<Tensor> loss, Progress progress) {
        if (parameters.isEmpty()) throw new ShapeException("Lbfgs: there are no parameters");
        var flat = new ParameterVector(parameters);
        var minimum = minimize(flat.objective(loss), flat.values(), progress);
        flat.write(minimum.x());
        return minimum;
    }
}
