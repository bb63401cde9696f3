package lyceum.linalg.dense;

import java.util.Arrays;

/** Rotations behind row updates of a QR factorisation (Daniel, Gragg, Kaufman and Stewart, 1976). Q is held transposed. */
public final class QrRows {
    private QrRows() {}

    /** {@code Q^T} with a zero column at {@code index}, and below it the unit vector of that column. */
    public static double[][] transposedWithUnitRow(double[][] q, int k, int index) {
        int m = q.length;
        var qt = new double[k + 1][m + 1];
        for (int i = 0; i < m; i++) for (int j = 0; j < k; j++) qt[j][i < index ? i : i + 1] = q[i][j];
        qt[k][index] = 1;
        return qt;
    }

    /** {@code Q^T}; for a thin Q with one more row: the unit vector e_index, made orthogonal to Q. */
    public static double[][] transposedWithResidual(double[][] q, int k, int m, int index) {
        var qt = Dense.transpose(q, k);
        if (m == k) return qt;
        var basis = new Basis(k + 1, m);
        for (double[] row : qt) basis.rows[basis.size++] = row;
        double[] w = unitResidual(basis, index);
        // e_index lies in the span already: any further direction completes the basis
        for (int i = 0; w == null && i < m; i++) w = unitResidual(basis, i);
        qt = Arrays.copyOf(qt, k + 1);
        qt[k] = w;
        return qt;
    }

    private static double[] unitResidual(Basis basis, int index) {
        var w = new double[basis.length];
        w[index] = 1;
        basis.project(w);
        double norm = Rows.norm(w, 0, w.length);
        if (!(norm > 1e-14)) return null;
        TriangularSolve.divide(w, norm, w.length);
        basis.project(w);
        norm = Rows.norm(w, 0, w.length);
        if (!(norm > 0.5)) return null;
        TriangularSolve.divide(w, norm, w.length);
        return w;
    }

    public static double[][] append(double[][] r, double[] row) {
        var more = Dense.copy(r);
        more = Arrays.copyOf(more, r.length + 1);
        more[r.length] = row.clone();
        return more;
    }

    /** Rotates rows j and {@code last} so that R[last][column] becomes 0. */
    public static void rotateAway(double[][] r, double[][] qt, int j, int last, int column, int n) {
        double f = r[j][column], g = r[last][column];
        if (g == 0) return;
        double h = Math.hypot(f, g), c = f / h, s = g / h;
        Rows.rotate(r[j], r[last], c, s, column, n);
        r[last][column] = 0;
        Rows.rotate(qt[j], qt[last], c, s, 0, qt[j].length);
    }

    /** Rotates rows {@code last} and j so that {@code Q[index][j]} becomes 0; R stays upper triangular because j falls. */
    public static void rotateColumnAway(double[][] r, double[][] qt, int j, int last, int index, int n) {
        double f = qt[last][index], g = qt[j][index];
        if (g == 0) return;
        double h = Math.hypot(f, g), c = f / h, s = g / h;
        Rows.rotate(qt[last], qt[j], c, s, 0, qt[j].length);
        Rows.rotate(r[last], r[j], c, s, 0, n);
    }

    public static double[][] withoutEntry(double[][] rows, int index) {
        var less = new double[rows.length][];
        for (int i = 0; i < rows.length; i++) {
            int n = rows[i].length;
            less[i] = new double[n - 1];
            System.arraycopy(rows[i], 0, less[i], 0, index);
            System.arraycopy(rows[i], index + 1, less[i], index, n - 1 - index);
        }
        return less;
    }
}
