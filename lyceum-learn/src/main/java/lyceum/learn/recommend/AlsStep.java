package lyceum.learn.recommend;

import java.util.Arrays;
import lyceum.linalg.dense.CholeskySteps;
import lyceum.linalg.dense.TriangularSolve;

/**
 * Half an iteration of alternating least squares: one side's factors stand, and each row of the other side is a small ridge regression of
 * its own. A pure function of a row's entries, so that rows can be solved anywhere; {@link MatrixFactorizationModel#foldIn} is the same call.
 */
public sealed interface AlsStep {
    /** Rows of the side that stands, each its factors and, last, its bias. */
    double[][] fixed();

    /**
     * The best factors, and last the bias, of a row.
     *
     * @param columns its entries' columns, distinct
     * @param values of these entries
     */
    double[] solve(int[] columns, double[] values);

    /**
     * Explicit ratings: minimises {@code sum_j (r_j - mean - c_j - b - p . q_j)^2 + lambda (|p|^2 + b^2)} over p and b, with q and c the fixed
     * factors and biases.
     *
     * @param regularization lambda
     * @param scaled whether lambda is multiplied by the number of the row's entries (Zhou et al. 2008)
     * @param biased whether b is fitted; otherwise it is 0
     */
    record Explicit(double[][] fixed, double mean, double regularization, boolean scaled, boolean biased) implements AlsStep {
        @Override public double[] solve(int[] columns, double[] values) {
            int k = fixed.length == 0 ? 0 : fixed[0].length - 1, m = biased ? k + 1 : k;
            double lambda = scaled ? regularization * columns.length : regularization;
            var a = new double[m][m];
            double[] b = new double[m], x = new double[m];
            for (int e = 0; e < columns.length; e++) {
                var q = fixed[columns[e]];
                double target = values[e] - mean - q[k];
                System.arraycopy(q, 0, x, 0, k);
                if (biased) x[k] = 1;
                addOuter(a, b, x, 1, target);
            }
            return solved(a, b, lambda, k, columns.length);
        }
    }

    /**
     * Implicit feedback: every cell counts. Minimises {@code sum_j c_j (p_j - x . q_j)^2 + lambda |x|^2} with preference p = 1 and confidence
     * {@code c = 1 + alpha r} where something was seen, 0 and 1 elsewhere.
     *
     * @param gram {@code sum_j q_j q_j'} over all fixed rows: what the unseen cells weigh
     * @see <a href="https://doi.org/10.1109/ICDM.2008.22">Hu, Koren and Volinsky (2008)</a>
     */
    record Implicit(double[][] fixed, double[][] gram, double alpha, double regularization) implements AlsStep {
        /** With the Gram matrix of {@code fixed}. */
        public static Implicit of(double[][] fixed, double alpha, double regularization) {
            int k = fixed.length == 0 ? 0 : fixed[0].length - 1;
            var gram = new double[k][k];
            for (var q : fixed) for (int i = 0; i < k; i++) for (int j = 0; j <= i; j++) gram[i][j] += q[i] * q[j];
            return new Implicit(fixed, gram, alpha, regularization);
        }

        @Override public double[] solve(int[] columns, double[] values) { return solve(columns, values, -1); }

        /** With a preference of 0 at entry {@code silent}, whose confidence stays. */
        double[] solve(int[] columns, double[] values, int silent) {
            int k = gram.length;
            var a = new double[k][];
            for (int i = 0; i < k; i++) a[i] = gram[i].clone();
            var b = new double[k];
            for (int e = 0; e < columns.length; e++) {
                double extra = alpha * values[e];
                addOuter(a, b, fixed[columns[e]], extra, e == silent ? 0 : (1 + extra) / extra);
            }
            return solved(a, b, regularization, k, columns.length);
        }
    }

    /** Adds {@code weight x x'} to the lower triangle of a, and {@code weight target x} to b. */
    private static void addOuter(double[][] a, double[] b, double[] x, double weight, double target) {
        for (int i = 0; i < b.length; i++) {
            double v = weight * x[i];
            b[i] += target * v;
            for (int j = 0; j <= i; j++) a[i][j] += v * x[j];
        }
    }

    private static double[] solved(double[][] a, double[] b, double lambda, int k, int entries) {
        if (entries == 0 && lambda == 0) return new double[k + 1];
        for (int i = 0; i < b.length; i++) a[i][i] += lambda;
        if (entries == 0 && Arrays.stream(b).allMatch(v -> v == 0)) return new double[k + 1];
        if (CholeskySteps.factor(a) >= 0)
            throw new IllegalArgumentException("alternating least squares: " + entries + " entries of a row do not determine its "
                    + b.length + " parameters with regularization " + lambda + "; make it positive");
        TriangularSolve.lower(a, false, b, b.length);
        TriangularSolve.lowerTransposed(a, false, b, b.length);
        return Arrays.copyOf(b, k + 1);
    }
}
