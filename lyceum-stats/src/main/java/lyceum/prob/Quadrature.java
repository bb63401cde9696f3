package lyceum.prob;

import java.util.PriorityQueue;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.DoubleStream;
import lyceum.math.Incomplete;

/** Numerical integration: adaptive Gauss-Kronrod, and expectations under a distribution. */
public final class Quadrature {
    // Nodes and weights of the 15-point Kronrod rule and its 7-point Gauss rule (Piessens et al., QUADPACK, 1983).
    private static final double[] NODES = {0.991455371120812639206854697526329, 0.949107912342758524526189684047851,
            0.864864423359769072789712788640926, 0.741531185599394439863864773280788, 0.586087235467691130294144691693013,
            0.405845151377397166906606412076961, 0.207784955007898467600689403773245, 0};
    private static final double[] KRONROD = {0.022935322010529224963732008058970, 0.063092092629978553290700663189204,
            0.104790010322250183839876322541518, 0.140653259715525918745189590510238, 0.169004726639267902826583426598550,
            0.190350578064785409913256402421014, 0.204432940075298892414161999234649, 0.209482141084727828012999174891714};
    private static final double[] GAUSS = {0.129484966168869693270611432679082, 0.279705391489276667901467771423780,
            0.381830050505118944950369775488975, 0.417959183673469387755102040816327};

    private record Piece(double low, double high, double value, double error) {}

    private Quadrature() {}

    /**
     * {@code int_low^high f}, for finite ends. Halves the piece with the largest estimated error until the sum of them is below
     * {@code tolerance} times the sum of the pieces' absolute values, or there are 2,000.
     */
    public static double integrate(DoubleUnaryOperator f, double low, double high, double tolerance) {
        return integrate(f, new double[] {low, high}, tolerance, 0);
    }

    /** The same, from pieces between given cuts in ascending order, so that narrow peaks whose places are known are not missed; also stops at an absolute error. */
    public static double integrate(DoubleUnaryOperator f, double[] cuts, double tolerance, double absolute) {
        var pieces = new PriorityQueue<Piece>((a, b) -> Double.compare(b.error, a.error));
        double error = 0, size = 0;
        for (int i = 0; i < cuts.length; i++) {
            if (!Double.isFinite(cuts[i])) throw new IllegalArgumentException("integrate: the cut " + cuts[i] + " must be finite");
            if (i == 0 || cuts[i - 1] == cuts[i]) continue;
            var piece = rule(f, cuts[i - 1], cuts[i]);
            pieces.add(piece);
            error += piece.error;
            size += Math.abs(piece.value);
        }
        while (error > tolerance * size && error > absolute && pieces.size() < 2000) {
            var worst = pieces.poll();
            double middle = 0.5 * worst.low + 0.5 * worst.high;
            if (middle <= worst.low || middle >= worst.high) break;
            var left = rule(f, worst.low, middle);
            var right = rule(f, middle, worst.high);
            pieces.add(left);
            pieces.add(right);
            error += left.error + right.error - worst.error;
            size += Math.abs(left.value) + Math.abs(right.value) - Math.abs(worst.value);
        }
        double value = 0;
        for (var piece : pieces) value += piece.value;
        return value;
    }

    private static Piece rule(DoubleUnaryOperator f, double low, double high) {
        double half = 0.5 * (high - low), middle = 0.5 * (low + high), kronrod = KRONROD[7] * f.applyAsDouble(middle),
                gauss = GAUSS[3] / KRONROD[7] * kronrod;
        for (int i = 0; i < 7; i++) {
            double sum = f.applyAsDouble(middle - half * NODES[i]) + f.applyAsDouble(middle + half * NODES[i]);
            kronrod += KRONROD[i] * sum;
            if (i % 2 == 1) gauss += GAUSS[i / 2] * sum;
        }
        return new Piece(low, high, kronrod * half, Math.abs(kronrod - gauss) * half);
    }

    /**
     * {@code E f(X)}: a sum for a discrete distribution, else an integral over the range that holds all but 1e-18 of each tail, cut at quantiles
     * so that no narrow peak is missed. {@code f} should not grow faster than the density's tails fall.
     */
    public static double expectation(UnivariateDistribution p, DoubleUnaryOperator f) { return expectation(p, f, 0); }

