package lyceum.linalg.dense;

import java.util.ArrayList;
import java.util.List;
import lyceum.backend.Backend;
import lyceum.memory.Scope;

/**
 * The orthogonal matrix {@code Q = H_1 H_2 ... H_k} of reflectors in blocks of compact WY form, {@code I - V T V^T} (Schreiber and Van Loan, 1989), so that
 * applying it is products of matrices.
 */
public final class ReflectorBlocks {
    private final Block v;
    private final int offset, width;
    private final List<Block> triangles = new ArrayList<>();

    /**
     * @param v a column a reflector, of which column j is zero before row {@code j + offset}, as far as the rows of its block go
     * @param width reflectors of a block
     */
    ReflectorBlocks(Block v, int offset, int width) {
        this.v = v;
        this.offset = offset;
        this.width = width;
    }

    /** Of {@code count} vectors, of which vector j is zero before index {@code j + offset}. */
    static ReflectorBlocks of(double[][] vectors, double[] tau, int count, int offset, int width) {
        int m = vectors[0].length;
        var blocks = new ReflectorBlocks(Block.kept(vectors, m).transposed(), offset, width);
        for (int j = 0; j < count; j += width) blocks.add(tau, Math.min(count, j + width));
        return blocks;
    }

    /** The next block of reflectors is there, up to reflector {@code to}. */
    Block add(double[] tau, int to) {
        int from = triangles.size() * width;
        var t = triangle(v.part(from + offset, v.m(), from, to), tau, from);
        triangles.add(t);
        return t;
    }

    /** {@code T} of the reflectors that are the columns of {@code v}; the first has {@code tau[from]}. */
    static Block triangle(Block v, double[] tau, int from) {
        int k = v.n();
        double[][] gram;
        try (var scratch = Scope.open("reflectors")) {
            gram = Block.empty(k, k).setProduct(Backend.current(), v.transposed(), v).toRows();
        }
        var columns = new double[k][k];
        for (int j = 0; j < k; j++) {
            double s = tau[from + j];
            for (int i = 0; i < j; i++) Rows.axpy(-s * gram[i][j], columns[i], columns[j], 0, i + 1);
            columns[j][j] = s;
        }
        return Block.kept(columns, k).transposed();
    }

    /** {@code C <- (I - V T V^T) C}, or with the transpose of that. */
    static void apply(Block v, Block t, Block c, boolean transposed) {
        if (c.n() == 0) return;
        var backend = Backend.current();
        try (var scratch = Scope.open("reflectors")) {
            var w = Block.empty(v.n(), c.n()).setProduct(backend, v.transposed(), c);
            var tw = Block.empty(v.n(), c.n()).setProduct(backend, transposed ? t.transposed() : t, w);
            c.minusProduct(backend, v, tw);
        }
    }

    /** The reflectors of block {@code b} alone, on what has as many rows as Q and some columns. */
    private void apply(int b, Block c, boolean transposed) {
        int from = b * width, to = from + triangles.get(b).n();
        apply(v.part(from + offset, v.m(), from, to), triangles.get(b), c.rows(from + offset, c.m()), transposed);
    }

    /** {@code C <- Q C} or {@code Q^T C}. */
    public void apply(Block c, boolean transposed) {
        int blocks = triangles.size();
        for (int b = 0; b < blocks; b++) apply(transposed ? b : blocks - 1 - b, c, transposed);
    }

    /** The first {@code count} columns of Q: columns left of a block are still unit vectors when it is applied. */
    public Block form(int count) {
        var q = Block.kept(v.m(), count);
        for (int i = 0; i < q.m(); i++) {
            q.clear(i, 0, count);
            if (i < count) q.set(i, i, 1);
        }
        for (int b = triangles.size() - 1; b >= 0; b--) apply(b, q.columns(Math.min(count, b * width + offset), count), false);
        return q;
    }
}
