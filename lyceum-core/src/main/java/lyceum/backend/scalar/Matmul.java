package lyceum.backend.scalar;

import java.util.Arrays;
import lyceum.DType;
import lyceum.backend.Parallel;
import lyceum.backend.View;

/** Matrix products by plain loops: rows of the result as running sums of rows of the right operand. */
public final class Matmul {
    private Matmul() {}

    /** One matrix of a batch: byte offset of its first element, and strides in elements of its two axes. */
    public record Matrix(View view, long at, long rowStride, long columnStride) {}

    /** Product of one pair of a batch. */
    @FunctionalInterface
    public interface Product {
        void multiply(Matrix a, Matrix b, Matrix out, int m, int n, int k);
    }

    /** Calls {@code product} for every matrix of the batch. */
    public static void batched(View a, View b, View out, Product product) {
        int rank = out.shape().length;
        int m = Math.toIntExact(out.shape()[rank - 2]), n = Math.toIntExact(out.shape()[rank - 1]),
                k = Math.toIntExact(a.shape()[rank - 1]);
        if (out.size() == 0) return;
        var starts = Strided.of(batch(a), batch(b), batch(out));
        long count = View.size(batch(out).shape());
        long grain = count > 1 ? Math.max(1, (long) ((1L << 18) / Math.max(1.0, (double) m * n * k))) : 1;
        Parallel.range(count, grain, 0.03 * m * n * k, (from, to) -> {
            for (long i = from; i < to; i++)
                product.multiply(matrix(a, starts[0], i), matrix(b, starts[1], i), matrix(out, starts[2], i), m, n, k);
        });
    }

    /** Elements of a heap array that products by rows or panels may ask for. */
    private static final long MOST = 1 << 28;

    /**
     * {@code product} for matrices of any size: cut into blocks of rows and columns so that neither a block of the result nor the columns of b
     * that it needs have more than {@value #MOST} elements. Every element is still one sum over all of k, so that no bit depends on the cut.
     */
    public static Product inBlocks(Product product) { return inBlocks(product, MOST); }

    static Product inBlocks(Product product, long most) {
        return (a, b, out, m, n, k) -> {
            int columns = (int) Math.clamp(most / Math.max(1, k), 1, n), rows = (int) Math.clamp(most / columns, 1, m);
            if (rows == m && columns == n) {
                product.multiply(a, b, out, m, n, k);
                return;
            }
            for (long j = 0; j < n; j += columns) {
                int width = (int) Math.min(columns, n - j);
                for (long i = 0; i < m; i += rows)
                    product.multiply(from(a, i, 0), from(b, 0, j), from(out, i, j), (int) Math.min(rows, m - i), width, k);
            }
        };
    }

    private static Matrix from(Matrix x, long row, long column) {
        return new Matrix(x.view, x.at + (row * x.rowStride + column * x.columnStride) * x.view.dtype().bytes(), x.rowStride,
                x.columnStride);
    }

    private static View batch(View view) {
        int rank = view.shape().length - 2;
        return view.with(Arrays.copyOf(view.shape(), rank), Arrays.copyOf(view.strides(), rank));
    }

    private static Matrix matrix(View view, Strided starts, long i) {
        int rank = view.shape().length;
        return new Matrix(view, starts.byteOffset(i), view.strides()[rank - 2], view.strides()[rank - 1]);
    }

    static void multiply(Matrix a, Matrix b, Matrix out, int m, int n, int k) {
        switch (Interpreter.Bank.of(out.view.dtype())) {
            case FLOAT -> floats(a, b, out, m, n, k);
            case DOUBLE -> doubles(a, b, out, m, n, k);
            default -> longs(a, b, out, m, n, k);
        }
    }

    private static long grain(int n, int k) { return Math.max(1, (1L << 18) / Math.max(1, (long) n * k)); }

    private static void floats(Matrix a, Matrix b, Matrix out, int m, int n, int k) {
        var right = new float[k * n];
        for (int p = 0; p < k; p++) Elements.load(b.view.dtype(), b.view.storage().segment(), row(b, p), b.columnStride, right, p * n, n);
        Parallel.range(m, grain(n, k), 0.3 * n * k, (from, to) -> {
            var left = new float[k];
            var sums = new float[n];
            for (int i = (int) from; i < to; i++) {
                Elements.load(a.view.dtype(), a.view.storage().segment(), row(a, i), a.columnStride, left, 0, k);
                Arrays.fill(sums, 0);
                for (int p = 0; p < k; p++) axpy(left[p], right, p * n, sums, n);
                Elements.store(out.view.dtype(), sums, 0, out.view.storage().segment(), row(out, i), out.columnStride, n);
            }
        });
    }

    private static void axpy(float x, float[] right, int at, float[] sums, int n) {
        for (int j = 0; j < n; j++) sums[j] = Math.fma(x, right[at + j], sums[j]);
    }

    private static void doubles(Matrix a, Matrix b, Matrix out, int m, int n, int k) {
        var right = new double[k * n];
        for (int p = 0; p < k; p++) Elements.load(DType.F64, b.view.storage().segment(), row(b, p), b.columnStride, right, p * n, n);
        Parallel.range(m, grain(n, k), 0.3 * n * k, (from, to) -> {
            var left = new double[k];
            var sums = new double[n];
            for (int i = (int) from; i < to; i++) {
                Elements.load(DType.F64, a.view.storage().segment(), row(a, i), a.columnStride, left, 0, k);
                Arrays.fill(sums, 0);
                for (int p = 0; p < k; p++) axpy(left[p], right, p * n, sums, n);
                Elements.store(DType.F64, sums, 0, out.view.storage().segment(), row(out, i), out.columnStride, n);
            }
        });
    }

    private static void axpy(double x, double[] right, int at, double[] sums, int n) {
        for (int j = 0; j < n; j++) sums[j] = Math.fma(x, right[at + j], sums[j]);
    }

    private static void longs(Matrix a, Matrix b, Matrix out, int m, int n, int k) {
        var type = out.view.dtype();
        var segmentA = a.view.storage().segment();
        var segmentB = b.view.storage().segment();
        Parallel.range(m, grain(n, k), 0.3 * n * k, (from, to) -> {
            var sums = new long[n];
            for (int i = (int) from; i < to; i++) {
                Arrays.fill(sums, 0);
                for (int p = 0; p < k; p++) {
                    long x = Elements.getLong(a.view.dtype(), segmentA, row(a, i) + p * a.columnStride * a.view.dtype().bytes());
                    for (int j = 0; j < n; j++) {
                        sums[j] += x * Elements.getLong(b.view.dtype(), segmentB, row(b, p) + j * b.columnStride * b.view.dtype().bytes());
                    }
                }
                for (int j = 0; j < n; j++)
                    Elements.set(type, out.view.storage().segment(), row(out, i) + j * out.columnStride * type.bytes(), sums[j]);
            }
        });
    }

    private static long row(Matrix matrix, int i) { return matrix.at + i * matrix.rowStride * matrix.view.dtype().bytes(); }
}
