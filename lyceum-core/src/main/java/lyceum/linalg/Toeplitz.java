package lyceum.linalg;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.linalg.Fourier.Complex;
import lyceum.linalg.dense.Matrices;
import lyceum.tensor.CustomOp;
import lyceum.tensor.Tensor;

/**
 * A square matrix whose diagonals are constant, told by its first column and first row: entry {@code (i, j)} is {@code column[i - j]} on and below the main
 * diagonal and {@code row[j - i]} above. Products take {@code O(n log n)}, solves {@code O(n^2)} and memory {@code O(n)}. With leading axes it is a batch of such
 * matrices, which broadcasts against batches of vectors.
 *
 * @param column {@code (.., n)}
 * @param row {@code (.., n)}, of the column's shape; its first entry is that of the column
 */
public record Toeplitz(Tensor column, Tensor row) {
    public Toeplitz {
        if (column.rank() == 0 || !column.shape().equals(row.shape()) || column.size(-1) == 0) throw new ShapeException(
                "toeplitz: column " + column.shape() + ", row " + row.shape() + "; they are vectors of one length, not empty");
        double[] down = column.detach().select(-1, 0).flatten().toDoubleArray(),
                right = row.detach().select(-1, 0).flatten().toDoubleArray();
        for (int i = 0; i < down.length; i++)
            if (down[i] != right[i]) throw new IllegalArgumentException(
                    "toeplitz: the column begins with " + down[i] + ", the row with " + right[i] + "; they agree");
    }

    /** A symmetric one. */
    public static Toeplitz symmetric(Tensor column) { return new Toeplitz(column, column); }

    public long size() { return column.size(-1); }

    /** {@code (.., n, n)}. */
    public Tensor toDense() {
        long n = size();
        var both = Tensor.concat(-1, column.flip(-1), row.narrow(-1, 1, n - 1)); // entry n - 1 + j - i
        var places = Tensor.arange(n).unsqueeze(0).sub(Tensor.arange(n).unsqueeze(1)).add(n - 1);
        return square(both.indexSelect(-1, places.flatten()), n);
    }

    private static Tensor square(Tensor rows, long n) {
        long[] shape = Arrays.copyOf(rows.shape().toArray(), rows.rank() + 1);
        shape[rows.rank() - 1] = shape[rows.rank()] = n;
        return rows.reshape(shape);
    }

    /** {@code T x} for vectors {@code (.., n)}, as part of a product with a circulant of twice the size. With gradients. */
    public Tensor times(Tensor x) {
        long n = size();
        require("times", x, n);
        var zero = column.narrow(-1, 0, 1).detach().zerosLike();
        var ring = Tensor.concat(-1, column, zero, row.narrow(-1, 1, n - 1).flip(-1));
        return new Circulant(ring).times(x.pad(-1, 0, n, 0)).narrow(-1, 0, n);
    }

    private static void require(String operation, Tensor x, long n) {
        if (x.rank() == 0 || x.size(-1) != n)
            throw new ShapeException("toeplitz " + operation + ": shape " + x.shape() + " for a matrix of size " + n);
    }

    /**
     * {@code T^-1 b} for vectors {@code (.., n)}, by Levinson's recursion. With gradients, each of which is a solve with the transpose and a product of spectra.
     *
     * @throws SingularMatrixException if a leading block is singular, which it cannot pass though the whole may be regular: {@link Linalg#solve} of {@link #toDense}
     */
    public Tensor solve(Tensor b) {
        require("solve", b, size());
        if (column.rank() == 1 && b.rank() == 1) return solved(column, row, b);
        // Vectors stand as the only rows of matrices, of which there are batches.
        return Leading.each("toeplitz solve", column.unsqueeze(-2), row.unsqueeze(-2), b.unsqueeze(-2),
                (c, r, y) -> solved(c.select(0, 0), r.select(0, 0), y.select(0, 0)).unsqueeze(0)).squeeze(-2);
    }

    private static Tensor solved(Tensor column, Tensor row, Tensor b) {
        return CustomOp.of("toeplitz solve", in -> levinson(in[0], in[1], in[2]), (i, g, x, in) -> {
            var back = solved(in[1], in[0], g);
            return i == 2 ? back : diagonals(back, x, i == 0).neg();
        }).apply(column, row, b);
    }

