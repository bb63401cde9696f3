package lyceum.optim;

import java.util.Objects;
import java.util.function.UnaryOperator;
import lyceum.progress.Progress;
import lyceum.withers.Withers;

/**
 * Full-batch gradient descent, {@code x = P(x - eta g)}, with every classical choice of eta. The yardstick; for answers, {@link Lbfgs} needs far
 * fewer steps.
 *
 * {@snippet :
 * var minimum = GradientDescent.constant(0.1).minimize(f, x0);
 * var descent = GradientDescent.armijo(1).trace(f, x0);        // the same, with the path
 * }
 *
 * <p>A convex f whose gradient changes at rate at most L converges for constant {@code eta < 2/L}, and with {@code eta <= 1/L} obeys
 * {@code f(x_t) - f* <= |x0 - x*|^2 / (2 eta t)}.
 *
 * @param learningRate the first length each step tries; constant and scheduled steps take it as it is. Armijo and Wolfe steps begin the next
 *     search at twice the last length found
 * @param schedule factors on it
 * @param lineSearch what is made of it
 * @param projection onto a convex set of points, applied to the start and to each step; null for none. It gets an array that it may change and
 *     returns its answer. Needs constant, scheduled or Armijo steps
 * @param gradientTolerance converged when the largest absolute entry of the gradient is at most this; with a projection, of {@code x - P(x - g)}
 * @param valueTolerance converged when the value changes by at most this times {@code max(|f|, 1)}; 0 switches it off
 * @param stepTolerance converged when no coordinate moves by more than this; 0 switches it off
 * @param maxIterations steps before it gives up
 * @see "Cauchy (1847), Comptes Rendus 25"
 */
