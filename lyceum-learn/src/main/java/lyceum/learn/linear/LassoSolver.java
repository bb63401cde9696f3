package lyceum.learn.linear;

import java.util.Arrays;
import lyceum.linalg.ProximalMaps;

/**
 * Coordinate descent for {@code |y - X b|^2 / 2 + l1 |b|_1 + l2 |b|^2 / 2}, warm-started from one strength to the next.
 *
 * <p>It keeps the gradient {@code q = X'(y - X b)} by products of columns ("covariance updates", Friedman et al. 2010, section 2.2), passes over a
 * working set that the sequential strong rule proposes (Tibshirani et al. 2012) and the optimality conditions complete. As soon as signs settle, the
 * linear system that holds on the support is solved, which is exact if its solution keeps the signs and no other feature objects.
 */
final class LassoSolver {
    /** How a solve ended: the duality gap as a part of the mean square of y, and the passes made. */
    record End(double gap, int iterations, boolean converged) {}

    private final SparseProblem problem;
    private final CoordinateDescent options;
    private final double[] b, q;
    private final boolean[] inSet;
    private int[] set = new int[0];
    private double lastL1 = Double.POSITIVE_INFINITY;

    LassoSolver(SparseProblem problem, CoordinateDescent options) {
        this.problem = problem;
        this.options = options;
        b = new double[problem.p];
        q = new double[problem.p];
        inSet = new boolean[problem.p];
    }

    /** The present coefficients, by feature and target. */
    double[][] coefficients() {
        var result = new double[b.length][1];
        for (int j = 0; j < b.length; j++) result[j][0] = b[j];
        return result;
    }

    End solve(double l1, double l2) {
        refresh();
        propose(l1);
        double square = problem.squareY[0];
        int passes = 0;
        for (double precision = 1e-4;; precision *= 0.05) {
            double change = Double.POSITIVE_INFINITY;
            // Solving for the support costs about as much as a hundred passes: so often it is tried.
            int limit = Math.min(passes + 100, options.maxIterations());
            while (change > precision * precision * square && passes < limit) {
                change = pass(l1, l2);
                passes++;
            }
            if (change > precision * precision * square) precision /= 0.05;
            boolean exact = polish(l1, l2);
            refresh();
            boolean complete = !extend(l1);
            double gap = gap(l1, l2);
            boolean done = complete && (exact || gap <= options.tolerance() * square || change == 0);
            if (done || passes >= options.maxIterations()) {
                lastL1 = l1;
                return new End(square > 0 ? gap / square : 0, passes, done);
            }
            if (!complete) precision = 1e-3;
        }
    }

    /** One sweep over the working set; the largest squared change, in units of the fit. */
    private double pass(double l1, double l2) {
        double largest = 0;
        for (int j : set) {
            double norm = problem.norm[j], old = b[j], z = q[j] + norm * old;
            double next = options.positive() ? Math.max(z - l1, 0) / (norm + l2) : ProximalMaps.softThreshold(z, l1) / (norm + l2);
            double step = next - old;
            if (step == 0) continue;
            b[j] = next;
            double[] g = problem.gram(j);
            for (int k : set) q[k] -= step * g[k];
            largest = Math.max(largest, step * step * norm);
        }
        return largest;
    }

    /** {@code q = X'y - X'X b}, from the start. */
    private void refresh() {
        for (int j = 0; j < q.length; j++) q[j] = problem.correlation[j][0];
        for (int k = 0; k < b.length; k++) {
            if (b[k] == 0) continue;
            double[] g = problem.gram(k);
            double at = b[k];
            for (int j = 0; j < q.length; j++) q[j] -= at * g[j];
        }
    }

    /** What the strong rule expects to be active, and what is. */
    private void propose(double l1) {
        double threshold = 2 * l1 - Math.min(lastL1, problem.alphaMax(1, options.positive()));
        for (int j = 0; j < b.length; j++) inSet[j] = problem.norm[j] > 0 && (b[j] != 0 || strength(j) >= threshold);
        collect();
    }

