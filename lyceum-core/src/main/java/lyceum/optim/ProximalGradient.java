package lyceum.optim;

import java.util.Objects;
import lyceum.progress.Progress;
import lyceum.withers.Withers;

/**
 * Proximal gradient descent, {@code x = prox(y - t grad f(y), t)}, for a smooth f plus a kinked h: {@link #ista} steps from the last point,
 * {@link #fista} from one extrapolated beyond it.
 *
 * {@snippet :
 * Objective f = Objective.of(w -> y.sub(x.matmul(w)).square().mean().mul(0.5));
 * var lasso = ProximalGradient.fista(0.01).minimize(f, new Proximal.L1(0.1), new double[10]);
 * var free = ProximalGradient.fista(1).withBacktracking(0.5).withRestart(ProximalGradient.Restart.GRADIENT);
 * }
 *
 * <p>For convex f whose gradient changes at rate at most L, steps of 1/L and a start R away from the minimum, {@code F(x_k) - F*} is at
 * most {@code L R^2 / (2 k)} by ISTA and {@code 2 L R^2 / (k + 1)^2} by FISTA. The {@link Minimum}'s value is {@code f + h} and its
 * gradient the gradient mapping {@code (y - x) / t}, which is zero at the minimum alone. All arithmetic is F64; deterministic.
 *
 * @param step the step t, or with backtracking the first that is tried; backtracked steps never grow again
 * @param shrink a step that is too long for f's quadratic bound is multiplied by this, in (0, 1); 1 takes steps as they are
 * @param accelerated true for FISTA
 * @param restart when FISTA drops its momentum
 * @param monotone FISTA keeps the better of two points, so that the value never rises
 * @param tolerance converged when the largest entry of the gradient mapping is at most this
 * @param maxIterations steps before it gives up
 * @see <a href="https://doi.org/10.1137/080716542">Beck and Teboulle (2009)</a>
 * @see <a href="https://doi.org/10.1007/s10208-013-9150-3">O'Donoghue and Candes (2015)</a>
 */
