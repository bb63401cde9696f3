package lyceum.theory;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import lyceum.math.Special;

/**
 * A loss of the margin {@code m = y f(x)}, y of -1 or 1, in place of the 0-1 loss: what minimising it says about mistakes.
 *
 * {@snippet :
 * SurrogateLoss.LOGISTIC.minimizer(0.8);            // ln 4, the log-odds
 * SurrogateLoss.HINGE.calibrated();                 // true: its minimiser has the right sign wherever eta is not 1/2
 * SurrogateLoss.EXPONENTIAL.psi(0.6);               // 1 - sqrt(1 - 0.36) = 0.2
 * SurrogateLoss.EXPONENTIAL.excessBound(0.02);      // 0.199: an excess loss of 0.02 allows no larger excess of mistakes
 * SurrogateLoss.convex(m -> Math.max(0, 1 - 2 * m));
 * }
 *
 * <p>{@code eta = P(Y = 1 | x)}. Minima over scores are looked for from -60 to 60, on a grid that is fine near 0 and then by golden section.
 *
 * @param phi at least 0
 * @param isConvex whether phi is convex, which is not checked
 * @see <a href="https://doi.org/10.1198/016214505000000907">Bartlett, Jordan and McAuliffe (2006)</a>
 */
public record SurrogateLoss(DoubleUnaryOperator phi, boolean isConvex) {
    /** {@code max(0, 1 - m)}. */
    public static final SurrogateLoss HINGE = convex(m -> Math.max(0, 1 - m));
    /** {@code max(0, 1 - m)^2}. */
    public static final SurrogateLoss SQUARED_HINGE = convex(m -> Math.max(0, 1 - m) * Math.max(0, 1 - m));
    /** {@code ln(1 + e^-m)}. */
    public static final SurrogateLoss LOGISTIC = convex(m -> Special.softplus(-m));
    /** {@code e^-m}. */
    public static final SurrogateLoss EXPONENTIAL = convex(m -> Math.exp(-m));
    /** {@code (1 - m)^2}. */
    public static final SurrogateLoss SQUARED = convex(m -> (1 - m) * (1 - m));
    /** {@code min(1, max(0, 1 - m))}, not convex. */
    public static final SurrogateLoss RAMP = of(m -> Math.min(1, Math.max(0, 1 - m)));

    private static final double REACH = 60, GOLDEN = 0.5 * (Math.sqrt(5) - 1);
    private static final double[] GRID = grid();

    /** A convex loss. */
    public static SurrogateLoss convex(DoubleUnaryOperator phi) { return new SurrogateLoss(phi, true); }

    /** Any other. */
    public static SurrogateLoss of(DoubleUnaryOperator phi) { return new SurrogateLoss(phi, false); }

    private static double[] grid() {
        // sinh spaces the grid evenly near 0 and by a factor far from it.
        int n = 300;
        double scale = Math.log(2 * REACH / 0.25) / n;
        var points = new double[n + 1];
        for (int i = 0; i <= n; i++) points[i] = Math.min(REACH, 0.25 * Math.sinh(i * scale));
        return points;
    }

    private static double probability(double eta) {
        if (!(eta >= 0 && eta <= 1)) throw new IllegalArgumentException("SurrogateLoss: eta is " + eta + "; it is a probability");
        return eta;
    }

    /** {@code eta phi(score) + (1 - eta) phi(-score)}, the expected loss at a point. */
    public double conditionalRisk(double eta, double score) {
        probability(eta);
        // A side without mass costs nothing, not 0 times infinity.
        return (eta > 0 ? eta * phi.applyAsDouble(score) : 0) + (eta < 1 ? (1 - eta) * phi.applyAsDouble(-score) : 0);
    }

    /** {@code H(eta)}, the least conditional risk over all scores. */
    public double optimalRisk(double eta) { return Math.min(conditionalRisk(eta, best(eta, 1)), conditionalRisk(eta, best(eta, -1))); }

    /** {@code H-(eta)}, the least over scores of the wrong sign, {@code score (2 eta - 1) <= 0}; over all at 1/2. */
    public double constrainedRisk(double eta) {
        return eta == 0.5 ? optimalRisk(eta) : conditionalRisk(eta, best(eta, eta > 0.5 ? -1 : 1));
    }

    /** The score of least conditional risk; of several one of them, of the right sign if there is such. At eta of 0 or 1 it may be the end of the range. */
    public double minimizer(double eta) {
        double right = best(eta, eta >= 0.5 ? 1 : -1), wrong = best(eta, eta >= 0.5 ? -1 : 1);
        return conditionalRisk(eta, right) <= conditionalRisk(eta, wrong) ? right : wrong;
    }

