package lyceum.theory;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import lyceum.ShapeException;
import lyceum.math.Incomplete;
import lyceum.optim.InteriorPoint;
import lyceum.optim.QuadraticProgram;

/**
 * Which labellings of points a class can realise, the largest set of which it realises all, and what follows from that number.
 *
 * {@snippet :
 * var lines = VcDimension.halfspaces();
 * VcDimension.shatters(lines, triangle);                      // true
 * VcDimension.refutation(lines, square);                      // a labelling that no line realises
 * VcDimension.dimension(VcDimension.boxes(), points, 6);      // 4 in the plane
 * VcDimension.growth(VcDimension.boxes(), points);            // labellings realised on these
 * VcDimension.sauer(2, 10);                                   // 56, the most that dimension 2 allows on 10 points
 * VcDimension.deviation(2, 2_000, 0.05);                      // 0.29: true and training error differ by no more, whichever the hypothesis
 * }
 *
 * <p>Labellings are tried one by one: for up to some 15 points.
 *
 * @see <a href="https://doi.org/10.1137/1116025">Vapnik and Chervonenkis (1971)</a>
 * @see <a href="https://doi.org/10.1017/CBO9781107298019">Shalev-Shwartz and Ben-David (2014), chapter 6</a>
 */
public final class VcDimension {
    private static final double MARGIN = 1e-6;

    private VcDimension() {}

    /** A hypothesis class, known by the labellings it can give. */
    @FunctionalInterface
    public interface HypothesisClass {
        /** True if some hypothesis of the class says yes to exactly these points. */
        boolean realises(double[][] points, boolean[] labels);
    }

    /** {@code x >= t} on the first coordinate. */
    public static HypothesisClass thresholds() {
        return (points, labels) -> {
            double no = Double.NEGATIVE_INFINITY, yes = Double.POSITIVE_INFINITY;
            for (int i = 0; i < points.length; i++) {
                if (labels[i]) yes = Math.min(yes, points[i][0]);
                else no = Math.max(no, points[i][0]);
            }
            return no < yes;
        };
    }

    /** Boxes along the axes: intervals on a line, rectangles in the plane. The smallest box about the yeses must hold no other point. */
    public static HypothesisClass boxes() {
        return (points, labels) -> {
            var box = PacLearning.RECTANGLE.fit(points, labels);
            for (int i = 0; i < points.length; i++) if (!labels[i] && box.test(points[i])) return false;
            return true;
        };
    }

    /** {@code w x + b > 0}: by the linear program that looks for the largest margin with weights between -1 and 1. */
    public static HypothesisClass halfspaces() {
        return (points, labels) -> {
            int n = points.length, d = points[0].length, size = d + 2; // w, b, margin
            var g = new double[n + 2 * (d + 1)][size];
            var h = new double[g.length];
            for (int i = 0; i < n; i++) {
                double sign = labels[i] ? -1 : 1; // -y (w x + b) + margin <= 0
                for (int j = 0; j < d; j++) g[i][j] = sign * points[i][j];
                g[i][d] = sign;
                g[i][d + 1] = 1;
            }
            for (int j = 0; j <= d; j++) {
                g[n + 2 * j][j] = 1;
                g[n + 2 * j + 1][j] = -1;
                h[n + 2 * j] = h[n + 2 * j + 1] = 1;
            }
            var margin = new double[size];
            margin[d + 1] = -1;
            return -new InteriorPoint().minimize(QuadraticProgram.linear(margin).withInequalities(g, h)).value() > MARGIN;
        };
    }

    /** A list of hypotheses. */
    public static HypothesisClass finite(List<Predicate<double[]>> hypotheses) {
        return (points, labels) -> {
            for (var hypothesis : hypotheses) {
                int i = 0;
                while (i < points.length && hypothesis.test(points[i]) == labels[i]) i++;
                if (i == points.length) return true;
            }
            return false;
        };
    }

    private static boolean[] labelling(int code, int n) {
        var labels = new boolean[n];
        for (int i = 0; i < n; i++) labels[i] = (code >> i & 1) == 1;
        return labels;
    }

    private static void few(int n) {
        if (n > 24)
            throw new ShapeException("VcDimension: 2^" + n + " labellings of " + n + " points are too many to try; at most 24 points");
    }

    /** The first labelling of the points that the class does not realise, or nothing if it shatters them. */
    public static Optional<boolean[]> refutation(HypothesisClass hypotheses, double[][] points) {
        few(points.length);
        for (int code = 0; code < 1 << points.length; code++) {
            var labels = labelling(code, points.length);
            if (!hypotheses.realises(points, labels)) return Optional.of(labels);
        }
        return Optional.empty();
    }

    /** True if every labelling of the points is realised. */
    public static boolean shatters(HypothesisClass hypotheses, double[][] points) { return refutation(hypotheses, points).isEmpty(); }

    /** How many labellings of the points are realised. */
    public static long growth(HypothesisClass hypotheses, double[][] points) {
        few(points.length);
        long count = 0;
        for (int code = 0; code < 1 << points.length; code++) if (hypotheses.realises(points, labelling(code, points.length))) count++;
        return count;
    }

    /**
     * The size of the largest subset of the points that is shattered, by trying all: the VC dimension of the class on this domain, and a lower bound of
     * it on a larger one.
     *
     * @param most sizes above it are not tried
     */
    public static int dimension(HypothesisClass hypotheses, double[][] points, int most) {
        // A set is shattered only if its subsets are: the first size without one ends the search.
        int size = 0;
        while (size < Math.min(most, points.length) && someShattered(hypotheses, points, new double[size + 1][], 0, 0)) size++;
        return size;
    }

