package lyceum.linalg.dense;

/** {@code A = Q R} by Householder reflectors in blocks: a few columns at a time in the Java heap, all that is beside them by products of matrices. */
public final class QrBlocks {
    private static final int LEAF = 32, WIDE = 64, LARGE = 384;

    private final Block a, v, turned;
    private final int m, n, k;
    private final double[][] columns;
    private final double[] tau;
    private final ReflectorBlocks reflectors;

    private QrBlocks(Block a) {
        this.a = a;
        m = a.m();
        n = a.n();
        k = Math.min(m, n);
        v = Block.kept(m, k);
        columns = new double[LEAF][m];
        turned = Block.kept(LEAF, m);
        tau = new double[k];
        int width = k < LARGE ? LEAF : WIDE;
        reflectors = new ReflectorBlocks(v, 0, width);
        for (int j = 0; j < k; j += width) block(j, Math.min(k, j + width));
    }

    /** Overwrites {@code a} with R, and below its diagonal with anything. */
    static ReflectorBlocks factor(Block a) { return new QrBlocks(a).reflectors; }

    private void block(int from, int to) {
        for (int j = from; j < to; j += LEAF) {
            int end = Math.min(to, j + LEAF);
            leaf(j, end);
            for (int i = from; i < j; i++) v.clear(i, j, end - j);
            if (end == to) continue;
            var part = v.part(j, m, j, end);
            ReflectorBlocks.apply(part, ReflectorBlocks.triangle(part, tau, j), a.part(j, m, end, to), true);
        }
        var t = reflectors.add(tau, to);
        ReflectorBlocks.apply(v.part(from, m, from, to), t, a.part(from, m, to, n), true);
    }

    private void leaf(int from, int to) {
        int rows = m - from, width = to - from;
        var out = new double[2];
        var part = a.part(from, m, from, to);
        part.toColumns(columns, turned);
        for (int j = 0; j < width; j++) {
            double[] x = columns[j];
            Reflector.make(x, j, rows, out);
            double s = tau[from + j] = out[0];
            part.set(j, j, out[1]);
            for (int c = j + 1; s != 0 && c < width; c++) Rows.axpy(-s * Rows.dot(x, columns[c], j, rows), x, columns[c], j, rows);
        }
        for (int j = 0; j < width; j++) for (int i = 0; i < j; i++) {
            part.set(i, j, columns[j][i]);
            columns[j][i] = 0;
        }
        v.part(from, m, from, to).setColumns(columns, turned);
    }
}
