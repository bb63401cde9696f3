package lyceum.info;

import java.util.Arrays;
import lyceum.ShapeException;

/**
 * Optimal transport with an entropy term, {@code min sum P C + epsilon KL(P || a b^T)}, by Sinkhorn's alternate scaling in logarithms (Cuturi 2013):
 * no epsilon underflows. Starts from a large epsilon and halves it, each answer the start of the next.
 *
 * {@snippet :
 * var sinkhorn = new Sinkhorn(0.01);                   // in the unit of the cost
 * sinkhorn.plan(cost, a, b);                           // balanced: rows sum to a, columns to b
 * sinkhorn.withPenalty(1).plan(cost, a, b);            // unbalanced: mass may be made or lost at that price
 * sinkhorn.divergence(xs, ys, 2);                      // debiased: 0 between equal clouds
 * }
 *
 * @param epsilon above 0, in the unit of the cost: smaller is nearer to exact, and slower
 * @param penalty rho of {@code rho KL(row sums || a) + rho KL(column sums || b)}; infinite means that the sums hold
 * @param tolerance of a marginal (balanced), or of a potential over epsilon (unbalanced)
 * @param maxIterations at the last epsilon; then the plan is given as it is
 * @see <a href="https://arxiv.org/abs/1803.00567">Peyré and Cuturi (2019), chapter 4 and section 10.2</a>
 */
public record Sinkhorn(double epsilon, double penalty, double tolerance, int maxIterations) {
    public Sinkhorn {
        if (!(epsilon > 0)) throw new IllegalArgumentException("Sinkhorn: epsilon is " + epsilon + "; it must be above 0");
        if (!(penalty > 0)) throw new IllegalArgumentException("Sinkhorn: the penalty is " + penalty + "; it must be above 0");
    }

    /** Balanced, to 1e-9, at most 100,000 iterations. */
    public Sinkhorn(double epsilon) { this(epsilon, Double.POSITIVE_INFINITY, 1e-9, 100_000); }

    /** Unbalanced. @param penalty rho, in the unit of the cost */
    public Sinkhorn withPenalty(double penalty) { return new Sinkhorn(epsilon, penalty, tolerance, maxIterations); }

    public Sinkhorn withTolerance(double tolerance) { return new Sinkhorn(epsilon, penalty, tolerance, maxIterations); }

    public Sinkhorn withMaxIterations(int maxIterations) { return new Sinkhorn(epsilon, penalty, tolerance, maxIterations); }

    /** Weights a (n) and b (m), at least 0; balanced ones are divided by their sums. @param cost (n x m) */
    public TransportPlan plan(double[][] cost, double[] a, double[] b) {
        boolean balanced = penalty == Double.POSITIVE_INFINITY;
        double[] p = balanced ? OptimalTransport.normalised("Sinkhorn", a) : a,
                q = balanced ? OptimalTransport.normalised("Sinkhorn", b) : b;
        OptimalTransport.checkCost("Sinkhorn", cost, p, q);
        int n = p.length, m = q.length;
        var turned = new double[m][n];
        double largest = epsilon;
        for (int i = 0; i < n; i++) for (int j = 0; j < m; j++) largest = Math.max(largest, turned[j][i] = cost[i][j]);
        double[] logA = logs(p), logB = logs(q), f = new double[n], g = new double[m];
        for (double e = largest;; e = Math.max(epsilon, e / 2)) {
            double damping = balanced ? 1 : penalty / (penalty + e);
            for (int t = 0; t < (e > epsilon ? 30 : maxIterations); t++) {
                half(cost, logB, g, f, e, damping, logA);
                double moved = half(turned, logA, f, g, e, damping, logB);
                // After g's turn columns hold; how far g moved, a log, is how far they were off before it.
                if (moved <= tolerance * e) break;
            }
            if (e == epsilon) break;
        }
        var mass = new double[n][m];
        for (int i = 0; i < n; i++)
            for (int j = 0; j < m; j++)
                mass[i][j] = p[i] == 0 || q[j] == 0 ? 0 : Math.exp((f[i] + g[j] - cost[i][j]) / epsilon + logA[i] + logB[j]);
        return TransportPlan.of(mass, cost, p, q, f, g);
    }

