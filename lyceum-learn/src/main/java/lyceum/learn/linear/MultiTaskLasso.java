package lyceum.learn.linear;

import java.util.Set;
import lyceum.stats.learner.Regressor;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Lasso for several targets that share their features: minimises {@code |Y - c - X B|_F^2 / (2 n) + alpha r sum_j |B_j| + alpha (1 - r) |B|_F^2 / 2}, where
 * {@code |B_j|} is the Euclidean length of feature j's coefficients over the targets, so that a feature is in for all targets or for none.
 *
 * <p>Shapes: x (n x p), y (n x m), or (n), which gives the {@link ElasticNet}. Weights as there. Positive coefficients are not offered.
 *
 * @param alpha the strength, positive
 * @param l1Ratio r, 1 by default
 * @param solver see {@link CoordinateDescent}; {@code tolerance} bounds the duality gap
 * @see <a href="https://doi.org/10.1007/s11222-008-9111-x">Obozinski, Taskar and Jordan (2010)</a>
 */
@Withers
public record MultiTaskLasso(double alpha, double l1Ratio, CoordinateDescent solver) implements MultiTaskLassoWithers, Regressor {
    public MultiTaskLasso {
        if (!(alpha > 0 && alpha < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("MultiTaskLasso: alpha is " + alpha + "; it is positive");
        if (!(l1Ratio > 0 && l1Ratio <= 1))
            throw new IllegalArgumentException("MultiTaskLasso: l1Ratio is " + l1Ratio + "; it lies in (0, 1]");
        if (solver.positive())
            throw new IllegalArgumentException("MultiTaskLasso: positive coefficients are not offered for several targets");
    }

    public MultiTaskLasso(double alpha) { this(alpha, 1, new CoordinateDescent().withTolerance(1e-14)); }

    @Override public Set<Tag> tags() { return Set.of(Tag.MULTI_OUTPUT); }

    @Override public LassoModel fit(Tensor x, Tensor y) { return fit(x, y, null); }

    @Override public LassoModel fit(Tensor x, Tensor y, Tensor weights) {
        var problem = SparseProblem.of(this, solver, x, y, weights, true);
        int p = problem.p, m = problem.targets;
        double[][] b = new double[p][m], q = new double[p][];
        for (int j = 0; j < p; j++) q[j] = problem.correlation[j].clone();
        double l1 = alpha * l1Ratio, l2 = alpha * (1 - l1Ratio), square = 0, gap = 0;
        for (double s : problem.squareY) square += s;
        int passes = 0;
        boolean converged = false;
        while (!converged && passes < solver.maxIterations()) {
            double change = pass(problem, b, q, l1, l2);
            if (++passes % 5 != 0 && passes < solver.maxIterations() && change > 1e-20 * square) continue;
            gap = gap(problem, b, q, l1, l2, square);
            // The gap bounds the square of the distance: go on while steps still count.
            converged = change <= 1e-30 * square || gap <= solver.tolerance() * square && change <= 1e-24 * square;
        }
        return problem.model(b, y.rank() == 1, alpha, l1Ratio, new LassoSolver.End(square > 0 ? gap / square : 0, passes, converged))
                .warned();
    }

    private static double pass(SparseProblem problem, double[][] b, double[][] q, double l1, double l2) {
        int p = b.length, m = b[0].length;
        var step = new double[m];
        double largest = 0;
        for (int j = 0; j < p; j++) {
            double norm = problem.norm[j], length = 0;
            if (norm == 0) continue;
            for (int o = 0; o < m; o++) {
                step[o] = q[j][o] + norm * b[j][o];
                length += step[o] * step[o];
            }
            length = Math.sqrt(length);
            double factor = length > l1 ? (1 - l1 / length) / (norm + l2) : 0, moved = 0;
            for (int o = 0; o < m; o++) {
                double next = factor * step[o];
                step[o] = next - b[j][o];
                b[j][o] = next;
                moved += step[o] * step[o];
            }
            if (moved == 0) continue;
            largest = Math.max(largest, moved * norm);
            double[] g = problem.gram(j);
            for (int k = 0; k < p; k++) for (int o = 0; o < m; o++) q[k][o] -= step[o] * g[k];
        }
        return largest;
    }

    private static double gap(SparseProblem problem, double[][] b, double[][] q, double l1, double l2, double square) {
        double squareB = 0, sumB = 0, bc = 0, bq = 0, largest = 0;
        for (int j = 0; j < b.length; j++) {
            double length = 0, slope = 0;
            for (int o = 0; o < b[j].length; o++) {
                length += b[j][o] * b[j][o];
                bc += b[j][o] * problem.correlation[j][o];
                bq += b[j][o] * q[j][o];
                slope += (q[j][o] - l2 * b[j][o]) * (q[j][o] - l2 * b[j][o]);
            }
            squareB += length;
            sumB += Math.sqrt(length);
            if (problem.norm[j] > 0) largest = Math.max(largest, Math.sqrt(slope));
        }
        double residual = Math.max(0, square - bc - bq) + l2 * squareB, ry = square - bc;
        double s = residual > 0 ? Math.min(ry / residual, largest > 0 ? l1 / largest : Double.POSITIVE_INFINITY) : 0;
        return Math.max(0, residual / 2 + l1 * sumB - s * ry + s * s * residual / 2);
    }
}
