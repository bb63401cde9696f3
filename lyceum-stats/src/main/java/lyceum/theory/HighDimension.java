package lyceum.theory;

import lyceum.ShapeException;
import lyceum.math.Special;
import lyceum.random.Rng;
import lyceum.stats.Descriptive;
import lyceum.tensor.Tensor;

/**
 * What space is like in many dimensions, in closed form and measured.
 *
 * {@snippet :
 * HighDimension.ballShare(10);                  // 0.0025: the ball holds next to nothing of its cube
 * HighDimension.edge(0.01, 10);                 // 0.63: a cube that catches one per cent spans nearly two thirds of each axis
 * HighDimension.nearestToOrigin(500, 10);       // 0.52: the nearest of 500 points in a ball lies past halfway to the edge
 * HighDimension.relativeContrast(query, points, 2);    // (farthest - nearest) / nearest, about 0.1 in a thousand dimensions
 * HighDimension.intrinsicDimension(x, 10);             // how many dimensions the data fill
 * }
 *
 * <p>Distances are compared pair by pair, {@code O(n^2 d)}: for some thousand points.
 *
 * @see <a href="https://doi.org/10.1007/978-0-387-84858-7">Hastie, Tibshirani and Friedman (2009), section 2.5</a>
 */
public final class HighDimension {
    private HighDimension() {}

    private static void dimensions(int d) {
        if (d < 1) throw new IllegalArgumentException("HighDimension: " + d + " dimensions; at least 1 is needed");
    }

    /** Share of a cube that the ball inside it holds, {@code pi^(d/2) / (2^d Gamma(d/2 + 1))}. */
    public static double ballShare(int d) {
        dimensions(d);
        return Math.exp(d * (0.5 * Math.log(Math.PI) - Math.log(2)) - Special.lgamma(d / 2.0 + 1));
    }

    /** Edge, of 1, of a cube that holds this share of points spread evenly in the unit cube: {@code share^(1/d)}. */
    public static double edge(double share, int d) {
        dimensions(d);
        if (!(share >= 0 && share <= 1)) throw new IllegalArgumentException("HighDimension: a share of " + share + "; it lies in [0, 1]");
        return Math.pow(share, 1.0 / d);
    }

    /** Median distance from the centre to the nearest of n points spread evenly in the unit ball: {@code (1 - 2^(-1/n))^(1/d)}. */
    public static double nearestToOrigin(int n, int d) {
        dimensions(d);
        if (n < 1) throw new IllegalArgumentException("HighDimension: the nearest of " + n + " points; at least 1 is needed");
        return Math.pow(-Math.expm1(-Math.log(2) / n), 1.0 / d);
    }

    /** Points of a grid with this spacing over the unit cube, {@code ceil(1 / spacing)^d}; infinite beyond doubles. */
    public static double gridPoints(double spacing, int d) {
        dimensions(d);
        if (!(spacing > 0 && spacing <= 1))
            throw new IllegalArgumentException("HighDimension: a spacing of " + spacing + "; it lies in (0, 1]");
        return Math.pow(Math.ceil(1 / spacing), d);
    }

    /**
     * Points, spread evenly over the unit ball, whose nearest to the centre is within {@code distance} half the time: the n that
     * {@link #nearestToOrigin} inverts, as a real number.
     */
    public static double pointsFor(double distance, int d) {
        dimensions(d);
        if (!(distance > 0 && distance < 1))
            throw new IllegalArgumentException("HighDimension: a distance of " + distance + "; it lies between 0 and 1");
        return -Math.log(2) / Math.log1p(-Math.pow(distance, d));
    }

    /** A point spread evenly in the unit ball: a Gaussian vector g over {@code sqrt(|g|^2 + 2 e)}, e exponential (Barthe and others 2005). */
    public static double[] inBall(Rng rng, int d) {
        dimensions(d);
        var x = new double[d];
        double sum = -2 * Math.log(rng.nextDoublePositive());
        for (int i = 0; i < d; i++) sum += (x[i] = rng.nextGaussian()) * x[i];
        for (int i = 0; i < d; i++) x[i] /= Math.sqrt(sum);
        return x;
    }

    /**
     * {@code (farthest - nearest) / nearest} of the distances from a query to points: near 0 they all are as far.
     *
     * @param p norm of the differences, above 0, infinity included
     */
    public static double relativeContrast(double[] query, double[][] points, double p) {
        if (points.length == 0) throw new ShapeException("HighDimension: there are no points");
        double near = Double.POSITIVE_INFINITY, far = 0;
        for (var point : points) {
            double distance = distance(query, point, p);
            near = Math.min(near, distance);
            far = Math.max(far, distance);
        }
        return (far - near) / near;
    }