@Withers
public record ProximalGradient(double step, double shrink, boolean accelerated, Restart restart, boolean monotone, double tolerance,
        int maxIterations) implements ProximalGradientWithers {
    private static final int FLAT_STEPS = 100;

    /** When momentum is dropped. */
    public enum Restart {
        /** Never. */
        NONE,
        /** When the value rises. */
        VALUE,
        /** When the step taken points against the momentum. */
        GRADIENT
    }

    public ProximalGradient {
        Settings.above("ProximalGradient", "step", step, 0);
        Settings.above("ProximalGradient", "shrink", shrink, 0);
        if (shrink > 1)
            throw new IllegalArgumentException("ProximalGradient: shrink is " + shrink + "; it lies in (0, 1], and 1 keeps the step");
        Objects.requireNonNull(restart, "restart");
        Settings.atLeast("ProximalGradient", "tolerance", tolerance, 0);
        Settings.atLeast("ProximalGradient", "maxIterations", maxIterations, 0);
    }

    /** Plain proximal gradient steps of this length; tolerance 1e-8, 100,000 iterations. */
    public static ProximalGradient ista(double step) { return new ProximalGradient(step, 1, false, Restart.NONE, false, 1e-8, 100_000); }

    /** Accelerated steps of this length; tolerance 1e-8, 100,000 iterations, no restart. */
    public static ProximalGradient fista(double step) { return new ProximalGradient(step, 1, true, Restart.NONE, false, 1e-8, 100_000); }

    /** Shortens a step until f lies below its quadratic bound. */
    public ProximalGradient withBacktracking(double shrink) { return withShrink(shrink); }

    /** The minimum of f + h found from {@code start}, which is not changed. */
    public Minimum minimize(Objective f, Proximal h, double[] start) { return minimize(f, h, start, Progress.SILENT); }

    /** The same, telling {@code progress} after each step. */
    public Minimum minimize(Objective f, Proximal h, double[] start, Progress progress) { return new Run(f, h, start).to(progress, null); }

    /** Like {@link #minimize(Objective, Proximal, double[])}, and keeps every point on the way. */
    public Descent trace(Objective f, Proximal h, double[] start) {
        var path = new Descent.Recorder();
        return path.descent(new Run(f, h, start).to(Progress.SILENT, path));
    }

    private final class Run {
        private final Objective f;
        private final Proximal h;
        private final double[] gradient, mapping, unused;
        private double[] x, y;
        private double value, t = step, momentum = 1;
        private int evaluations, rejected;

        Run(Objective f, Proximal h, double[] start) {
            this.f = f;
            this.h = h;
            x = start.clone();
            y = x.clone();
            gradient = new double[x.length];
            mapping = new double[x.length];
            unused = new double[x.length];
            value = total(x);
        }

        Minimum to(Progress progress, Descent.Recorder path) {
            if (path != null) path.point(x, value);
            for (int k = 1; k <= maxIterations; k++) {
                double fy = f.at(y, gradient);
                evaluations++;
                if (!Double.isFinite(fy) || !Double.isFinite(Vectors.largest(gradient)))
                    return new Minimum(x, value, gradient, k - 1, evaluations, k == 1 ? StopReason.NOT_FINITE : StopReason.DIVERGED);
                double[] z = forwardBackward(fy);
                for (int i = 0; i < z.length; i++) mapping[i] = (y[i] - z[i]) / t;
                accept(z);
                progress.step("proximal gradient", k, maxIterations, "value", value);
                if (path != null) path.step(t, x, value);
                if (Vectors.largest(mapping) <= tolerance) return new Minimum(x, value, mapping, k, evaluations, StopReason.GRADIENT);
                if (rejected >= FLAT_STEPS) return new Minimum(x, value, mapping, k, evaluations, StopReason.FLOOR);
            }
            return new Minimum(x, value, mapping, maxIterations, evaluations, StopReason.ITERATIONS);
        }

        /** {@code prox(y - t g, t)} for the longest t, at most the last, for which f stays below its bound. */
        private double[] forwardBackward(double fy) {
            while (true) {
                var z = y.clone();
                Vectors.addScaled(z, -t, gradient);
                z = h.prox(z, t);
                if (shrink == 1) return z;
                double fz = f.at(z, unused), linear = 0, square = 0, turn = 0;
                for (int i = 0; i < z.length; i++) {
                    double d = z[i] - y[i];
                    linear += gradient[i] * d;
                    square += d * d;
                    turn += (unused[i] - gradient[i]) * d;
                }
                evaluations++;
                // Once the bound is lost in f's last bits its slopes tell whether it holds: of a quadratic they say the same.
                boolean lost = square / (2 * t) <= 1e-8 * Math.abs(fy);
                if (lost ? turn <= square / t : fz <= fy + linear + square / (2 * t)) return z;
                t *= shrink;
            }
        }

        private void accept(double[] z) {
            double before = value, at = total(z);
            double[] last = x;
            boolean keep = monotone && at > before;
            if (!keep) {
                x = z;
                value = at;
            }
            if (!accelerated) {
                y = x;
                return;
            }
            rejected = keep && at - before <= 8 * Math.ulp(before) ? rejected + 1 : 0;
            if (restart == Restart.VALUE && at > before + 8 * Math.ulp(before) || restart == Restart.GRADIENT && against(z, last)) {
                momentum = 1;
                y = x;
                return;
            }
            double next = (1 + Math.sqrt(1 + 4 * momentum * momentum)) / 2;
            y = x.clone();
            for (int i = 0; i < y.length; i++) y[i] += momentum / next * (z[i] - x[i]) + (momentum - 1) / next * (x[i] - last[i]);
            momentum = next;
        }

        /** {@code (y - z)'(z - last) > 0}. */
        private boolean against(double[] z, double[] last) {
            double sum = 0;
            for (int i = 0; i < z.length; i++) sum += (y[i] - z[i]) * (z[i] - last[i]);
            return sum > 0;
        }

        private double total(double[] at) {
            evaluations++;
            return f.at(at, unused) + h.value(at);
        }
    }
}
