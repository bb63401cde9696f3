package lyceum.stats;

/** Correlations of columns and the inverse of their matrix by plain loops: an oracle that shares nothing with linear algebra. */
final class PrecisionMatrix {
    private PrecisionMatrix() {}

    static double[][] correlations(double[][] data) {
        int d = data.length, n = data[0].length;
        var centred = new double[d][n];
        for (int a = 0; a < d; a++) {
            double mean = 0, square = 0;
            for (double v : data[a]) mean += v / n;
            for (int i = 0; i < n; i++) square += (centred[a][i] = data[a][i] - mean) * centred[a][i];
            for (int i = 0; i < n; i++) centred[a][i] /= Math.sqrt(square);
        }
        var c = new double[d][d];
        for (int a = 0; a < d; a++) for (int b = 0; b < d; b++) for (int i = 0; i < n; i++) c[a][b] += centred[a][i] * centred[b][i];
        return c;
    }

    /** Gauss and Jordan; the matrices are positive definite. */
    static double[][] inverse(double[][] matrix) {
        int n = matrix.length;
        double[][] a = new double[n][], inverse = new double[n][n];
        for (int i = 0; i < n; i++) {
            a[i] = matrix[i].clone();
            inverse[i][i] = 1;
        }
        for (int k = 0; k < n; k++) {
            double pivot = a[k][k];
            for (int j = 0; j < n; j++) {
                a[k][j] /= pivot;
                inverse[k][j] /= pivot;
            }
            for (int i = 0; i < n; i++) {
                double factor = a[i][k];
                if (i != k) for (int j = 0; j < n; j++) {
                    a[i][j] -= factor * a[k][j];
                    inverse[i][j] -= factor * inverse[k][j];
                }
            }
        }
        return inverse;
    }
}
