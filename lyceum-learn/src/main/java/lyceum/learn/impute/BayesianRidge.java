package lyceum.learn.impute;

import lyceum.linalg.Eigen;
import lyceum.tensor.Tensor;

/**
 * Least squares whose penalty and noise maximise the evidence (MacKay 1992): with precision alpha of the noise and lambda of the coefficients,
 * {@code w = (X'X + lambda / alpha)^-1 X'y}, {@code gamma = sum alpha s / (lambda + alpha s)} over the eigenvalues s of X'X,
 * {@code lambda = gamma / w'w}, {@code alpha = (n - gamma) / |y - Xw|^2}, in turns.
 *
 * @param weights one a column
 */
record BayesianRidge(double[] weights, double intercept) {
    private static final double PRIOR = 1e-6, TOLERANCE = 1e-3;
    private static final int MOST = 300;

    /** @param x rows of p numbers each, one after the other */
    static BayesianRidge fit(double[] x, double[] y) {
        int n = y.length, p = x.length / n;
        double[] centre = new double[p], right = new double[p];
        double mean = 0, square = 0;
        for (int i = 0; i < n; i++) {
            mean += y[i] / n;
            for (int j = 0; j < p; j++) centre[j] += x[i * p + j] / n;
        }
        var gram = new double[p][p];
        for (int i = 0; i < n; i++) {
            square += (y[i] - mean) * (y[i] - mean);
            for (int a = 0; a < p; a++) {
                double va = x[i * p + a] - centre[a];
                right[a] += va * (y[i] - mean);
                for (int b = 0; b <= a; b++) gram[a][b] += va * (x[i * p + b] - centre[b]);
            }
        }
        for (int a = 0; a < p; a++) for (int b = 0; b < a; b++) gram[b][a] = gram[a][b];
        var eigen = Eigen.symmetric(Tensor.of(gram));
        double[] s = eigen.values().toDoubleArray();
        for (int k = 0; k < p; k++) s[k] = Math.max(s[k], 0);
        double[][] v = eigen.vectors().toRows();
        double alpha = 1 / (square / n + Math.ulp(1.0)), lambda = 1;
        double[] w = null;
        for (int step = 0; step < MOST; step++) {
            double[] before = w;
            w = solve(v, s, right, lambda / alpha);
            double gamma = 0, size = 0, error = 0, moved = 0;
            for (int k = 0; k < p; k++) {
                gamma += alpha * s[k] / (lambda + alpha * s[k]);
                size += w[k] * w[k];
                if (before != null) moved += Math.abs(before[k] - w[k]);
            }
            for (int i = 0; i < n; i++) {
                double e = y[i] - mean;
                for (int j = 0; j < p; j++) e -= w[j] * (x[i * p + j] - centre[j]);
                error += e * e;
            }
            lambda = (gamma + 2 * PRIOR) / (size + 2 * PRIOR);
            alpha = (n - gamma + 2 * PRIOR) / (error + 2 * PRIOR);
            if (before != null && moved < TOLERANCE) break;
        }
        w = solve(v, s, right, lambda / alpha);
        double intercept = mean;
        for (int j = 0; j < p; j++) intercept -= w[j] * centre[j];
        return new BayesianRidge(w, intercept);
    }

    private static double[] solve(double[][] v, double[] s, double[] right, double penalty) {
        int p = s.length;
        var w = new double[p];
        for (int k = 0; k < p; k++) {
            double c = 0;
            for (int j = 0; j < p; j++) c += v[j][k] * right[j];
            for (int j = 0; j < p; j++) w[j] += v[j][k] * c / (s[k] + penalty);
        }
        return w;
    }
}
