package lyceum.linalg.dense;

import lyceum.backend.Backend;

/**
 * {@code P A = L U} with partial pivoting in blocks, by halves of the columns (Toledo, 1997): what is right of a half takes its exchanges, a substitution and one
 * product. A few columns at a time are factored in the Java heap, column by column, where an exchange costs nothing and a pivot is looked for along memory.
 */
public final class LuBlocks {
    private static final int LEAF = 16;

    private final Backend backend = Backend.current();
    private final TriangularBlocks triangles = new TriangularBlocks(backend);
    private final double[][] columns;
    /** The row that row k was exchanged with in step k. */
    private final int[] pivots;

    private LuBlocks(int m, int n) {
        columns = new double[LEAF][m];
        pivots = new int[Math.min(m, n)];
    }

    /**
     * Overwrites the {@code m x n} matrix with {@code L} (unit, below the diagonal) and {@code U}.
     *
     * @param order receives the row order: row i of the result is row {@code order[i]} of A
     * @return the sign of the permutation
     */
    public static int factor(Block a, int[] order) {
        int m = a.m(), n = a.n(), steps = Math.min(m, n);
        var lu = new LuBlocks(m, n);
        lu.halves(a.columns(0, steps), 0);
        if (n > steps) {
            var right = a.columns(steps, n);
            lu.exchange(right, 0, steps);
            lu.triangles.lower(a.columns(0, steps), true, right);
        }
        int sign = 1;
        for (int i = 0; i < m; i++) order[i] = i;
        for (int k = 0; k < steps; k++) {
            int p = lu.pivots[k];
            if (p == k) continue;
            int t = order[p];
            order[p] = order[k];
            order[k] = t;
            sign = -sign;
        }
        return sign;
    }

    /** @param a no wider than high; its first row is row {@code first} of the whole */
    private void halves(Block a, int first) {
        int m = a.m(), n = a.n();
        if (n <= LEAF) {
            if (n > 0) leaf(a, first);
            return;
        }
        int h = TriangularBlocks.half(n, LEAF);
        Block left = a.columns(0, h), right = a.columns(h, n), top = right.rows(0, h), rest = right.rows(h, m);
        halves(left, first);
        exchange(right, first, h);
        triangles.lower(left.rows(0, h), true, top);
        rest.minusProduct(backend, left.rows(h, m), top);
        halves(rest, first + h);
        exchange(left.rows(h, m), first + h, n - h);
    }

    /** The exchanges of steps {@code [first, first + count)} on a block whose first row is row {@code first}. */
    private void exchange(Block a, int first, int count) {
        for (int k = 0; k < count; k++) {
            int p = pivots[first + k] - first;
            if (p != k) a.swapRows(k, p);
        }
    }

    private void leaf(Block a, int first) {
        int m = a.m(), n = a.n();
        a.toColumns(columns);
        for (int j = 0; j < n; j++) {
            double[] column = columns[j];
            takeOff(column, j, m);
            int p = largest(column, j, m);
            pivots[first + j] = first + p;
            if (p != j) for (int c = 0; c < n; c++) {
                double t = columns[c][j];
                columns[c][j] = columns[c][p];
                columns[c][p] = t;
            }
            double pivot = column[j];
            if (pivot != 0) for (int i = j + 1; i < m; i++) column[i] /= pivot;
        }
        a.setColumns(columns);
    }

    /** What the {@code k} columns before have to do with this one, which has been exchanged as they were. */
    private void takeOff(double[] x, int k, int m) {
        int j = 0;
        for (; j + 3 < k; j += 4) {
            double[] a = columns[j], b = columns[j + 1], c = columns[j + 2], d = columns[j + 3];
            double s = x[j];
            x[j + 1] -= s * a[j + 1];
            double t = x[j + 1];
            x[j + 2] -= s * a[j + 2] + t * b[j + 2];
            double u = x[j + 2];
            x[j + 3] -= (s * a[j + 3] + t * b[j + 3]) + u * c[j + 3];
            Rows.axpy4(x, a, b, c, d, -s, -t, -u, -x[j + 3], j + 4, m);
        }
        for (; j < k; j++) Rows.axpy(-x[j], columns[j], x, j + 1, m);
    }

    private static int largest(double[] x, int from, int m) {
        int p = from;
        double best = Math.abs(x[from]);
        for (int i = from + 1; i < m; i++) {
            double v = Math.abs(x[i]);
            if (v > best) {
                best = v;
                p = i;
            }
        }
        return p;
    }
}