    /** The best score of one sign, 0 included. */
    private double best(double eta, int sign) {
        int at = 0;
        double least = Double.POSITIVE_INFINITY;
        for (int i = 0; i < GRID.length; i++) {
            double risk = conditionalRisk(eta, sign * GRID[i]);
            if (risk < least) {
                at = i;
                least = risk;
            }
        }
        double low = GRID[Math.max(0, at - 1)], high = GRID[Math.min(GRID.length - 1, at + 1)];
        double a = high - GOLDEN * (high - low), b = low + GOLDEN * (high - low);
        double atA = conditionalRisk(eta, sign * a), atB = conditionalRisk(eta, sign * b);
        for (int step = 0; step < 100 && high - low > 1e-12 * Math.max(1, high); step++) {
            if (atA <= atB) {
                high = b;
                b = a;
                atB = atA;
                atA = conditionalRisk(eta, sign * (a = high - GOLDEN * (high - low)));
            } else {
                low = a;
                a = b;
                atA = atB;
                atB = conditionalRisk(eta, sign * (b = low + GOLDEN * (high - low)));
            }
        }
        double middle = 0.5 * (low + high);
        return sign * (conditionalRisk(eta, sign * middle) < least ? middle : GRID[at]);
    }

    /**
     * Whether the wrong sign always costs: {@code H-(eta) > H(eta)} for every eta but 1/2. For a convex loss that is to be differentiable at 0 with a
     * negative slope, which is judged from differences over 1e-5; for another, eta is tried in steps of 1/200.
     */
    public boolean calibrated() {
        if (isConvex) {
            double h = 1e-5, at = phi.applyAsDouble(0), right = (phi.applyAsDouble(h) - at) / h, left = (at - phi.applyAsDouble(-h)) / h;
            return right - left <= 1e-3 * (Math.abs(right) + Math.abs(left)) && right < 0;
        }
        // Below 1/2 all is the mirror image.
        for (int i = 101; i <= 200; i++) if (constrainedRisk(i / 200.0) - optimalRisk(i / 200.0) <= 1e-9) return false;
        return true;
    }

    /**
     * The transform that carries an excess of mistakes to an excess of loss, {@code psi(R(f) - R*) <= R_phi(f) - R_phi*}: the largest convex function
     * below {@code H-((1 + theta)/2) - H((1 + theta)/2)}, which is itself convex for a convex calibrated loss.
     *
     * @param theta from -1 to 1; psi is even
     */
    public double psi(double theta) {
        double t = Math.abs(theta);
        if (!(t <= 1)) throw new IllegalArgumentException("SurrogateLoss: psi of " + theta + "; from -1 to 1");
        return isConvex ? gap(t) : at(hull(), t);
    }

    /** The lower convex hull of the gap on a grid of 501 points. */
    private List<double[]> hull() {
        int n = 500;
        var hull = new ArrayList<double[]>();
        for (int i = 0; i <= n; i++) {
            double[] next = {(double) i / n, gap((double) i / n)};
            while (hull.size() > 1 && above(hull.get(hull.size() - 2), hull.getLast(), next)) hull.removeLast();
            hull.add(next);
        }
        return hull;
    }

    private static double at(List<double[]> hull, double t) {
        int i = 1;
        while (hull.get(i)[0] < t) i++;
        double[] a = hull.get(i - 1), b = hull.get(i);
        return a[1] + (b[1] - a[1]) * (t - a[0]) / (b[0] - a[0]);
    }

    /** Whether the middle point is on or above the line between the others. */
    private static boolean above(double[] a, double[] middle, double[] b) {
        return (middle[1] - a[1]) * (b[0] - a[0]) >= (b[1] - a[1]) * (middle[0] - a[0]);
    }

    private double gap(double theta) {
        double eta = (1 + theta) / 2;
        return Math.max(0, constrainedRisk(eta) - optimalRisk(eta));
    }

    /** The largest excess of mistakes that an excess of this loss allows: the largest theta of [0, 1] with {@code psi(theta) <= excess}. */
    public double excessBound(double excess) {
        if (!(excess >= 0)) throw new IllegalArgumentException("SurrogateLoss: an excess of " + excess + "; it is at least 0");
        var hull = isConvex ? null : hull(); // once for all steps
        double low = 0, high = 1;
        if (gap(1) <= excess) return 1; // where the hull meets the gap
        for (int step = 0; step < 50; step++) {
            double middle = 0.5 * (low + high);
            if ((hull == null ? gap(middle) : at(hull, middle)) <= excess) low = middle;
            else high = middle;
        }
        return low;
    }
}
