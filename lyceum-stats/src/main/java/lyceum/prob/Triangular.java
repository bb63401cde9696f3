package lyceum.prob;

/** The Cholesky factor of a small covariance, row by row: {@code covariance = L L'}. */
final class Triangular {
    private Triangular() { }

    static double[][] cholesky(String family, double[][] covariance) {
        int d = covariance.length;
        var l = new double[d][d];
        for (int i = 0; i < d; i++) {
            for (int j = 0; j <= i; j++) {
                double sum = covariance[i][j];
                for (int k = 0; k < j; k++) sum -= l[i][k] * l[j][k];
                if (i != j) {
                    l[i][j] = sum / l[j][j];
                    continue;
                }
                if (!(sum > 1e-14 * covariance[i][i])) {
                    throw new IllegalArgumentException(family + ": the covariance is not positive definite: pivot " + i + " is " + sum + "; add a small number to its diagonal");
                }
                l[i][i] = Math.sqrt(sum);
            }
        }
        return l;
    }

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
            for (int k = i + 1; k < b.length; k++) b[i] -= l[k][i] * b[k];
            b[i] /= l[i][i];
        }
        return b;
    }

    /** {@code 2 sum log L_ii}. */
    static double logDeterminant(double[][] l) {
        double sum = 0;
        for (int i = 0; i < l.length; i++) sum += Math.log(l[i][i]);
        return 2 * sum;
    }
}
