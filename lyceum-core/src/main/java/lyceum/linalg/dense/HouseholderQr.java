package lyceum.linalg.dense;

import java.util.ArrayList;
import java.util.List;
import lyceum.memory.Scope;

/** {@code A = Q R} or {@code A P = Q R} by Householder reflectors; {@code r} is m x n, zero below the diagonal. */
public final class HouseholderQr {
    private final int m, n;
    /** Null until it is asked for, where {@code blocks} are. */
    private volatile double[][] r;
    private final List<BlockReflector> panels;
    private final int[] columns;
    /** Null for small matrices and those with pivoting. */
    private final ReflectorBlocks blocks;
    private final Block upper;

    private HouseholderQr(int n, double[][] r, List<BlockReflector> panels, int[] columns) {
        this.m = r.length;
        this.n = n;
        this.r = r;
        this.panels = panels;
        this.columns = columns;
        this.blocks = null;
        this.upper = null;
    }

    private HouseholderQr(Block a) {
        m = a.m();
        n = a.n();
        panels = null;
        columns = null;
        blocks = QrBlocks.factor(a);
        upper = (m > n ? Block.kept(n, n).setTo(a.rows(0, n)) : a).clearLower(); // of a tall matrix the rest is not kept
    }

    /** Blocked, without pivoting. Overwrites {@code a} and may keep it. */
    public static HouseholderQr of(Block a) { return new HouseholderQr(a); }

    /** Blocked, without pivoting. Overwrites {@code a}. */
    public static HouseholderQr of(double[][] a, int n) {
        int m = a.length, k = Math.min(m, n), nb = BlockReflector.NB;
        if (Block.pays(m, n)) return of(Block.kept(a, n));
        var vectors = new double[k][m];
        var tau = new double[k];
        var w = new double[n];
        var out = new double[2];
        var panels = new ArrayList<BlockReflector>();
        for (int j0 = 0; j0 < k; j0 += nb) {
            int j1 = Math.min(k, j0 + nb);
            for (int j = j0; j < j1; j++) {
                eliminate(a, j, vectors[j], out);
                tau[j] = out[0];
                Reflector.applyLeft(a, vectors[j], tau[j], j, m, j + 1, j1, w);
            }
            var panel = BlockReflector.of(vectors, tau, j0, j1, j0);
            panel.apply(a, j1, n, true);
            panels.add(panel);
        }
        return new HouseholderQr(n, a, panels, null);
    }

    /** With column pivoting (Businger and Golub, 1965): the diagonal of R falls in size. Overwrites {@code a}. */
    public static HouseholderQr pivoted(double[][] a, int n) {
        int m = a.length, k = Math.min(m, n);
        var vectors = new double[k][m];
        var tau = new double[k];
        var w = new double[n];
        var out = new double[2];
        var columns = new int[n];
        var norm = new double[n];
        for (int j = 0; j < n; j++) {
            columns[j] = j;
            norm[j] = Rows.norm(Dense.column(a, j), 0, m);
        }
        var reference = norm.clone();
        for (int j = 0; j < k; j++) {
            int p = j;
            for (int c = j + 1; c < n; c++) if (norm[c] > norm[p]) p = c;
            if (p != j) swapColumns(a, columns, norm, reference, p, j);
            eliminate(a, j, vectors[j], out);
            tau[j] = out[0];
            Reflector.applyLeft(a, vectors[j], tau[j], j, m, j + 1, n, w);
            downdate(a, j, norm, reference);
        }
        return new HouseholderQr(n, a, BlockReflector.panels(vectors, tau, k, 0), columns);
    }

    /** Column j becomes the vector v and the single entry beta. */
    private static void eliminate(double[][] a, int j, double[] v, double[] out) {
        int m = a.length;
        for (int i = j; i < m; i++) v[i] = a[i][j];
        Reflector.make(v, j, m, out);
        a[j][j] = out[1];
        for (int i = j + 1; i < m; i++) a[i][j] = 0;
    }

    private static void swapColumns(double[][] a, int[] columns, double[] norm, double[] reference, int p, int j) {
        for (double[] row : a) {
            double t = row[p];
            row[p] = row[j];
            row[j] = t;
        }
        int c = columns[p];
        columns[p] = columns[j];
        columns[j] = c;
        norm[p] = norm[j];
        reference[p] = reference[j];
    }

    /** Norms of what is left of each column; recomputed where the downdate would cancel (Drmac and Bujanovic, 2008). */
    private static void downdate(double[][] a, int j, double[] norm, double[] reference) {
        for (int c = j + 1; c < norm.length; c++) {
            if (norm[c] == 0) continue;
            double ratio = Math.abs(a[j][c]) / norm[c];
            double left = Math.max(0, (1 - ratio) * (1 + ratio));
            double relative = norm[c] / reference[c];
            if (left * relative * relative <= 1.5e-8) {
                double[] column = Dense.column(a, c);
                norm[c] = Rows.norm(column, j + 1, a.length);
                reference[c] = norm[c];
            } else {
                norm[c] *= Math.sqrt(left);
            }
        }
    }

    public int m() { return m; }

    public int n() { return n; }

    public double[][] r() {
        var known = r;
        if (known == null) {
            known = Dense.zeros(m, n);
            for (int i = 0; i < upper.m(); i++) upper.row(i, i, known[i], i, n - i);
            r = known;
        }
        return known;
    }

    /** Column j of {@code A P} is column {@code columns()[j]} of A; null without pivoting. */
    public int[] columns() { return columns; }

    /** The upper trapezoid outside the heap, or null: then {@link #upper} has it. */
    public Block upperBlock() { return upper; }

    /** The first {@code count} columns of Q outside the heap, or null: then {@link #q} has them. */
    public Block qBlock(int count) { return blocks == null ? null : blocks.form(count); }

    /** The first {@code count} columns of Q. */
    public double[][] q(int count) { return blocks == null ? BlockReflector.form(panels, m, count) : blocks.form(count).toRows(); }

    /** {@code B <- Q^T B}. */
    public void applyTransposed(double[][] b, int columnsOfB) { apply(b, columnsOfB, true); }

    /** {@code B <- Q B}. */
    public void apply(double[][] b, int columnsOfB) { apply(b, columnsOfB, false); }

    private void apply(double[][] b, int columnsOfB, boolean transposed) {
        if (blocks == null) {
            BlockReflector.applyAll(panels, b, columnsOfB, transposed);
            return;
        }
        try (var scratch = Scope.open("reflectors")) {
            var c = Block.empty(m, columnsOfB).setRows(b);
            blocks.apply(c, transposed);
            for (int i = 0; i < m; i++) c.row(i, 0, b[i], 0, columnsOfB);
        }
    }

    /** The upper trapezoid: the first min(m, n) rows. */
    public double[][] upper() { return upper != null ? upper.toRows() : Dense.block(r, 0, Math.min(m, n), 0, n); }

    /** The number of diagonal entries of R above {@code tolerance} times the largest; meaningful after pivoting. */
    public int rank(double tolerance) {
        int k = Math.min(m, n), rank = 0;
        if (k == 0) return 0;
        double[][] r = r();
        double largest = Math.abs(r[0][0]);
        while (rank < k && Math.abs(r[rank][rank]) > tolerance * largest) rank++;
        return rank;
    }
}