    private static double distance(double[] a, double[] b, double p) {
        if (a.length != b.length) throw new ShapeException("HighDimension: a point of " + b.length + " numbers beside one of " + a.length);
        if (!(p > 0)) throw new IllegalArgumentException("HighDimension: a norm of p = " + p + "; it is above 0");
        double sum = 0, most = 0;
        for (int i = 0; i < a.length; i++) {
            double size = Math.abs(a[i] - b[i]);
            most = Math.max(most, size);
            sum += p == 2 ? size * size : p == 1 ? size : Math.pow(size, p);
        }
        return Double.isInfinite(p) ? most : Math.pow(sum, 1 / p);
    }

    /** Squared Euclidean distances from point i to the others, ascending; at first the nearest other point. */
    private static double[] squaredDistances(double[][] points, int i, int[] order) {
        int n = points.length;
        var all = new double[n];
        for (int j = 0; j < n; j++) {
            double sum = 0;
            double[] a = points[i], b = points[j];
            for (int k = 0; k < a.length; k++) sum += (a[k] - b[k]) * (a[k] - b[k]);
            all[j] = j == i ? -1 : sum;
        }
        long[] sorted = Tensor.of(all).argsort(0, false).toLongArray();
        var rest = new double[n - 1];
        for (int j = 1; j < n; j++) {
            order[j - 1] = (int) sorted[j];
            rest[j - 1] = all[order[j - 1]];
        }
        return rest;
    }

    /**
     * Skewness of how often a point is among the k nearest of another: about 0 on a line, several where hubs have formed.
     *
     * @see <a href="https://jmlr.org/papers/v11/radovanovic10a.html">Radovanović, Nanopoulos and Ivanović (2010)</a>
     */
    public static double hubness(Tensor points, int k) {
        double[][] rows = points.toRows();
        neighbours(rows.length, k);
        var counts = new double[rows.length];
        var order = new int[rows.length - 1];
        for (int i = 0; i < rows.length; i++) {
            squaredDistances(rows, i, order);
            for (int j = 0; j < k; j++) counts[order[j]]++;
        }
        return Descriptive.skewness(counts);
    }

    private static void neighbours(int n, int k) {
        if (k < 1 || k >= n)
            throw new IllegalArgumentException("HighDimension: " + k + " neighbours of " + n + " points; at least 1 and fewer than points");
    }

    /**
     * Maximum-likelihood estimate of the dimension that data fill, from how distances T grow from a point's first neighbour to its k-th: one over the
     * mean of {@code log(T_k / T_j)} over {@code j < k} and all points. The mean is over points as well, as MacKay and Ghahramani advise, and not
     * one estimate a point: those are too large for small k.
     *
     * @param k neighbours, at least 2: few see noise, many see edges and curvature
     * @see <a href="https://papers.nips.cc/paper/2577-maximum-likelihood-estimation-of-intrinsic-dimension">Levina and Bickel (2004)</a>
     */
    public static double intrinsicDimension(Tensor points, int k) {
        double[][] rows = points.toRows();
        neighbours(rows.length, k);
        if (k < 2) throw new IllegalArgumentException("HighDimension: " + k + " neighbour; the estimate compares at least 2");
        var order = new int[rows.length - 1];
        double sum = 0;
        int counted = 0;
        for (int i = 0; i < rows.length; i++) {
            double[] squared = squaredDistances(rows, i, order);
            if (squared[0] == 0) continue; // a copy of the point tells nothing
            double logs = 0;
            for (int j = 0; j < k - 1; j++) logs += 0.5 * Math.log(squared[k - 1] / squared[j]);
            sum += logs / (k - 1);
            counted++;
        }
        return counted / sum;
    }

    /** Mean and standard deviation of the length of standard Gaussian vectors: a shell of radius about {@code sqrt(d)} and width about 0.7. */
    public record Shell(double radius, double width) {}

    /** Exactly, by the chi distribution: {@code sqrt(2) Gamma((d+1)/2) / Gamma(d/2)} and {@code sqrt(d - radius^2)}. */
    public static Shell gaussianShell(int d) {
        dimensions(d);
        double radius = Math.sqrt(2) * Math.exp(Special.lgamma((d + 1) / 2.0) - Special.lgamma(d / 2.0));
        return new Shell(radius, Math.sqrt(d - radius * radius));
    }

    /** The label of the point that is nearest to a query. */
    public static double nearestValue(double[] query, double[][] points, double[] values) {
        int best = 0;
        double least = Double.POSITIVE_INFINITY;
        for (int i = 0; i < points.length; i++) {
            double distance = distance(query, points[i], 2);
            if (distance < least) {
                least = distance;
                best = i;
            }
        }
        return values[best];
    }
}
