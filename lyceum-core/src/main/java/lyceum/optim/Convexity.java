package lyceum.optim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import lyceum.linalg.Eigen;
import lyceum.optim.Atom.Curvature;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * What can be said about a function's convexity: proved by rules of composition, refuted by a chord that dips below the graph, or supported
 * by the curvature at many points; and conjugates, envelopes, constants of curvature and the minima that many starts find.
 *
 * {@snippet :
 * var x = Expression.variable(0);
 * var judged = Convexity.judge(x.square().minus(1).square(), new double[] {-2}, new double[] {2}, Rng.of(1));
 * judged.verdict();                       // REFUTED
 * judged.chord().violation();             // at least this much, proved in decimals
 * }
 *
 * @see "Boyd and Vandenberghe (2004), Convex Optimization, chapter 3"
 */
public final class Convexity {
    private static final int CHORDS = 4_000, POINTS = 200;

    private Convexity() {}

    /** How much is known. */
    public enum Verdict {
        /** Convex on the box, by the rules of composition. */
        CERTIFIED,
        /** Not convex on the box: a chord proves it. */
        REFUTED,
        /**
         * No rule applies and no chord was found, and the Hessian has no negative eigenvalue at the points that were tried: evidence, not a
         * proof.
         */
        SUPPORTED,
        /** Nothing is known. */
        UNDECIDED
    }

    /**
     * A chord that dips below the graph at {@code theta x + (1 - theta) y}.
     *
     * @param violation at least by how much, as {@link Expression#provedViolation} proves
     */
    public record Chord(double[] x, double[] y, double theta, double violation) {
        @Override public String toString() {
            return String.format(Locale.ROOT, "chord from %s to %s lies %.4g below the graph at theta %s", Arrays.toString(x),
                    Arrays.toString(y), violation, theta);
        }
    }

    /**
     * What was found.
     *
     * @param chord that of a refuted function, else null
     */
    public record Judgement(Verdict verdict, Chord chord) {}

    /** Judges f over the box {@code low <= x <= high}, which is finite and lies in f's domain. */
    public static Judgement judge(Expression f, double[] low, double[] high, Rng rng) {
        var curvature = f.curvature(low, high);
        if (curvature == Curvature.CONVEX || curvature == Curvature.AFFINE) return new Judgement(Verdict.CERTIFIED, null);
        var chord = chord(f, low, high, rng);
        if (chord != null) return new Judgement(Verdict.REFUTED, chord);
        var constants = constants(f, low, high, rng);
        return new Judgement(constants.mu >= -1e-6 * Math.max(1, constants.l) ? Verdict.SUPPORTED : Verdict.UNDECIDED, null);
    }

    /** The random chord with the largest violation, if it holds in decimals; else null. Short and long ones are tried. */
    private static Chord chord(Expression f, double[] low, double[] high, Rng rng) {
        int n = low.length;
        Chord best = null;
        for (int draw = 0; draw < CHORDS; draw++) {
            double[] x = within(low, high, rng), y = within(low, high, rng), between = new double[n];
            double reach = Math.pow(2, -(draw % 4)), theta = draw % 3 == 0 ? 0.25 : 0.5;
            for (int i = 0; i < n; i++) {
                y[i] = x[i] + reach * (y[i] - x[i]);
                between[i] = theta * x[i] + (1 - theta) * y[i];
            }
            double violation = f.at(between) - theta * f.at(x) - (1 - theta) * f.at(y);
            if (violation > (best == null ? 0 : best.violation)) best = new Chord(x, y, theta, violation);
        }
        if (best == null) return null;
        double proved = f.provedViolation(best.x, best.y, best.theta);
        return proved > 0 ? new Chord(best.x, best.y, best.theta, proved) : null;
    }

    private static double[] within(double[] low, double[] high, Rng rng) {
        var x = new double[low.length];
        for (int i = 0; i < x.length; i++) x[i] = low[i] + (high[i] - low[i]) * rng.nextDouble();
        return x;
    }

    /**
     * Bounds of curvature.
     *
     * @param mu the least eigenvalue of the Hessian that was seen: the modulus of strong convexity, where it is above 0
     * @param l the largest: the gradient changes at most at this rate
     */
    public record Constants(double mu, double l) {}

    /**
     * Extreme eigenvalues of differenced Hessians at random points of a box: exact, to rounding, for quadratics, estimates from inside for
     * others.
     */
    public static Constants constants(Objective f, double[] low, double[] high, Rng rng) {
        double mu = Double.POSITIVE_INFINITY, l = Double.NEGATIVE_INFINITY;
        for (int draw = 0; draw < POINTS; draw++) {
            var hessian = Tensor.of(Kkt.hessian(f, within(low, high, rng)));
            var values = Eigen.symmetricValues(hessian.add(hessian.transpose()).mul(0.5)).toDoubleArray();
            mu = Math.min(mu, values[0]);
            l = Math.max(l, values[values.length - 1]);
        }
        return new Constants(mu, l);
    }

    /** {@code f*(s) = max_i s x_i - f_i} of a sampled function at each slope. */
    public static double[] conjugate(double[] x, double[] f, double... slopes) {
        var values = new double[slopes.length];
        for (int k = 0; k < slopes.length; k++) {
            int i = support(x, f, slopes[k]);
            values[k] = slopes[k] * x[i] - f[i];
        }
        return values;
    }

    private static int support(double[] x, double[] f, double slope) {
        int best = 0;
        for (int i = 1; i < x.length; i++) if (slope * x[i] - f[i] > slope * x[best] - f[best]) best = i;
        return best;
    }

    /**
     * {@code f**} at the samples: the largest convex function below f. Each value is {@code max_s s x - f*(s)}, a concave function of s, by
     * bisection on which sample supports the slope.
     *
     * @param x rising
     */
    public static double[] biconjugate(double[] x, double... f) {
        if (x.length != f.length || x.length < 2) throw new IllegalArgumentException(
                "Convexity.biconjugate: " + x.length + " places for " + f.length + " values; give at least two, and one a place");
        double steepest = 0;
        for (int i = 1; i < x.length; i++) steepest = Math.max(steepest, Math.abs((f[i] - f[i - 1]) / (x[i] - x[i - 1])));
        var envelope = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            double low = -steepest - 1, high = steepest + 1;
            for (int step = 0; step < 50; step++) {
                double middle = (low + high) / 2;
                if (support(x, f, middle) < i) low = middle;
                else high = middle;
            }
            envelope[i] = Math.max(high * x[i] + f[support(x, f, high)] - high * x[support(x, f, high)],
                    low * x[i] + f[support(x, f, low)] - low * x[support(x, f, low)]);
        }
        return envelope;
    }

    /**
     * Where descent ends from many starts, each place once: one place for a strictly convex function, whatever the starts.
     *
     * @param apart places nearer than this are one
     * @return distinct ends with the least value first
     */
    public static List<Minimum> minima(Objective f, List<double[]> starts, double apart) {
        var ends = new ArrayList<Minimum>();
        for (var start : starts) {
            var end = new Lbfgs().withGradientTolerance(1e-9).minimize(f, start);
            if (ends.stream().noneMatch(known -> near(known.x(), end.x(), apart))) ends.add(end);
        }
        ends.sort((a, b) -> Double.compare(a.value(), b.value()));
        return List.copyOf(ends);
    }

    private static boolean near(double[] a, double[] b, double apart) {
        double most = 0;
        for (int i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i] - b[i]));
        return most <= apart;
    }
}
