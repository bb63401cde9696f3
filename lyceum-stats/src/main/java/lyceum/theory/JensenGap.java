package lyceum.theory;

import java.util.Arrays;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;
import java.util.function.ToDoubleFunction;
import lyceum.prob.Quadrature;
import lyceum.prob.UnivariateDistribution;
import lyceum.random.Rng;

/**
 * What it costs to average before bending: {@code E f(X) - f(E X)}, at least 0 for a convex f.
 *
 * {@snippet :
 * JensenGap.of(x -> x * x, new double[] {1, 3});                    // 1, the variance
 * JensenGap.of(Math::exp, new Normal(0, 1));                        // e^(1/2) - 1
 * JensenGap.bracket(Math::exp, x, p);                               // least and largest that the curvature, here e^x, allows
 * JensenGap.refuteConvexity(Math::sin, 0, 2 * Math.PI, 1_000, rng); // a chord that runs below the curve
 * }
 *
 * @see lyceum.optim.Convexity judges formulas, by their rules of composition
 * @see <a href="https://doi.org/10.1007/BF02418571">Jensen (1906)</a>
 */
public final class JensenGap {
    private JensenGap() {}

    /** Of a sample, or of equally likely values. */
    public static double of(DoubleUnaryOperator f, double[] x) { return of(f, x, null); }

    /**
     * Of a discrete distribution. The differences {@code f(x_i) - f(mean)} are averaged, so that nothing large cancels.
     *
     * @param p probabilities or weights of the values; null for equal ones
     */
    public static double of(DoubleUnaryOperator f, double[] x, double[] p) {
        return of(v -> f.applyAsDouble(v[0]), Arrays.stream(x).mapToObj(v -> new double[] {v}).toArray(double[][]::new), p);
    }

    /** Of random vectors, one a row. @param p weights of the rows; null for equal ones */
    public static double of(ToDoubleFunction<double[]> f, double[][] x, double[] p) {
        if (x.length == 0) throw new IllegalArgumentException("JensenGap: there are no values");
        if (p != null && p.length != x.length)
            throw new IllegalArgumentException("JensenGap: " + p.length + " weights for " + x.length + " values");
        double total = 0, sum = 0;
        var mean = x[0].clone(); // about the first value, so that a constant's mean is that constant
        for (int i = 0; i < x.length; i++) {
            double weight = p == null ? 1 : p[i];
            if (!(weight >= 0)) throw new IllegalArgumentException("JensenGap: weight " + i + " is " + weight + "; it is at least 0");
            total += weight;
        }
        for (int i = 0; i < x.length; i++)
            for (int j = 0; j < mean.length; j++) mean[j] += (p == null ? 1 : p[i]) / total * (x[i][j] - x[0][j]);
        double at = f.applyAsDouble(mean);
        for (int i = 0; i < x.length; i++) {
            double weight = p == null ? 1 : p[i];
            if (weight > 0) sum += weight / total * (f.applyAsDouble(x[i]) - at); // f may be infinite where there is no mass
        }
        return sum;
    }

    /** Of a distribution, by quadrature. */
    public static double of(DoubleUnaryOperator f, UnivariateDistribution x) {
        double at = f.applyAsDouble(x.mean());
        return Quadrature.expectation(x, v -> f.applyAsDouble(v) - at);
    }

    /** Bounds of a gap. */
    public record Bracket(double low, double high) {}

    /**
     * {@code [min f'', max f''] Var X / 2}: where the gap of a twice differentiable f lies.
     *
     * @param low least second derivative between the smallest and the largest value of x
     * @param high largest there
     */
    public static Bracket bracket(double low, double high, double[] x, double[] p) {
        double variance = of(v -> v * v, Arrays.stream(x).map(v -> v - x[0]).toArray(), p);
        return new Bracket(low * variance / 2, high * variance / 2);
    }

    /**
     * The same, with the extremes of the second derivative looked for: at 257 places between the smallest and the largest value of positive weight, and
     * about the best of them. Give the extremes yourself where it has narrower peaks.
     *
     * @param second f''
     */
    public static Bracket bracket(DoubleUnaryOperator second, double[] x, double[] p) {
        double from = Double.POSITIVE_INFINITY, to = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < x.length; i++) if (p == null || p[i] > 0) {
            from = Math.min(from, x[i]);
            to = Math.max(to, x[i]);
        }
        return bracket(-most(v -> -second.applyAsDouble(v), from, to), most(second, from, to), x, p);
    }

    private static double most(DoubleUnaryOperator f, double from, double to) {
        double at = from, most = f.applyAsDouble(from), step = (to - from) / 256;
        for (int i = 1; i <= 257; i++) {
            double v = i < 257 ? from + i * step : to, value = f.applyAsDouble(v);
            if (value <= most) continue;
            most = value;
            at = v;
        }
        for (double middle = at; step > 1e-12 * (to - from); step /= 2, middle = at) for (int side = -1; side <= 1; side += 2) {
            double v = Math.clamp(middle + side * step / 2, from, to), value = f.applyAsDouble(v);
            if (value <= most) continue;
            most = value;
            at = v;
        }
        return most;
    }

    /** Two points and a share, at which the chord runs below the function by {@code -gap}: {@code share f(a) + (1 - share) f(b) < f(mean)}. */
    public record Counterexample(double a, double b, double share, double gap) {
        @Override public String toString() {
            return "between " + a + " and " + b + ", at " + share + " of the first, the chord lies " + -gap + " below the function";
        }
    }

    /**
     * Looks for a chord below f on an interval, at random.
     *
     * @param tolerance how far a chord may be below the function, relative to the largest of its values in this, and still count as rounding
     * @return the first found, or nothing: then f may be convex there, and has been tried {@code draws} times
     */
    public static Optional<Counterexample> refuteConvexity(DoubleUnaryOperator f, double from, double to, int draws, double tolerance,
            Rng rng) {
        if (!(from < to)) throw new IllegalArgumentException("JensenGap: an interval from " + from + " to " + to);
        for (int i = 0; i < draws; i++) {
            double a = from + (to - from) * rng.nextDouble(), b = from + (to - from) * rng.nextDouble(), share = rng.nextDouble();
            double fa = f.applyAsDouble(a), fb = f.applyAsDouble(b), middle = f.applyAsDouble(share * a + (1 - share) * b);
            double gap = share * fa + (1 - share) * fb - middle, size = Math.max(Math.abs(middle), Math.max(Math.abs(fa), Math.abs(fb)));
            if (gap < -tolerance * size) return Optional.of(new Counterexample(a, b, share, gap));
        }
        return Optional.empty();
    }

    /** Tolerance 1e-12. */
    public static Optional<Counterexample> refuteConvexity(DoubleUnaryOperator f, double from, double to, int draws, Rng rng) {
        return refuteConvexity(f, from, to, draws, 1e-12, rng);
    }

    /** What a search for violations found: neither refuted means that f is affine as far as it was tried. */
    public enum Shape {
        CONVEX, CONCAVE, AFFINE, NEITHER
    }

    /** Tries both directions. A verdict of convexity is a failure to refute it. */
    public static Shape classify(DoubleUnaryOperator f, double from, double to, int draws, Rng rng) {
        boolean convex = refuteConvexity(f, from, to, draws, rng).isEmpty(),
                concave = refuteConvexity(x -> -f.applyAsDouble(x), from, to, draws, rng).isEmpty();
        return convex ? concave ? Shape.AFFINE : Shape.CONVEX : concave ? Shape.CONCAVE : Shape.NEITHER;
    }
}