    /** The same, content with an absolute error, for an {@code f} whose expectation may be 0. */
    public static double expectation(UnivariateDistribution p, DoubleUnaryOperator f, double absolute) {
        if (p.isDiscrete()) return sum(p, 1, (k, mass) -> mass * f.applyAsDouble(k));
        double[] levels = {1e-18, 1e-12, 1e-6, 1e-3, 0.05, 0.2, 0.35, 0.5};
        var cuts = new double[2 * levels.length + 1];
        int n = 0;
        cuts[n++] = Double.isFinite(p.low()) ? p.low() : p.quantile(1e-30);
        for (double level : levels) cuts[n++] = p.quantile(level);
        for (int i = levels.length - 2; i >= 0; i--) cuts[n++] = p.upperQuantile(levels[i]);
        cuts[n] = Double.isFinite(p.high()) ? p.high() : p.upperQuantile(1e-30);
        for (int i = 1; i < cuts.length; i++) cuts[i] = Math.max(cuts[i], cuts[i - 1]); // quantiles that the tail's rounding disordered
        DoubleUnaryOperator integrand = x -> {
            double density = p.density(x);
            // a density may be infinite at a finite end, where a node falls when an interval is a few ulps wide
            return density == 0 || density == Double.POSITIVE_INFINITY ? 0 : density * f.applyAsDouble(x);
        };
        return integrate(integrand, cuts, 1e-11, absolute);
    }

    /** Points and weights: {@code E f(X)} is about {@code sum weights[i] f(nodes[i])}. */
    public record Rule(double[] nodes, double[] weights) {}

    /**
     * A fixed rule for expectations of many functions, or of arrays, at once: every value of a discrete distribution that has at least 1e-30 of
     * the mass, or 321 quantiles of a continuous one. There {@code E f(X) = int f(Q(Phi(z))) phi(z) dz}, and for such integrands the trapezoidal
     * rule converges geometrically. {@link #expectation} checks its error; this does not.
     */
    public static Rule rule(UnivariateDistribution p) {
        var nodes = DoubleStream.builder();
        var weights = DoubleStream.builder();
        if (p.isDiscrete()) sum(p, 1, (k, mass) -> {
            nodes.add(k);
            weights.add(mass);
            return 0;
        });
        else for (int i = -160; i <= 160; i++) {
            double z = i / 16.0, x = z < 0 ? p.quantile(Incomplete.normalCdf(z)) : p.upperQuantile(Incomplete.normalCdf(-z));
            if (x <= p.low() || x >= p.high()) continue; // a quantile that rounds to the end, where densities may be infinite
            nodes.add(x);
            weights.add(Normal.STANDARD.density(z) / 16);
        }
        return new Rule(nodes.build().toArray(), weights.build().toArray());
    }

    /** Over the values outwards from the mean, to the ends or until neither a value nor what lies beyond it has mass; of a mixture over each part. */
    private static double sum(UnivariateDistribution p, double share, DoubleBinaryOperator term) {
        if (p instanceof Mixture mixture) {
            double total = 0;
            for (int i = 0; i < mixture.components().size(); i++) {
                double weight = mixture.weights().density(i);
                if (weight > 0) total += sum(mixture.components().get(i), share * weight, term);
            }
            return total;
        }
        if (p instanceof Transformed y) return sum(y.base(), share, (x, mass) -> term.applyAsDouble(y.map().apply(x), mass));
        return sumFrom(p, DiscreteSearch.middle(p), (k, mass) -> term.applyAsDouble(k, share * mass));
    }

    /** The same, from a value on, however little mass it has. */
    static double sum(UnivariateDistribution p, double start, DoubleUnaryOperator f) {
        return sumFrom(p, start, (k, mass) -> mass * f.applyAsDouble(k));
    }

    private static double sumFrom(UnivariateDistribution p, double start, DoubleBinaryOperator term) {
        double total = 0, k = start;
        boolean isLong = p.high() - p.low() > 1e5;
        for (int step = 0; Double.isFinite(k); k = p.valueBelow(k), step++) {
            double mass = p.density(k);
            if (mass > 0) total += term.applyAsDouble(k, mass);
            if (isLong && mass < 1e-30 && step > 5 && p.cdf(k) < 1e-25) break;
        }
        k = p.valueAbove(start);
        for (int step = 0; Double.isFinite(k); k = p.valueAbove(k), step++) {
            double mass = p.density(k);
            if (mass > 0) total += term.applyAsDouble(k, mass);
            if (isLong && mass < 1e-30 && step > 5 && p.survival(k) < 1e-25) break;
        }
        return total;
    }
}
