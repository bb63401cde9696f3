package lyceum.info;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import lyceum.ShapeException;
import lyceum.linalg.PositiveDefinite;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * The least cost of carting one heap into the shape of another (Monge 1781; Kantorovich 1942), and Wasserstein's distances {@code W_p}: the p-th root
 * of that cost where moving a unit by d costs {@code d^p}.
 *
 * {@snippet :
 * OptimalTransport.wasserstein(x, y, 1);                                   // two samples on the line
 * var plan = OptimalTransport.plan(OptimalTransport.costs(xs, ys, 2), a, b); // exact, weighted clouds
 * plan.gradient(xs, ys, 2);                                                // where to move the sources
 * OptimalTransport.gaussian(meanA, covarianceA, meanB, covarianceB);       // W_2 by formula
 * OptimalTransport.sliced(xs, ys, 2, 100, rng);                            // many lines instead of one plan
 * }
 *
 * <p>Clouds are (n x d), a point a row. {@link Sinkhorn} is the entropic way: faster and differentiable for large clouds.
 *
 * @see <a href="https://arxiv.org/abs/1803.00567">Peyré and Cuturi (2019), Computational Optimal Transport</a>
 */
public final class OptimalTransport {
    private OptimalTransport() {}

    /** {@code W_p} of two samples on the line: quantile against quantile. @param p at least 1 */
    public static double wasserstein(double[] x, double[] y, double p) { return wasserstein(x, equal(x.length), y, equal(y.length), p); }

    /** {@code W_p} on the line with weights, each side divided by its sum. */
    public static double wasserstein(double[] x, double[] a, double[] y, double[] b, double p) {
        if (!(p >= 1)) throw new IllegalArgumentException("wasserstein: p is " + p + "; it is at least 1");
        if (a.length != x.length || b.length != y.length) throw new ShapeException(
                "wasserstein: " + x.length + " and " + y.length + " points with " + a.length + " and " + b.length + " weights");
        double[] from = normalised("wasserstein", a), to = normalised("wasserstein", b);
        int[] left = order(x), right = order(y);
        double total = 0, have = from[left[0]], need = to[right[0]];
        for (int i = 0, j = 0;;) {
            double moved = Math.min(have, need);
            if (moved > 0) total += moved * Math.pow(Math.abs(x[left[i]] - y[right[j]]), p);
            have -= moved;
            need -= moved;
            // The last of a side takes what rounding left of the other.
            if (have <= 0 && i + 1 < left.length) have = from[left[++i]];
            else if (need <= 0 && j + 1 < right.length) need = to[right[++j]];
            else if (i + 1 < left.length) have = from[left[++i]];
            else if (j + 1 < right.length) need = to[right[++j]];
            else break;
        }
        return Math.pow(total, 1 / p);
    }

    private static int[] order(double[] x) {
        for (double v : x)
            if (!Double.isFinite(v)) throw new IllegalArgumentException("wasserstein: a point is " + v + "; points are finite");
        return IntStream.range(0, x.length).boxed().sorted(Comparator.comparingDouble(i -> x[i])).mapToInt(Integer::intValue).toArray();
    }

    /** The barycenter for {@code W_2} of samples on the line, all of n points: the mean of their i-th smallest values. @param shares divided by their sum */
    public static double[] barycenter(double[][] samples, double[] shares) {
        double[] share = normalised("barycenter", shares), center = new double[samples[0].length];
        for (int k = 0; k < samples.length; k++) {
            if (samples[k].length != center.length)
                throw new ShapeException("barycenter: samples of " + samples[k].length + " and " + center.length + " points");
            double[] sorted = samples[k].clone();
            Arrays.sort(sorted);
            for (int i = 0; i < center.length; i++) center[i] += share[k] * sorted[i];
        }
        return center;
    }

    /** {@code |x_i - y_j|^p}, Euclidean. */
    public static double[][] costs(double[][] x, double[][] y, double p) {
        var cost = new double[x.length][y.length];
        for (int i = 0; i < x.length; i++) for (int j = 0; j < y.length; j++) {
            if (x[i].length != y[j].length)
                throw new ShapeException("costs: points of " + x[i].length + " and " + y[j].length + " coordinates");
            double squares = 0;
            for (int c = 0; c < x[i].length; c++) squares += (x[i][c] - y[j][c]) * (x[i][c] - y[j][c]);
            cost[i][j] = p == 2 ? squares : Math.pow(squares, p / 2);
        }
        return cost;
    }