    /** The sums over each diagonal of {@code y x^T}, from the main one down; or up, and the main one is 0. */
    private static Tensor diagonals(Tensor y, Tensor x, boolean down) {
        long n = x.size(0);
        var both = Fourier.fft(Complex.of(y.pad(0, 0, n, 0)), 0).mul(Fourier.fft(Complex.of(x.pad(0, 0, n, 0)), 0).conjugate());
        var sums = Fourier.ifft(both, 0).re();
        return down ? sums.narrow(0, 0, n) : Tensor.concat(0, Tensor.zeros(sums.dtype(), 1), sums.narrow(0, n + 1, n - 1).flip(0));
    }

    private static Tensor levinson(Tensor column, Tensor row, Tensor b) {
        int n = Math.toIntExact(column.size(0));
        double[] c = Matrices.vector("toeplitz", column, n), r = Matrices.vector("toeplitz", row, n);
        double[] y = Matrices.vector("toeplitz", b, n), x = new double[n];
        // Leading blocks T f = first unit vector, T g = last one.
        double[] f = new double[n], g = new double[n], f2 = new double[n], g2 = new double[n];
        if (c[0] == 0) throw singular(0);
        f[0] = g[0] = 1 / c[0];
        x[0] = y[0] / c[0];
        for (int k = 1; k < n; k++) {
            double below = 0, above = 0, miss = 0;
            for (int i = 0; i < k; i++) {
                below += c[k - i] * f[i];
                above += r[i + 1] * g[i];
                miss += c[k - i] * x[i];
            }
            double scale = 1 - below * above;
            if (!(Math.abs(scale) > 1e-14)) throw singular(k);
            for (int i = 0; i <= k; i++) {
                double longer = i < k ? f[i] : 0, shifted = i > 0 ? g[i - 1] : 0;
                f2[i] = (longer - below * shifted) / scale;
                g2[i] = (shifted - above * longer) / scale;
            }
            var swap = f;
            f = f2;
            f2 = swap;
            swap = g;
            g = g2;
            g2 = swap;
            double gap = y[k] - miss;
            for (int i = 0; i <= k; i++) x[i] += gap * g[i];
        }
        return Matrices.tensor(x, Matrices.resultType(b));
    }

    private static SingularMatrixException singular(int k) {
        return new SingularMatrixException(k,
                "toeplitz: the leading block of size " + (k + 1) + " is singular; Linalg.solve(toDense(), b) can pass it");
    }

    /**
     * A square matrix whose columns are the first, turned: entry {@code (i, j)} is {@code column[(i - j) mod n]}. Its eigenvectors are those of {@link Fourier}, so
     * that products and solves take {@code O(n log n)} and have gradients. With leading axes it is a batch of such matrices, which broadcasts against vectors.
     *
     * @param column {@code (.., n)}
     */
    public record Circulant(Tensor column) {
        public Circulant {
            if (column.rank() == 0 || column.size(-1) == 0)
                throw new ShapeException("circulant: column " + column.shape() + "; it is a vector, not empty");
        }

        /** The eigenvalues {@code (.., n)}, the spectrum of the column. */
        public Complex eigenvalues() { return Fourier.fft(Complex.of(column), -1); }

        /** {@code C x} for vectors {@code (.., n)}. */
        public Tensor times(Tensor x) { return Fourier.ifft(eigenvalues().mul(Fourier.fft(Complex.of(same("times", x)), -1)), -1).re(); }

        /** {@code C^-1 b} for vectors {@code (.., n)}. @throws SingularMatrixException if an eigenvalue is 0 to rounding */
        public Tensor solve(Tensor b) {
            var values = eigenvalues();
            double[] sizes = values.abs().detach().toDoubleArray();
            int n = (int) column.size(-1);
            for (int from = 0; from < sizes.length; from += n) {
                double largest = 0;
                for (int k = 0; k < n; k++) largest = Math.max(largest, sizes[from + k]);
                for (int k = 0; k < n; k++)
                    if (!(sizes[from + k] > 1e-14 * largest)) throw new SingularMatrixException(k, "circulant: eigenvalue " + k + " is "
                            + sizes[from + k] + ", that is 0 to rounding; there is no solution, or many");
            }
            return Fourier.ifft(Fourier.fft(Complex.of(same("solve", b)), -1).div(values), -1).re();
        }

        private Tensor same(String operation, Tensor x) {
            if (x.rank() == 0 || x.size(-1) != column.size(-1))
                throw new ShapeException("circulant " + operation + ": shape " + x.shape() + " for a matrix of size " + column.size(-1));
            return x;
        }

        /** {@code (.., n, n)}. */
        public Tensor toDense() {
            long n = column.size(-1);
            var places = Tensor.arange(n).unsqueeze(1).sub(Tensor.arange(n).unsqueeze(0)).mod(n);
            return square(column.indexSelect(-1, places.flatten()), n);
        }
    }
}
