package lyceum.linalg.dense;

/** Blocked right-looking {@code P A = L U} with partial pivoting on rows; a row swap exchanges two references. */
public final class LuSteps {
    private static final int NB = 32;

    private LuSteps() {}

    /**
     * Overwrites the {@code m x n} matrix with {@code L} (unit, below the diagonal) and {@code U}.
     *
     * @param order receives the row order: row i of the result is row {@code order[i]} of A
     * @return the sign of the permutation
     */
    public static int factor(double[][] a, int n, int[] order) {
        int m = a.length, steps = Math.min(m, n), sign = 1;
        for (int i = 0; i < m; i++) order[i] = i;
        for (int k0 = 0; k0 < steps; k0 += NB) {
            int k1 = Math.min(steps, k0 + NB);
            for (int k = k0; k < k1; k++) {
                int p = largest(a, k);
                if (p != k) {
                    Rows.swap(a, p, k);
                    int t = order[p];
                    order[p] = order[k];
                    order[k] = t;
                    sign = -sign;
                }
                eliminate(a, k, k1);
            }
            for (int i = k0 + 1; i < k1; i++) Product.add(a, i, i + 1, k1, n, -1, a, 0, k0, a, k0, i - k0);
            Product.add(a, k1, m, k1, n, -1, a, 0, k0, a, k0, k1 - k0);
        }
        return sign;
    }

    private static int largest(double[][] a, int k) {
        int p = k;
        double best = Math.abs(a[k][k]);
        for (int i = k + 1; i < a.length; i++) {
            double v = Math.abs(a[i][k]);
            if (v > best) {
                best = v;
                p = i;
            }
        }
        return p;
    }

    private static void eliminate(double[][] a, int k, int k1) {
        double[] pivotRow = a[k];
        double pivot = pivotRow[k];
        if (pivot == 0) return;
        for (int i = k + 1; i < a.length; i++) {
            double[] row = a[i];
            double factor = row[k] / pivot;
            row[k] = factor;
            if (factor != 0) Rows.axpy(-factor, pivotRow, row, k + 1, k1);
        }
    }
}