    /** The exact optimum by the network simplex method. @param a (n) weights, @param b (m), each divided by its sum @param cost (n x m), any numbers */
    public static TransportPlan plan(double[][] cost, double[] a, double[] b) {
        double[] p = normalised("plan", a), q = normalised("plan", b), u = new double[p.length], v = new double[q.length];
        checkCost("plan", cost, p, q);
        double[][] mass = new NetworkSimplex(cost, p, q).solve(u, v);
        return TransportPlan.of(mass, cost, p, q, u, v);
    }

    /** The column of each row in the cheapest pairing of a square cost matrix. */
    public static int[] assignment(double[][] cost) {
        var rows = new double[cost.length];
        checkCost("assignment", cost, rows, rows);
        return LinearAssignment.of(cost).column();
    }

    /** The exact optimum between two equal weightings of n points: the cheapest pairing, with its potentials. {@code O(n^3)} at worst. */
    public static TransportPlan pairing(double[][] cost) {
        int n = cost.length;
        double[] a = equal(n);
        checkCost("pairing", cost, a, a);
        var found = LinearAssignment.of(cost);
        var mass = new double[n][n];
        for (int i = 0; i < n; i++) mass[i][found.column()[i]] = 1.0 / n;
        return TransportPlan.of(mass, cost, a, a, found.rowPotential(), found.columnPotential());
    }

    /** Exact {@code W_p} of two clouds of equal weights. */
    public static double wasserstein(double[][] x, double[][] y, double p) {
        double[][] cost = costs(x, y, p);
        if (x.length != y.length) return Math.pow(Math.max(0, plan(cost, equal(x.length), equal(y.length)).cost()), 1 / p);
        checkCost("wasserstein", cost, equal(x.length), equal(x.length));
        return Math.pow(LinearAssignment.of(cost).cost() / x.length, 1 / p);
    }

    /**
     * {@code W_2} of two Gaussians: {@code W^2 = |m1 - m2|^2 + tr(A + B - 2 (A^(1/2) B A^(1/2))^(1/2))}, the last Bures' distance of the covariances.
     *
     * @param a (d x d) covariance, positive semidefinite
     */
    public static double gaussian(double[] meanA, double[][] a, double[] meanB, double[][] b) {
        double squares = 0;
        for (int i = 0; i < meanA.length; i++) squares += (meanA[i] - meanB[i]) * (meanA[i] - meanB[i]);
        double bures = -2 * PositiveDefinite.fidelity(Tensor.of(a), Tensor.of(b));
        for (int i = 0; i < meanA.length; i++) bures += a[i][i] + b[i][i];
        return Math.sqrt(squares + Math.max(0, bures));
    }

    /** Sliced {@code W_p}: the mean of {@code W_p^p} over random directions, to the power 1/p (Bonneel and others 2015). {@code O(projections n log n)}. */
    public static double sliced(double[][] x, double[][] y, double p, int projections, Rng rng) {
        int d = x[0].length;
        double sum = 0;
        for (int k = 0; k < projections; k++) {
            var direction = new double[d];
            double squares = 0;
            for (int c = 0; c < d; c++) squares += (direction[c] = rng.nextGaussian()) * direction[c];
            for (int c = 0; c < d; c++) direction[c] /= Math.sqrt(squares);
            sum += Math.pow(wasserstein(along(x, direction), along(y, direction), p), p);
        }
        return Math.pow(sum / projections, 1 / p);
    }

    private static double[] along(double[][] x, double[] direction) {
        var projected = new double[x.length];
        for (int i = 0; i < x.length; i++) for (int c = 0; c < direction.length; c++) projected[i] += x[i][c] * direction[c];
        return projected;
    }

    static double[] equal(int n) {
        var weights = new double[n];
        Arrays.fill(weights, 1.0 / n);
        return weights;
    }

    static double[] normalised(String operation, double[] weights) {
        double sum = Entropy.Weights.sum(operation, weights);
        var p = new double[weights.length];
        for (int i = 0; i < p.length; i++) p[i] = weights[i] / sum;
        return p;
    }

    static void checkCost(String operation, double[][] cost, double[] a, double[] b) {
        if (cost.length != a.length)
            throw new ShapeException(operation + ": " + cost.length + " rows of costs for " + a.length + " sources");
        for (double[] row : cost) {
            if (row.length != b.length)
                throw new ShapeException(operation + ": " + row.length + " costs in a row for " + b.length + " targets");
            for (double c : row)
                if (!Double.isFinite(c)) throw new IllegalArgumentException(operation + ": a cost is " + c + "; costs are finite");
        }
    }
}
