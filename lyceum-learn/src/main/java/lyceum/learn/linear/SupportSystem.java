package lyceum.learn.linear;

import java.util.Arrays;

/** The normal equations of a growing set of features, as a Cholesky factor that gains a row a feature and passes over dependent ones. */
final class SupportSystem {
    private final SparseProblem problem;
    private final double l2;
    private double[][] rows = new double[16][];
    private int[] features = new int[16];
    private double[] forward = new double[16];
    private int size;

    SupportSystem(SparseProblem problem, double l2) {
        this.problem = problem;
        this.l2 = l2;
    }

    /** Adds feature j with its right-hand side; false if it is a combination of those that are in. */
    boolean add(int j, double right) {
        double[] g = problem.gram(j);
        double diagonal = g[j] + l2, square = 0, product = 0;
        var row = new double[size + 1];
        for (int i = 0; i < size; i++) {
            double[] other = rows[i];
            row[i] = (g[features[i]] - product(other, row, i)) / other[i];
            square += row[i] * row[i];
            product += row[i] * forward[i];
        }
        double pivot = diagonal - square;
        if (!(pivot > 1e-11 * diagonal)) return false;
        if (size == features.length) {
            rows = Arrays.copyOf(rows, 2 * size);
            features = Arrays.copyOf(features, 2 * size);
            forward = Arrays.copyOf(forward, 2 * size);
        }
        row[size] = Math.sqrt(pivot);
        rows[size] = row;
        features[size] = j;
        forward[size++] = (right - product) / Math.sqrt(pivot);
        return true;
    }

    private static double product(double[] a, double[] b, int n) {
        double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
        int i = 0;
        for (; i + 3 < n; i += 4) {
            s0 += a[i] * b[i];
            s1 += a[i + 1] * b[i + 1];
            s2 += a[i + 2] * b[i + 2];
            s3 += a[i + 3] * b[i + 3];
        }
        for (; i < n; i++) s0 += a[i] * b[i];
        return s0 + s1 + (s2 + s3);
    }

    /** Those that are in, in the order in which they came. */
    int[] features() { return Arrays.copyOf(features, size); }

    /** Their coefficients. */
    double[] solve() {
        double[] x = Arrays.copyOf(forward, size);
        for (int i = size - 1; i >= 0; i--) {
            x[i] /= rows[i][i];
            for (int k = 0; k < i; k++) x[k] -= rows[i][k] * x[i];
        }
        return x;
    }
}
