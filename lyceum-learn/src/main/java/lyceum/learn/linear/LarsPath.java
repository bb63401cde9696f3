package lyceum.learn.linear;

import java.util.ArrayList;
import java.util.List;
import lyceum.linalg.Cholesky;
import lyceum.linalg.NotPositiveDefiniteException;
import lyceum.tensor.Tensor;

/**
 * A piecewise linear path of coefficients: between two knots interpolate.
 *
 * @param alphas (k) descending: the correlation {@code max_j |x_j . residual| / n} at each knot
 * @param coefficients (k x p)
 * @param intercepts (k)
 * @param hasIntercept whether they were fitted
 * @param active the features that are in at the end, in the order of their entry
 */
public record LarsPath(Tensor alphas, Tensor coefficients, Tensor intercepts, boolean hasIntercept, int[] active) {

    /** A copy. */
    @Override public int[] active() { return active.clone(); }

    /** The solution at this strength; above the first knot everything is 0. @throws IllegalArgumentException if alpha is below the last knot */
    public LassoModel model(double alpha) {
        double[] knots = alphas.toDoubleArray();
        int last = knots.length - 1;
        if (!(alpha >= knots[last]))
            throw new IllegalArgumentException("LarsPath: alpha is " + alpha + "; the path ends at " + knots[last]);
        int i = 0;
        while (i < last && knots[i + 1] > alpha) i++;
        double t = alpha >= knots[0] || i == last ? 0 : (knots[i] - alpha) / (knots[i] - knots[i + 1]);
        int next = Math.min(i + 1, last);
        var b = coefficients.select(0, i).mul(1 - t).add(coefficients.select(0, next).mul(t));
        return new LassoModel(b.compute(), Tensor.scalar(intercepts.item(i) * (1 - t) + intercepts.item(next) * t), hasIntercept, alpha, 1,
                0, last, true);
    }

    static LarsPath of(SparseProblem problem, double least, LassoLars.Method method) {
        var walk = new Walk(problem, method == LassoLars.Method.LASSO);
        walk.run(least);
        int k = walk.alphas.size(), p = problem.p;
        double[] alphas = new double[k], coefficients = new double[k * p], intercepts = new double[k];
        for (int i = 0; i < k; i++) {
            alphas[i] = walk.alphas.get(i);
            var model = problem.model(walk.knots.get(i), true, alphas[i], 1, new LassoSolver.End(0, i, true));
            System.arraycopy(model.coefficients().toDoubleArray(), 0, coefficients, i * p, p);
            intercepts[i] = model.intercept().item();
        }
        return new LarsPath(Tensor.of(alphas), Tensor.of(coefficients, k, p), Tensor.of(intercepts), problem.intercept,
                walk.active.stream().mapToInt(Integer::intValue).toArray());
    }

    /**
     * The homotopy. On the support, {@code G_AA b = c_A - alpha s}; as alpha falls by g, b grows by {@code g d} with {@code G_AA d = s} and the gradient falls by
     * {@code g G d}. LAR keeps the sum of such steps, since its signs are those of the gradient at entry.
     */
    private static final class Walk {
        final SparseProblem problem;
        final boolean lasso;
        final List<Double> alphas = new ArrayList<>();
        final List<double[][]> knots = new ArrayList<>();
        final List<Integer> active = new ArrayList<>();
        final double[] b, q, sign;
        final boolean[] excluded;
        double alpha;

        Walk(SparseProblem problem, boolean lasso) {
            this.problem = problem;
            this.lasso = lasso;
            b = new double[problem.p];
            q = new double[problem.p];
            sign = new double[problem.p];
            excluded = new boolean[problem.p];
            for (int j = 0; j < problem.p; j++) {
                q[j] = problem.correlation[j][0];
                excluded[j] = problem.norm[j] == 0;
            }
        }

