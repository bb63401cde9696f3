package lyceum.linalg;

import lyceum.ShapeException;
import lyceum.linalg.Fourier.Complex;
import lyceum.linalg.dense.Matrices;
import lyceum.tensor.CustomOp;
import lyceum.tensor.Tensor;

/**
 * A square matrix whose diagonals are constant, told by its first column and first row: entry {@code (i, j)} is {@code column[i - j]} on and below the main
 * diagonal and {@code row[j - i]} above. Products take {@code O(n log n)}, solves {@code O(n^2)} and memory {@code O(n)}.
 *
 * @param column {@code (n)}
 * @param row {@code (n)}; its first entry is that of the column
 */
public record Toeplitz(Tensor column, Tensor row) {
    public Toeplitz {
        if (column.rank() != 1 || row.rank() != 1 || column.size(0) != row.size(0) || column.size(0) == 0) throw new ShapeException(
                "toeplitz: column " + column.shape() + ", row " + row.shape() + "; they are vectors of one length, not empty");
        if (column.item(0) != row.item(0)) throw new IllegalArgumentException(
                "toeplitz: the column begins with " + column.item(0) + ", the row with " + row.item(0) + "; they agree");
    }

    /** A symmetric one. */
    public static Toeplitz symmetric(Tensor column) { return new Toeplitz(column, column); }

    public long size() { return column.size(0); }

    public Tensor toDense() {
        long n = size();
        var both = Tensor.concat(0, column.flip(0), row.narrow(0, 1, n - 1)); // entry n - 1 + j - i
        var places = Tensor.arange(n).unsqueeze(0).sub(Tensor.arange(n).unsqueeze(1)).add(n - 1);
        return both.indexSelect(0, places.flatten()).reshape(n, n);
    }

    /** {@code T x} for a vector {@code (n)}, as part of a product with a circulant of twice the size. With gradients. */
    public Tensor times(Tensor x) {
        long n = size();
        var ring = Tensor.concat(0, column, Tensor.zeros(column.dtype(), 1), row.narrow(0, 1, n - 1).flip(0));
        return new Circulant(ring).times(x.pad(0, 0, n, 0)).narrow(0, 0, n);
    }

    /**
     * {@code T^-1 b} for a vector {@code (n)}, by Levinson's recursion. With gradients, each of which is a solve with the transpose and a product of spectra.
     *
     * @throws SingularMatrixException if a leading block is singular, which it cannot pass though the whole may be regular: {@link Linalg#solve} of {@link #toDense}
     */
    public Tensor solve(Tensor b) {
        return CustomOp.of("toeplitz solve", in -> levinson(in[0], in[1], in[2]), (i, g, x, in) -> {
            var back = new Toeplitz(in[1], in[0]).solve(g);
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
     * that products and solves take {@code O(n log n)} and have gradients.
     */
    public record Circulant(Tensor column) {
        public Circulant {
            if (column.rank() != 1 || column.size(0) == 0)
                throw new ShapeException("circulant: column " + column.shape() + "; it is a vector, not empty");
        }

        /** The eigenvalues, the spectrum of the column. */
        public Complex eigenvalues() { return Fourier.fft(Complex.of(column), 0); }

        public Tensor times(Tensor x) { return Fourier.ifft(eigenvalues().mul(Fourier.fft(Complex.of(same("times", x)), 0)), 0).re(); }

        /** {@code C^-1 b}. @throws SingularMatrixException if an eigenvalue is 0 to rounding */
        public Tensor solve(Tensor b) {
            var values = eigenvalues();
            double[] sizes = values.abs().detach().toDoubleArray();
            double largest = 0;
            for (double size : sizes) largest = Math.max(largest, size);
            for (int k = 0; k < sizes.length; k++)
                if (!(sizes[k] > 1e-14 * largest)) throw new SingularMatrixException(k,
                        "circulant: eigenvalue " + k + " is " + sizes[k] + ", that is 0 to rounding; there is no solution, or many");
            return Fourier.ifft(Fourier.fft(Complex.of(same("solve", b)), 0).div(values), 0).re();
        }

        private Tensor same(String operation, Tensor x) {
            if (!x.shape().equals(column.shape()))
                throw new ShapeException("circulant " + operation + ": shape " + x.shape() + " for a matrix of size " + column.size(0));
            return x;
        }

        public Tensor toDense() {
            long n = column.size(0);
            var places = Tensor.arange(n).unsqueeze(1).sub(Tensor.arange(n).unsqueeze(0)).mod(n);
            return column.indexSelect(0, places.flatten()).reshape(n, n);
        }
    }
}
