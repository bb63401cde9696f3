package lyceum.optim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import lyceum.progress.Progress;
import lyceum.withers.Withers;

/**
 * The conditional gradient method: minimises a smooth convex f over a bounded convex set without ever projecting onto it. Each step asks for the corner s
 * with the least {@code grad f(x)'s} and goes some way towards it, so that after k steps x is a mixture of k + 1 corners: sparse, or of low rank.
 *
 * {@snippet :
 * var minimum = new FrankWolfe().minimize(f, LinearOracle.l1Ball(5), new double[100]);
 * double gap = FrankWolfe.gap(f, LinearOracle.l1Ball(5), minimum.x());             // f is within this of the least value
 * }
 *
 * <p>It stops by a certificate: for convex f, {@code f(x) - f* <= grad f(x)'(x - s)}. With steps of {@code 2 / (k + 2)} and a gradient that changes at rate
 * at most L, {@code f(x_k) - f* <= 2 L d^2 / (k + 2)} for a set of diameter d. Steps away from a bad corner reach a minimum inside a face of a polytope at a
 * linear rate, where steps towards corners alone zigzag. All arithmetic is F64; deterministic.
 *
 * @param steps how they are chosen
 * @param tolerance converged when the gap is at most this
 * @param maxIterations steps before it gives up
 * @see <a href="https://doi.org/10.1002/nav.3800030109">Frank and Wolfe (1956)</a>
 * @see <a href="https://arxiv.org/abs/1511.05932">Lacoste-Julien and Jaggi (2015)</a>
 * @see <a href="https://arxiv.org/abs/1806.05123">Pedregosa, Negiar, Askari and Jaggi (2020)</a>
 */
@Withers
public record FrankWolfe(Steps steps, double tolerance, int maxIterations) implements FrankWolfeWithers {
    private static final int DOUBLINGS = 100;

    /** Directions and lengths. */
    public enum Steps {
        /** Towards a corner, {@code 2 / (k + 2)} of the way: needs no value of f. */
        OPEN_LOOP,
        /** Towards a corner, as far as a bound on f's curvature, adapted on the way, says is best. */
        ADAPTIVE,
        /** The same, or away from the worst corner in use where that promises more. Corners in use are kept: of a set with finitely many; of others take ADAPTIVE. */
        AWAY
    }

    public FrankWolfe {
        Objects.requireNonNull(steps, "steps");
        Settings.atLeast("FrankWolfe", "tolerance", tolerance, 0);
        Settings.atLeast("FrankWolfe", "maxIterations", maxIterations, 0);
    }

    /** Steps to and away, a gap of 1e-8, 100,000 iterations. */
    public FrankWolfe() { this(Steps.AWAY, 1e-8, 100_000); }

    /** The minimum found from {@code start}, a point of the set that is not changed. Its gradient is f's, which need not vanish; see {@link #gap}. */
    public Minimum minimize(Objective f, LinearOracle set, double[] start) { return minimize(f, set, start, Progress.SILENT); }

    /** The same, telling {@code progress} after each step. */
    public Minimum minimize(Objective f, LinearOracle set, double[] start, Progress progress) {
        return new Run(f, set, start).to(progress, null);
    }

    /** Like {@link #minimize(Objective, LinearOracle, double[])}, and keeps every point on the way. */
    public Descent trace(Objective f, LinearOracle set, double[] start) {
        var path = new Descent.Recorder();
        return path.descent(new Run(f, set, start).to(Progress.SILENT, path));
    }

    /** {@code grad f(x)'(x - s)} for the corner s: what f(x) lies above the least value at most, where f is convex and x in the set. */
    public static double gap(Objective f, LinearOracle set, double[] x) {
        var gradient = new double[x.length];
        f.at(x, gradient);
        return Vectors.dot(gradient, x) - Vectors.dot(gradient, corner(set, gradient));
    }

    private static double[] corner(LinearOracle set, double[] gradient) {
        var corner = set.least(gradient);
        if (corner.length != gradient.length) throw new IllegalArgumentException(
                "FrankWolfe: the set's corner has " + corner.length + " coordinates, the point " + gradient.length);
        return corner;
    }

    /** A corner that x is made of, and its share. */
    private static final class Part {
        private final double[] corner;
        private double weight;

        Part(double[] corner, double weight) {
            this.corner = corner;
            this.weight = weight;
        }
    }

    private final class Run {
        private final Objective f;
        private final LinearOracle set;
        private final List<Part> parts = new ArrayList<>();
        private double[] x, gradient;
        private double value, curvature = 1;
        private int evaluations = 1;