        void run(double least) {
            int first = -1;
            for (int j = 0; j < q.length; j++) if (!excluded[j] && (first < 0 || Math.abs(q[j]) > Math.abs(q[first]))) first = j;
            alpha = first < 0 ? 0 : Math.abs(q[first]);
            record();
            if (alpha <= Math.max(least, 1e-14 * Math.sqrt(problem.squareY[0]))) return;
            enter(first);
            int dropped = -1;
            for (int step = 0; step < 8 * problem.p + 64 && !active.isEmpty(); step++) {
                double[] d = direction();
                if (d == null) {
                    // The newcomer is a combination of those that are in: it can add nothing.
                    int out = active.removeLast();
                    excluded[out] = true;
                    sign[out] = 0;
                    d = direction();
                    if (d == null) return;
                }
                dropped = step(d, dropped, least);
                record();
                if (alpha <= least) return;
            }
        }

        private void enter(int j) {
            active.add(j);
            sign[j] = Math.signum(q[j]);
        }

        /** Solves {@code G_AA d = s}; null if the active columns are dependent. */
        private double[] direction() {
            int a = active.size();
            double[][] system = new double[a][a];
            double[] s = new double[a];
            for (int i = 0; i < a; i++) {
                double[] g = problem.gram(active.get(i));
                for (int k = 0; k < a; k++)
                    system[i][k] = g[active.get(k)] / Math.sqrt(problem.norm[active.get(i)] * problem.norm[active.get(k)]);
                s[i] = sign[active.get(i)] / Math.sqrt(problem.norm[active.get(i)]);
            }
            try {
                var factor = Cholesky.of(Tensor.of(system));
                double pivot = factor.lower().item(a - 1, a - 1);
                if (pivot * pivot < 1e-12) return null;
                double[] d = factor.solve(Tensor.of(s)).toDoubleArray();
                for (int i = 0; i < a; i++) d[i] /= Math.sqrt(problem.norm[active.get(i)]);
                return d;
            } catch (NotPositiveDefiniteException e) {
                return null;
            }
        }

        /** Goes to the next knot; the feature that left there, or -1. */
        private int step(double[] d, int dropped, double least) {
            var slope = new double[q.length];
            for (int i = 0; i < d.length; i++) {
                double[] g = problem.gram(active.get(i));
                for (int j = 0; j < slope.length; j++) slope[j] += d[i] * g[j];
            }
            double length = alpha - least, tiny = 1e-14 * alpha;
            int joins = -1, leaves = -1;
            for (int j = 0; j < q.length; j++) {
                if (excluded[j] || sign[j] != 0) continue;
                for (int side = -1; side <= 1; side += 2) {
                    // side q_j - g side slope_j = alpha - g
                    double denominator = 1 - side * slope[j], g = (alpha - side * q[j]) / denominator;
                    // The one that has just left lies on its bound and moves inside.
                    if (j == dropped && side * q[j] > 0) continue;
                    if (denominator > 1e-14 && g > tiny * (j == dropped ? 1 : -1) && g < length) {
                        length = Math.max(g, 0);
                        joins = j;
                    }
                }
            }
            if (lasso) {
                for (int i = 0; i < d.length; i++) {
                    int j = active.get(i);
                    double g = -b[j] / d[i];
                    if (g > tiny && g < length) {
                        length = g;
                        leaves = j;
                    }
                }
            }
            for (int i = 0; i < d.length; i++) b[active.get(i)] += length * d[i];
            for (int j = 0; j < q.length; j++) q[j] -= length * slope[j];
            alpha = Math.max(alpha - length, 0);
            if (leaves >= 0) {
                b[leaves] = 0;
                sign[leaves] = 0;
                active.remove((Integer) leaves);
                if (active.isEmpty()) alpha = least;
            } else if (joins >= 0) {
                enter(joins);
            } else {
                alpha = least;
            }
            if (lasso) settle();
            return leaves;
        }

        /** Removes the drift of many steps: on the support the equations give b from alpha alone. */
        private void settle() {
            for (int j = 0; j < q.length; j++) q[j] = problem.correlation[j][0];
            for (int k : active) {
                double[] g = problem.gram(k);
                for (int j = 0; j < q.length; j++) q[j] -= b[k] * g[j];
            }
        }

        private void record() {
            var knot = new double[b.length][1];
            for (int j = 0; j < b.length; j++) knot[j][0] = b[j];
            alphas.add(alpha);
            knots.add(knot);
        }
    }
}