@Withers
public record GradientDescent(double learningRate, Schedule schedule, LineSearch lineSearch, UnaryOperator<double[]> projection,
        double gradientTolerance, double valueTolerance, double stepTolerance, int maxIterations) implements GradientDescentWithers {
    private static final LineSearch FIXED = LineSearch.fixed();

    public GradientDescent {
        Settings.above("GradientDescent", "learningRate", learningRate, 0);
        Objects.requireNonNull(schedule, "schedule");
        Objects.requireNonNull(lineSearch, "lineSearch");
        Settings.atLeast("GradientDescent", "gradientTolerance", gradientTolerance, 0);
        Settings.atLeast("GradientDescent", "valueTolerance", valueTolerance, 0);
        Settings.atLeast("GradientDescent", "stepTolerance", stepTolerance, 0);
        Settings.atLeast("GradientDescent", "maxIterations", maxIterations, 0);
        if (projection != null && (lineSearch instanceof LineSearch.Exact || lineSearch instanceof LineSearch.StrongWolfe))
            throw new IllegalArgumentException(
                    "GradientDescent: exact and Wolfe steps follow a ray, a projection bends it; use constant, scheduled or Armijo steps");
    }

    private static GradientDescent with(double learningRate, Schedule schedule, LineSearch lineSearch) {
        return new GradientDescent(learningRate, schedule, lineSearch, null, 1e-8, 0, 0, 10_000);
    }

    /** The same length factor for every step. */
    public static GradientDescent constant(double learningRate) { return with(learningRate, Schedule.CONSTANT, FIXED); }

    /** A length factor that changes with the step's number. */
    public static GradientDescent scheduled(double learningRate, Schedule schedule) { return with(learningRate, schedule, FIXED); }

    /** The minimum along each ray. */
    public static GradientDescent exact() { return with(1, Schedule.CONSTANT, new LineSearch.Exact()); }

    /** Backtracking from twice the last length, the first time from {@code first}. */
    public static GradientDescent armijo(double first) { return with(first, Schedule.CONSTANT, new LineSearch.Armijo()); }

    /** A strong Wolfe point, searched from twice the last length, the first time from {@code first}. */
    public static GradientDescent wolfe(double first) {
        return with(first, Schedule.CONSTANT, new LineSearch.StrongWolfe(1e-4, 0.5, 1e20, 40));
    }

    /** The minimum found from {@code start}, which is not changed. */
    public Minimum minimize(Objective f, double[] start) { return minimize(f, start, Progress.SILENT); }

    /** The minimum found from {@code start}, telling {@code progress} after each step. */
    public Minimum minimize(Objective f, double[] start, Progress progress) { return run(f, start, progress, null); }

    /** Like {@link #minimize(Objective, double[])}, and keeps every point on the way. */
    public Descent trace(Objective f, double[] start) {
        var path = new Descent.Recorder();
        var minimum = run(f, start, Progress.SILENT, path);
        return path.descent(minimum);
    }

    private Minimum run(Objective f, double[] start, Progress progress, Descent.Recorder path) {
        double[] x = projection == null ? start.clone() : projection.apply(start.clone()), gradient = new double[x.length],
                direction = new double[x.length];
        double value = f.at(x, gradient), length = Double.NaN;
        int evaluations = 1;
        if (path != null) path.point(x, value);
        if (!Double.isFinite(value) || !Double.isFinite(Vectors.largest(gradient)))
            return new Minimum(x, value, gradient, 0, 1, StopReason.NOT_FINITE);
        for (int iteration = 0; iteration < maxIterations; iteration++) {
            if (stationarity(x, gradient) <= gradientTolerance)
                return new Minimum(x, value, gradient, iteration, evaluations, StopReason.GRADIENT);
            for (int i = 0; i < x.length; i++) direction[i] = -gradient[i];
            var line = new RayObjective(f, x, direction, value, gradient, projection);
            boolean grows = !(lineSearch == FIXED || lineSearch instanceof LineSearch.Exact) && length > 0;
            double first = grows ? 2 * length : learningRate * schedule.factor(iteration);
            length = lineSearch.search(line, first);
            evaluations += line.evaluations();
            if (Double.isNaN(length)) return new Minimum(x, value, gradient, iteration, evaluations,
                    atFloor(value, gradient, first) ? StopReason.FLOOR : StopReason.LINE_SEARCH);
            double moved = 0, change = Math.abs(value - line.value());
            for (int i = 0; i < x.length; i++) moved = Math.max(moved, Math.abs(line.point()[i] - x[i]));
            x = line.point();
            gradient = line.gradient();
            value = line.value();
            if (path != null) path.step(length, x, value);
            progress.step("gradient descent", iteration + 1, maxIterations, "value", value);
            if (!Double.isFinite(value) || !Double.isFinite(Vectors.largest(gradient)))
                return new Minimum(x, value, gradient, iteration + 1, evaluations, StopReason.DIVERGED);
            if (valueTolerance > 0 && change <= valueTolerance * Math.max(1, Math.abs(value)))
                return new Minimum(x, value, gradient, iteration + 1, evaluations, StopReason.VALUE);
            if (stepTolerance > 0 && moved <= stepTolerance)
                return new Minimum(x, value, gradient, iteration + 1, evaluations, StopReason.STEP);
        }
        return new Minimum(x, value, gradient, maxIterations, evaluations,
                stationarity(x, gradient) <= gradientTolerance ? StopReason.GRADIENT : StopReason.ITERATIONS);
    }

    /** The gradient's largest entry; under constraints that of the projected gradient, which is zero where they hold the point. */
    private double stationarity(double[] x, double[] gradient) {
        if (projection == null) return Vectors.largest(gradient);
        var y = new double[x.length];
        for (int i = 0; i < y.length; i++) y[i] = x[i] - gradient[i];
        y = projection.apply(y);
        double largest = 0;
        for (int i = 0; i < y.length; i++) largest = Math.max(largest, Math.abs(x[i] - y[i]));
        return largest;
    }

    /** Whether the search failed because what it could gain is below the value's last bits, and not because the gradient is wrong. */
    private static boolean atFloor(double value, double[] gradient, double first) {
        double norm = Vectors.norm(gradient);
        return norm * norm * first <= 64 * Math.ulp(value);
    }
}
