package lyceum.linalg.dense;

import java.util.ArrayList;
import java.util.List;
import lyceum.memory.Scope;

/**
 * A product of reflectors in compact WY form, {@code H_1 ... H_k = I - V T V^T} (Schreiber and Van Loan, 1989), so that applying it is
 * matrix products. {@code vt} holds the vectors as rows of full length, {@code v} their transpose from row {@code first} on.
 */
public record BlockReflector(int first, double[][] vt, double[][] v, double[][] t) {
    public static final int NB = 32;

    /** The reflectors {@code [from, to)} of {@code vectors}, which are zero before index {@code first}. */
    public static BlockReflector of(double[][] vectors, double[] tau, int from, int to, int first) {
        int k = to - from;
        int m = vectors[from].length;
        var vt = new double[k][];
        for (int j = 0; j < k; j++) vt[j] = vectors[from + j];
        var t = new double[k][k];
        var z = new double[k];
        for (int j = 0; j < k; j++) {
            for (int i = 0; i < j; i++) z[i] = -tau[from + j] * Rows.dot(vt[i], vt[j], first, m);
            for (int i = 0; i < j; i++) t[i][j] = Rows.dot(t[i], z, i, j);
            t[j][j] = tau[from + j];
        }
        var v = new double[m - first][k];
        for (int j = 0; j < k; j++) for (int i = first; i < m; i++) v[i - first][j] = vt[j][i];
        return new BlockReflector(first, vt, v, t);
    }

    /** All reflectors in panels of {@value #NB}; reflector j is zero before index {@code j + offset}. */
    public static List<BlockReflector> panels(double[][] vectors, double[] tau, int count, int offset) {
        var panels = new ArrayList<BlockReflector>();
        for (int j = 0; j < count; j += NB) panels.add(of(vectors, tau, j, Math.min(count, j + NB), j + offset));
        return panels;
    }

    /** The first {@code columns} columns of the product of {@code count} reflectors of size m as rows; reflector j is zero before index {@code j + offset}. */
    public static double[][] formTransposed(double[][] vectors, double[] tau, int count, int offset, int m, int columns) {
        if (count < Block.LEAST || !Block.pays(m, columns))
            return Dense.transpose(form(panels(vectors, tau, count, offset), m, columns), columns);
        try (var scratch = Scope.open("reflectors")) {
            return Block.empty(columns, m).setTo(ReflectorBlocks.of(vectors, tau, count, offset, 2 * NB).form(columns).transposed())
                    .toRows();
        }
    }

    /** {@code A <- H A} or {@code H^T A} on columns {@code [c0, c1)}. */
    public void apply(double[][] a, int c0, int c1, boolean transposed) {
        if (c0 >= c1) return;
        int k = vt.length, m = a.length;
        var w = new double[k][c1];
        Product.add(w, 0, k, c0, c1, 1, vt, 0, first, a, first, m - first);
        var tw = new double[k][c1];
        Product.add(tw, 0, k, c0, c1, 1, transposed ? Dense.transpose(t, k) : t, 0, 0, w, 0, k);
        Product.add(a, first, m, c0, c1, -1, v, -first, 0, tw, 0, k);
    }

    /** {@code A <- Q A} or {@code Q^T A} with {@code Q} the product of all panels in order. */
    public static void applyAll(List<BlockReflector> panels, double[][] a, int columns, boolean transposed) {
        if (transposed) for (var p : panels) p.apply(a, 0, columns, true);
        else for (int i = panels.size() - 1; i >= 0; i--) panels.get(i).apply(a, 0, columns, false);
    }

    /** The first {@code columns} columns of {@code Q} (m x m). Columns left of a panel's first row are still unit vectors when it is applied. */
    public static double[][] form(List<BlockReflector> panels, int m, int columns) {
        var q = Dense.identity(m, columns);
        for (int i = panels.size() - 1; i >= 0; i--) {
            var p = panels.get(i);
            p.apply(q, Math.min(p.first, columns), columns, false);
        }
        return q;
    }
}