    private double strength(int j) { return options.positive() ? q[j] : Math.abs(q[j]); }

    /** Adds the features that violate their optimality condition; true if there are any. */
    private boolean extend(double l1) {
        boolean more = false;
        for (int j = 0; j < b.length; j++) {
            if (inSet[j] || problem.norm[j] == 0 || strength(j) <= l1 * (1 + 1e-12)) continue;
            inSet[j] = true;
            more = true;
        }
        if (more) collect();
        return more;
    }

    private void collect() {
        int count = 0;
        for (boolean in : inSet) if (in) count++;
        set = new int[count];
        int at = 0;
        for (int j = 0; j < inSet.length; j++) if (inSet[j]) set[at++] = j;
    }

    /** Solves the system of the support; true if that is the optimum over the working set. */
    private boolean polish(double l1, double l2) {
        var support = new SupportSystem(problem, l2);
        for (int j : bySize()) support.add(j, problem.correlation[j][0] - l1 * Math.signum(b[j]));
        int[] kept = support.features();
        double[] solution = support.solve();
        var next = new double[b.length];
        for (int i = 0; i < kept.length; i++) {
            if (!(solution[i] * b[kept[i]] > 0)) return false;
            next[kept[i]] = solution[i];
        }
        var gradient = new double[set.length];
        for (int k = 0; k < set.length; k++) gradient[k] = problem.correlation[set[k]][0];
        for (int i = 0; i < kept.length; i++) {
            double[] g = problem.gram(kept[i]);
            for (int k = 0; k < set.length; k++) gradient[k] -= solution[i] * g[set[k]];
        }
        // Copies of what is in lie on the bound themselves, up to rounding.
        double limit = l1 * (1 + 1e-12) + 1e-15 * Math.sqrt(problem.squareY[0]);
        for (int k = 0; k < set.length; k++) {
            if (next[set[k]] == 0 && (options.positive() ? gradient[k] : Math.abs(gradient[k])) > limit) return false;
        }
        System.arraycopy(next, 0, b, 0, b.length);
        return true;
    }

    /** The features that are in, the largest contributions first: of dependent ones the system keeps those. */
    private int[] bySize() {
        int count = 0;
        for (int j : set) if (b[j] != 0) count++;
        var keys = new double[count];
        int at = 0;
        for (int j : set) if (b[j] != 0) keys[at++] = -Math.abs(b[j]) * Math.sqrt(problem.norm[j]);
        Arrays.sort(keys);
        var features = new int[count];
        var taken = new boolean[b.length];
        for (int j : set) {
            if (b[j] == 0) continue;
            int place = Arrays.binarySearch(keys, -Math.abs(b[j]) * Math.sqrt(problem.norm[j]));
            while (place > 0 && keys[place - 1] == keys[place]) place--;
            while (taken[place]) place++;
            taken[place] = true;
            features[place] = j;
        }
        return features;
    }

    /** Primal minus dual value at the residual scaled into the dual's feasible set (Friedman et al. 2007; the l2 part as further rows of X). */
    private double gap(double l1, double l2) {
        double squareB = 0, sumB = 0, bc = 0, bq = 0, largest = 0;
        for (int j = 0; j < b.length; j++) {
            squareB += b[j] * b[j];
            sumB += Math.abs(b[j]);
            bc += b[j] * problem.correlation[j][0];
            bq += b[j] * q[j];
            double slope = q[j] - l2 * b[j];
            if (problem.norm[j] > 0) largest = Math.max(largest, options.positive() ? slope : Math.abs(slope));
        }
        double residual = Math.max(0, problem.squareY[0] - bc - bq) + l2 * squareB, ry = problem.squareY[0] - bc;
        double limit = largest > 0 ? l1 / largest : Double.POSITIVE_INFINITY;
        double s = residual > 0 ? Math.min(ry / residual, limit) : 0;
        return Math.max(0, residual / 2 + l1 * sumB - s * ry + s * s * residual / 2);
    }
}
