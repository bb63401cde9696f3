package lyceum.learn.manifold;

import java.util.Arrays;
import lyceum.backend.Parallel;

/** What pushes the points of a map apart. */
interface Repulsion {
    /**
     * Writes {@code sum_j q_ij^2 (y_i - y_j)} of each point, with {@code q_ij = 1 / (1 + |y_i - y_j|^2)}.
     *
     * @param y (n d)
     * @return {@code sum_{i != j} q_ij}
     */
    double forces(double[] y, int d, double[] out);

    /** Pair by pair. */
    static double exact(double[] y, int d, double[] out) {
        int n = y.length / d;
        var sums = new double[n];
        Parallel.range(n, 16, (from, to) -> {
            var force = new double[d];
            for (int i = (int) from; i < to; i++) {
                double sum = 0;
                Arrays.fill(force, 0);
                for (int j = 0; j < n; j++) {
                    if (j == i) continue;
                    double square = 1;
                    for (int c = 0; c < d; c++) square += (y[i * d + c] - y[j * d + c]) * (y[i * d + c] - y[j * d + c]);
                    double q = 1 / square;
                    sum += q;
                    for (int c = 0; c < d; c++) force[c] += q * q * (y[i * d + c] - y[j * d + c]);
                }
                sums[i] = sum;
                System.arraycopy(force, 0, out, i * d, d);
            }
        });
        return sum(sums);
    }

    static double sum(double[] values) {
        double sum = 0;
        for (double v : values) sum += v;
        return sum;
    }
}