    private static double[] logs(double[] weights) { return Arrays.stream(weights).map(Math::log).toArray(); }

    /** {@code f_i = -damping epsilon log sum_j b_j exp((g_j - C_ij) / epsilon)}; returns the largest move. */
    private static double half(double[][] cost, double[] logB, double[] g, double[] f, double epsilon, double damping, double[] logA) {
        double moved = 0;
        int m = g.length;
        var score = new double[m];
        for (int i = 0; i < f.length; i++) {
            double most = Double.NEGATIVE_INFINITY, sum = 0;
            for (int j = 0; j < m; j++) most = Math.max(most, score[j] = (g[j] - cost[i][j]) / epsilon + logB[j]);
            for (int j = 0; j < m; j++) if (score[j] - most > -40) sum += Math.exp(score[j] - most); // e^-40 is below rounding
            double next = -damping * epsilon * (most + Math.log(sum));
            if (logA[i] > Double.NEGATIVE_INFINITY) moved = Math.max(moved, Math.abs(next - f[i]));
            f[i] = next;
        }
        return moved;
    }

    /**
     * {@code OT(x, y) - OT(x, x) / 2 - OT(y, y) / 2} of two clouds of equal weights, costs {@code |x - y|^p}: at least 0, and 0 for equal clouds
     * (Feydy and others 2019). Balanced.
     */
    public double divergence(double[][] x, double[][] y, double p) { return value(x, y, p) - (value(x, x, p) + value(y, y, p)) / 2; }

    private double value(double[][] x, double[][] y, double p) {
        if (penalty != Double.POSITIVE_INFINITY)
            throw new IllegalArgumentException("Sinkhorn: the divergence is of balanced transport; the penalty is " + penalty);
        return plan(OptimalTransport.costs(x, y, p), OptimalTransport.equal(x.length), OptimalTransport.equal(y.length)).dual();
    }

    /**
     * Weights on n places that are nearest to several measures there, {@code min over a of sum_k share_k OT(a, b_k)}, by iterated Bregman
     * projections (Benamou and others 2015). Blurred on the scale of sqrt(epsilon) where the cost is a squared distance.
     *
     * @param cost (n x n), symmetric
     * @param measures (k x n) weights, each divided by its sum
     * @param shares of the measures, divided by their sum
     */
    public double[] barycenter(double[][] cost, double[][] measures, double[] shares) {
        int n = cost.length, count = measures.length;
        double[] share = OptimalTransport.normalised("barycenter", shares), center = new double[n], zeros = new double[n];
        if (share.length != count) throw new ShapeException("barycenter: " + share.length + " shares of " + count + " measures");
        var logs = new double[count][];
        for (int k = 0; k < count; k++) logs[k] = logs(OptimalTransport.normalised("barycenter", measures[k]));
        double[][] f = new double[count][n], back = new double[count][n];
        for (int t = 0; t < maxIterations; t++) {
            double[] log = new double[n];
            for (int k = 0; k < count; k++) {
                // g: columns hold b_k; then what K g brings to each place, in logs
                var g = new double[n];
                half(cost, zeros, f[k], g, epsilon, 1, zeros);
                for (int j = 0; j < n; j++) g[j] += epsilon * logs[k][j];
                half(cost, zeros, g, back[k], epsilon, 1, zeros);
                for (int i = 0; i < n; i++) log[i] -= share[k] * back[k][i] / epsilon;
            }
            double moved = 0;
            for (int i = 0; i < n; i++) {
                moved = Math.max(moved, Math.abs(Math.exp(log[i]) - center[i]));
                center[i] = Math.exp(log[i]);
            }
            for (int k = 0; k < count; k++) for (int i = 0; i < n; i++) f[k][i] = back[k][i] + epsilon * log[i];
            if (moved <= tolerance) break;
        }
        return OptimalTransport.normalised("barycenter", center);
    }
}