        Run(Objective f, LinearOracle set, double[] start) {
            this.f = f;
            this.set = set;
            x = start.clone();
            gradient = new double[x.length];
            value = f.at(x, gradient);
            if (steps == Steps.AWAY) parts.add(new Part(x.clone(), 1));
        }

        Minimum to(Progress progress, Descent.Recorder path) {
            if (path != null) path.point(x, value);
            if (!Double.isFinite(value) || !Double.isFinite(Vectors.largest(gradient))) return ended(0, StopReason.NOT_FINITE);
            for (int k = 0;; k++) {
                double[] corner = corner(set, gradient);
                double gap = Vectors.dot(gradient, x) - Vectors.dot(gradient, corner);
                if (gap <= tolerance) return ended(k, StopReason.OPTIMAL);
                if (k == maxIterations) return ended(k, StopReason.ITERATIONS);
                double length = step(k, corner, gap);
                if (Double.isNaN(length)) return ended(k, StopReason.FLOOR);
                if (!Double.isFinite(value) || !Double.isFinite(Vectors.largest(gradient))) return ended(k + 1, StopReason.DIVERGED);
                progress.step("conditional gradient", k + 1, maxIterations, "gap", gap);
                if (path != null) path.step(length, x, value);
            }
        }

        private Minimum ended(int k, StopReason stop) { return new Minimum(x, value, gradient, k, evaluations, stop); }

        /** The length taken; NaN where no length lowers f beyond its last bits. */
        private double step(int k, double[] corner, double gap) {
            if (steps == Steps.OPEN_LOOP) {
                double length = 2.0 / (k + 2);
                new Trial(difference(corner, x), length).take();
                return length;
            }
            var worst = steps == Steps.AWAY ? worst() : null;
            double away = worst == null ? 0 : Vectors.dot(gradient, worst.corner) - Vectors.dot(gradient, x);
            if (worst == null || parts.size() == 1 || gap >= away) {
                double length = searched(difference(corner, x), gap, 1);
                if (steps == Steps.AWAY && length > 0) towards(corner, length);
                return length;
            }
            double length = searched(difference(x, worst.corner), away, worst.weight / (1 - worst.weight));
            if (length > 0) from(worst, length);
            return length;
        }

        private Part worst() {
            Part worst = null;
            double most = Double.NEGATIVE_INFINITY;
            for (var part : parts) {
                double slope = Vectors.dot(gradient, part.corner);
                if (slope <= most) continue;
                most = slope;
                worst = part;
            }
            return worst;
        }

        private static double[] difference(double[] a, double[] b) {
            var d = a.clone();
            Vectors.addScaled(d, -1, b);
            return d;
        }

        /** The best length by f's quadratic bound, whose curvature is raised until the bound holds. */
        private double searched(double[] direction, double fall, double most) {
            double square = Vectors.dot(direction, direction);
            curvature *= 0.9;
            for (int i = 0; i < DOUBLINGS; i++, curvature *= 2) {
                double length = Math.min(fall / (curvature * square), most);
                var next = new Trial(direction, length);
                // A little is rounding: else no step would pass near the minimum.
                double slack = 4 * Math.ulp(value);
                if (next.value <= value - length * fall + length * length * curvature * square / 2 + slack) {
                    if (next.value >= value && length * fall <= slack) return Double.NaN;
                    next.take();
                    return length;
                }
            }
            return Double.NaN;
        }

        /** The point at a length along a direction. */
        private final class Trial {
            private final double[] point = x.clone(), slope = new double[x.length];
            private final double value;

            Trial(double[] direction, double length) {
                Vectors.addScaled(point, length, direction);
                value = f.at(point, slope);
                evaluations++;
            }

            void take() {
                x = point;
                gradient = slope;
                Run.this.value = value;
            }
        }

        private void towards(double[] corner, double length) {
            Part found = null;
            for (var part : parts) {
                part.weight *= 1 - length;
                if (Arrays.equals(part.corner, corner)) found = part;
            }
            if (found == null) parts.add(new Part(corner, length));
            else found.weight += length;
            parts.removeIf(part -> part.weight <= 0);
        }

        private void from(Part worst, double length) {
            boolean all = length >= worst.weight / (1 - worst.weight);
            for (var part : parts) part.weight *= 1 + length;
            worst.weight -= length;
            if (all) parts.remove(worst);
        }
    }
}
