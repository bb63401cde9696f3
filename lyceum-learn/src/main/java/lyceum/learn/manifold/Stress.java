package lyceum.learn.manifold;

import lyceum.backend.Parallel;

/** {@code sum_{i<j} (d_ij - |y_i - y_j|)^2} and the step that never raises it (de Leeuw 1977). */
final class Stress {
    private Stress() {}

    static double of(double[][] d, double[][] y) {
        var parts = new double[d.length];
        Parallel.range(d.length, 16, (from, to) -> {
            for (int i = (int) from; i < to; i++) for (int j = 0; j < i; j++) parts[i] += Math.pow(d[i][j] - distance(y[i], y[j]), 2);
        });
        return Repulsion.sum(parts);
    }

    /** {@code y_i = sum_j d_ij / |y_i - y_j| (y_i - y_j) / n}: the minimum of a quadratic that lies above the stress and touches it here. */
    static double[][] majorise(double[][] d, double[][] y) {
        int n = d.length, k = y[0].length;
        var next = new double[n][k];
        Parallel.range(n, 16, (from, to) -> {
            for (int i = (int) from; i < to; i++) {
                for (int j = 0; j < n; j++) {
                    double far = distance(y[i], y[j]);
                    if (far == 0) continue;
                    for (int c = 0; c < k; c++) next[i][c] += d[i][j] / far * (y[i][c] - y[j][c]) / n;
                }
            }
        });
        return next;
    }

    static double distance(double[] a, double[] b) {
        double sum = 0;
        for (int c = 0; c < a.length; c++) sum += (a[c] - b[c]) * (a[c] - b[c]);
        return Math.sqrt(sum);
    }
}
