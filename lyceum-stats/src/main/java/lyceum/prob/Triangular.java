package lyceum.prob;

/** Work with a small lower triangular matrix, row by row, without the cost of a tensor for each point. */
final class Triangular {
    private Triangular() {}

    /** Overwrites b with the solution of {@code L x = b}. */
    static double[] solve(double[][] l, double[] b) {
        for (int i = 0; i < b.length; i++) {
            for (int k = 0; k < i; k++) b[i] -= l[i][k] * b[k];
            b[i] /= l[i][i];
        }
        return b;
    }

    /** Overwrites b with the solution of {@code L' x = b}. */
    static double[] solveTransposed(double[][] l, double[] b) {
        for (int i = b.length - 1; i >= 0; i--) {
            b[i] /= l[i][i];
            for (int k = 0; k < i; k++) b[k] -= l[i][k] * b[i];
        }
        return b;
    }

    /** {@code 2 sum log L_ii}: the log determinant of {@code L L'}. */
    static double logDeterminant(double[][] l) {
        double sum = 0;
        for (int i = 0; i < l.length; i++) sum += Math.log(l[i][i]);
        return 2 * sum;
    }
}
