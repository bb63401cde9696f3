package lyceum.linalg;

import java.util.Arrays;
import lyceum.DType;
import lyceum.linalg.dense.Basis;
import lyceum.linalg.dense.Dense;
import lyceum.linalg.dense.Matrices;
import lyceum.linalg.dense.Rows;
import lyceum.linalg.dense.SvdSteps;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * The k largest singular triplets of a matrix or a matrix-free operator by thick-restart Golub-Kahan-Lanczos bidiagonalisation with full
 * reorthogonalisation (Baglama and Reichel, 2005). Accurate to {@code tolerance}; {@link RandomizedSvd} is faster and rougher.
 *
 * @param k number of triplets
 * @param tolerance residual relative to the largest value, 1e-12 by default
 * @param basis vectors kept a side, {@code max(2 k + 16, 40)} by default
 * @param maxRestarts 300 by default; the best so far is then returned
 */
@Withers
public record TruncatedSvd(int k, double tolerance, int basis, int maxRestarts) implements TruncatedSvdWithers {
    public TruncatedSvd {
        if (k < 1) throw new IllegalArgumentException("truncated svd: k is " + k + "; ask for at least one value");
        if (basis < k + 2)
            throw new IllegalArgumentException("truncated svd: basis is " + basis + "; it holds at least k + 2 = " + (k + 2) + " vectors");
        if (!(tolerance >= 0)) throw new IllegalArgumentException("truncated svd: tolerance is " + tolerance + "; it is not negative");
    }

    public TruncatedSvd(int k) { this(k, 1e-12, Math.max(2 * k + 16, 40), 300); }

    public Svd run(Tensor a, Rng rng) { return run(LinearMap.of(a), rng, Matrices.resultType(a)); }

    /** The map must have a transpose. */
    public Svd run(LinearMap a, Rng rng) { return run(a, rng, DType.F64); }

    private Svd run(LinearMap a, Rng rng, DType type) {
        int m = a.rows(), n = a.cols(), least = Math.min(m, n);
        if (k > least) throw new IllegalArgumentException(
                "truncated svd: k is " + k + " but a " + m + " x " + n + " map has " + least + " singular values");
        if (m < n) {
            var t = run(a.transposed(), rng, type);
            return new Svd(m, n, new SvdSteps.Parts(t.rightRows(), t.singularValues(), t.leftRows()), type);
        }
        int size = Math.min(n, basis);
        Basis u = new Basis(size, m), v = new Basis(size + 1, n);
        v.addRandom(rng);
        var b = new double[size][size];
        for (int restart = 0;; restart++) {
            double beta = 0;
            while (u.size < size) {
                int j = u.size;
                double[] w = LinearMap.checked("truncated svd", a.times(v.rows[j].clone()), m).clone();
                double before = Rows.norm(w, 0, m);
                double[] h = u.project(w);
                for (int i = 0; i < j; i++) b[i][j] = h[i];
                double alpha = Rows.norm(w, 0, m);
                if (alpha > 1e-14 * before) u.add(w, b[j][j] = alpha);
                else u.addRandom(rng);
                double[] z = LinearMap.checked("truncated svd", a.transposeTimes(u.rows[j].clone()), n).clone();
                double size0 = Rows.norm(z, 0, n);
                v.project(z);
                beta = Rows.norm(z, 0, n);
                if (v.size == n) beta = 0;
                else if (beta > 1e-14 * size0) v.add(z, beta);
                else {
                    beta = 0;
                    v.addRandom(rng);
                }
            }
            var small = SvdSteps.golubKahan(Dense.copy(b), size, SvdSteps.Vectors.THIN);
            int found = 0;
            while (found < k && beta * Math.abs(small.ut()[found][size - 1]) <= tolerance * small.s()[0]) found++;
            boolean last = found == k || restart == maxRestarts || size == n;
            int keep = last ? k : Math.min(size - 1, k + Math.max(1, (size - k) / 2));
            double[] next = v.size > size ? v.rows[size] : null;
            u.combine(small.ut(), keep, size);
            v.combine(small.vt(), keep, size);
            if (last) {
                return new Svd(m, n, new SvdSteps.Parts(Arrays.copyOf(u.rows, k), Arrays.copyOf(small.s(), k), Arrays.copyOf(v.rows, k)),
                        type);
            }
            v.rows[keep] = next;
            v.size = keep + 1;
            for (double[] row : b) Arrays.fill(row, 0);
            for (int i = 0; i < keep; i++) b[i][i] = small.s()[i];
        }
    }
}