    private static boolean someShattered(HypothesisClass hypotheses, double[][] points, double[][] chosen, int count, int from) {
        if (count == chosen.length) return shatters(hypotheses, chosen);
        for (int i = from; i <= points.length - (chosen.length - count); i++) {
            chosen[count] = points[i];
            if (someShattered(hypotheses, points, chosen, count + 1, i + 1)) return true;
        }
        return false;
    }

    /** A labelling that no half-space realises, with the point that is a mixture of the yeses by some weights and of the noes by others. */
    public record Radon(boolean[] labels, double[] weights, double[] point) {}

    /**
     * Radon's partition of d + 2 points in d dimensions: weights a, not all 0, with {@code sum a_i x_i = 0} and {@code sum a_i = 0}; yes where a is
     * positive. The weights that are given are absolute and add up to 1 on either side.
     */
    public static Radon radon(double[][] points) {
        int n = points.length, d = points[0].length;
        if (n != d + 2)
            throw new ShapeException("VcDimension: Radon's theorem is about " + (d + 2) + " points in " + d + " dimensions, not " + n);
        var a = new double[d + 1][n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < d; j++) a[j][i] = points[i][j];
            a[d][i] = 1;
        }
        // Reduced echelon form; the first column without a pivot is free.
        var pivotOf = new int[n];
        Arrays.fill(pivotOf, -1);
        int row = 0, free = -1;
        for (int column = 0; column < n; column++) {
            int best = row;
            for (int r = row; r <= d; r++) if (Math.abs(a[r][column]) > Math.abs(a[best][column])) best = r;
            if (row > d || Math.abs(a[best][column]) < 1e-12) {
                if (free < 0) free = column;
                continue;
            }
            var swap = a[row];
            a[row] = a[best];
            a[best] = swap;
            for (int r = 0; r <= d; r++) {
                double factor = a[r][column] / a[row][column];
                for (int k = 0; r != row && factor != 0 && k < n; k++) a[r][k] -= factor * a[row][k];
            }
            pivotOf[column] = row++;
        }
        var weights = new double[n];
        weights[free] = 1;
        for (int i = 0; i < n; i++) if (pivotOf[i] >= 0) weights[i] = -a[pivotOf[i]][free] / a[pivotOf[i]][i];
        var labels = new boolean[n];
        double total = 0;
        for (int i = 0; i < n; i++) if (labels[i] = weights[i] > 0) total += weights[i];
        var point = new double[d];
        for (int i = 0; i < n; i++) {
            weights[i] = Math.abs(weights[i]) / total;
            for (int j = 0; labels[i] && j < d; j++) point[j] += weights[i] * points[i][j];
        }
        return new Radon(labels, weights, point);
    }

    /** The points {@code 0.1, 0.01, ...} that {@code sin(w x) > 0} shatters. */
    public static double[][] sinePoints(int n) {
        var points = new double[n][1];
        for (int i = 0; i < n; i++) points[i][0] = 1 / Math.pow(10, i + 1);
        return points;
    }

    /** The w with {@code sin(w x) > 0} at exactly those of {@link #sinePoints} labelled yes: {@code pi (1 + sum over the noes of 10^i)}. */
    public static double sineFrequency(boolean[] labels) {
        if (labels.length > 15)
            throw new ShapeException("VcDimension: a sine that labels " + labels.length + " points has no double frequency; at most 15");
        double sum = 1;
        for (int i = 0; i < labels.length; i++) if (!labels[i]) sum += Math.pow(10, i + 1);
        return Math.PI * sum;
    }

    /** Sauer's sum, {@code C(m, 0) + ... + C(m, d)}: no class of VC dimension d realises more labellings of m points. */
    public static double sauer(int d, int m) {
        double sum = 0, term = 1;
        for (int i = 0; i <= Math.min(d, m); i++) {
            sum += term;
            term *= (double) (m - i) / (i + 1);
        }
        return sum;
    }

    /** Its logarithm, where the sum is beyond doubles. */
    private static double logSauer(int d, long m) {
        if (m <= d) return m * Math.log(2);
        double largest = Incomplete.logChoose(m, Math.min(d, m / 2)), sum = 0;
        for (int i = 0; i <= d; i++) sum += Math.exp(Incomplete.logChoose(m, i) - largest);
        return largest + Math.log(sum);
    }

    /**
     * {@code sqrt(8/n ln(4 S / delta))} with Sauer's sum S on 2n points: with probability {@code 1 - delta} over a sample of n, no hypothesis of a
     * class of VC dimension d has true and training error farther apart.
     */
    public static double deviation(int d, long n, double delta) {
        if (d < 0 || n < 1 || !(delta > 0 && delta < 1)) throw new IllegalArgumentException(
                "VcDimension: dimension " + d + ", " + n + " points, delta " + delta + "; at least 0, at least 1, in (0, 1)");
        return Math.sqrt(8.0 / n * (Math.log(4 / delta) + logSauer(d, 2 * n)));
    }

    /** The least n with {@link #deviation} at most epsilon. Half of epsilon brings the hypothesis of least training error within epsilon of the best. */
    public static long samples(int d, double epsilon, double delta) {
        Concentration tail = (n, t) -> deviation(d, n, delta) <= t ? 0 : 1;
        return tail.samples(epsilon, delta);
    }
}
