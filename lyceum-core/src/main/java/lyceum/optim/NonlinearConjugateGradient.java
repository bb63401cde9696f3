package lyceum.optim;

import java.util.Objects;
import lyceum.progress.Progress;
import lyceum.withers.Withers;

/**
 * Nonlinear conjugate gradients after Polak and Ribière, never with a negative factor (PR+): three vectors of memory, for smooth objectives too
 * large even for {@link Lbfgs}, which otherwise needs fewer evaluations.
 *
 * <p>{@code d = -g + beta d}, {@code beta = max(0, g^T (g - g_before) / |g_before|^2)}. It begins anew along {@code -g} when beta is 0 or d does
 * not descend. On a quadratic and with {@link LineSearch.Exact} the points are those of {@link lyceum.linalg.ConjugateGradient}.
 *
 * @param maxIterations steps before it gives up
 * @param maxEvaluations calls of the objective before it gives up
 * @param gradientTolerance converged when the largest absolute entry of the gradient is at most this
 * @param lineSearch how far to go; strong Wolfe needs c2 below 1/2
 * @see <a href="https://doi.org/10.1137/0802003">Gilbert and Nocedal (1992)</a>
 */
@Withers
public record NonlinearConjugateGradient(int maxIterations, int maxEvaluations, double gradientTolerance, LineSearch lineSearch)
        implements NonlinearConjugateGradientWithers {
    public NonlinearConjugateGradient {
        Settings.atLeast("NonlinearConjugateGradient", "maxIterations", maxIterations, 0);
        Settings.atLeast("NonlinearConjugateGradient", "maxEvaluations", maxEvaluations, 1);
        Settings.atLeast("NonlinearConjugateGradient", "gradientTolerance", gradientTolerance, 0);
        Objects.requireNonNull(lineSearch, "lineSearch");
    }

    /** 10,000 iterations, 50,000 evaluations, gradient to 1e-8, strong Wolfe with c2 = 0.1. */
    public NonlinearConjugateGradient() { this(10_000, 50_000, 1e-8, new LineSearch.StrongWolfe(1e-4, 0.1, 1e20, 40)); }

    /** The minimum found from {@code start}, which is not changed. */
    public Minimum minimize(Objective f, double[] start) { return minimize(f, start, Progress.SILENT); }

    /** The minimum found from {@code start}, telling {@code progress} after each step. */
    public Minimum minimize(Objective f, double[] start, Progress progress) {
        double[] x = start.clone(), gradient = new double[x.length], direction = new double[x.length];
        double value = f.at(x, gradient), lastDecrease = Double.NaN;
        int evaluations = 1, iteration = 0;
        if (!Double.isFinite(value) || !Double.isFinite(Vectors.largest(gradient)))
            return new Minimum(x, value, gradient, 0, 1, StopReason.NOT_FINITE);
        double beta = 0;
        while (true) {
            var stop = Vectors.largest(gradient) <= gradientTolerance ? StopReason.GRADIENT
                    : iteration >= maxIterations ? StopReason.ITERATIONS : evaluations >= maxEvaluations ? StopReason.EVALUATIONS : null;
            if (stop != null) return new Minimum(x, value, gradient, iteration, evaluations, stop);
            for (int i = 0; i < x.length; i++) direction[i] = beta * direction[i] - gradient[i];
            double slope = Vectors.dot(gradient, direction);
            if (!(slope < 0)) {
                for (int i = 0; i < x.length; i++) direction[i] = -gradient[i];
                slope = Vectors.dot(gradient, direction);
                beta = 0;
            }
            // The first-order change will be about the last step's (Nocedal and Wright, section 3.5).
            double first = lastDecrease < 0 ? lastDecrease / slope : Math.min(1, 1 / Vectors.norm(gradient));
            var line = new RayObjective(f, x, direction, value, gradient, null);
            double t = lineSearch.search(line, first);
            evaluations += line.evaluations();
            if (Double.isNaN(t)) {
                if (beta == 0) return new Minimum(x, value, gradient, iteration, evaluations, StopReason.LINE_SEARCH);
                beta = 0;
                continue;
            }
            double gg = Vectors.dot(gradient, gradient), gNext = Vectors.dot(gradient, line.gradient()),
                    nextNext = Vectors.dot(line.gradient(), line.gradient());
            beta = Math.max(0, (nextNext - gNext) / gg);
            lastDecrease = t * slope;
            System.arraycopy(line.point(), 0, x, 0, x.length);
            System.arraycopy(line.gradient(), 0, gradient, 0, x.length);
            value = line.value();
            iteration++;
            progress.step("conjugate gradients", iteration, maxIterations, "value", value);
        }
    }
}
