package lyceum.linalg.dense;

import java.util.concurrent.atomic.AtomicBoolean;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Parallel;
import lyceum.memory.Scope;
import lyceum.tensor.Tensor;

/** Between tensors and rows, with the checks every decomposition makes. Everything is computed in F64; results return in the input's float type. */
public final class Matrices {
    /** Rows that are turned together, and how often a thread does that in the same room. */
    private static final int STRIP = 32, STRIPS = 4;
    /** The most elements of a Java array. */
    private static final long MOST = Integer.MAX_VALUE - 8;

    private Matrices() {}

    /** The rows of a finite matrix. */
    public static double[][] rows(String operation, Tensor a) {
        requireMatrix(operation, a);
        requireElements(operation, a.size(0), a.size(1));
        int m = size(operation, a.size(0)), n = size(operation, a.size(1));
        double[] flat = a.toDoubleArray();
        requireFinite(operation, flat, n);
        return Dense.ofRowMajor(flat, m, n);
    }

    /** The rows of a square matrix of which no more is read than the lower triangle, which is finite. */
    public static double[][] lowerRows(String operation, Tensor a) {
        requireElements(operation, a.size(0), a.size(1));
        int n = size(operation, a.size(0));
        double[] flat = a.toDoubleArray();
        for (int i = 0; i < n; i++)
            for (int j = 0; j <= i; j++) if (!Double.isFinite(flat[i * n + j])) throw notFinite(operation, i, j, n, flat[i * n + j]);
        return Dense.ofRowMajor(flat, n, n);
    }

    /**
     * A copy outside the heap of a finite matrix, for an object to keep.
     *
     * @param sums receives the sum of the sizes of each column
     */
    public static Block block(String operation, Tensor a, double[] sums) {
        var from = Block.of(a);
        var to = Block.kept(from.m(), from.n());
        var row = new double[from.n()];
        for (int i = 0; i < from.m(); i++) {
            from.row(i, 0, row, 0, row.length);
            for (int j = 0; j < row.length; j++) sums[j] += Math.abs(row[j]);
            to.setRow(i, 0, row, 0, row.length);
        }
        for (double sum : sums) if (!Double.isFinite(sum)) requireFinite(operation, from);
        return to;
    }

    /** The upper triangle that is the lower one of {@code a}, which is square, and of which no more is read; below it stands anything. Some rows at a time are turned while they are in the cache. */
    public static Block upperOfLower(String operation, Tensor a) {
        var from = Block.of(a);
        int n = from.n();
        var to = Block.kept(n, n);
        var finite = new AtomicBoolean(true);
        Parallel.range(Math.ceilDiv(n, STRIP), STRIPS, (double) STRIP * n, (first, end) -> {
            double[] row = new double[n], sums = new double[n];
            try (var scratch = Scope.open(operation)) {
                var strip = Block.kept(STRIP, n);
                for (int i0 = (int) first * STRIP; i0 < Math.min(n, end * STRIP); i0 += STRIP) {
                    int i1 = Math.min(n, i0 + STRIP);
                    for (int i = i0; i < i1; i++) {
                        from.row(i, 0, row, 0, i1);
                        for (int j = 0; j <= i; j++) sums[j] += Math.abs(row[j]);
                        strip.setRow(i - i0, 0, row, 0, i1);
                    }
                    to.part(0, i1, i0, i1).setTo(strip.part(0, i1 - i0, 0, i1).transposed());
                }
            }
            for (double sum : sums) if (!Double.isFinite(sum)) finite.set(false);
        });
        if (!finite.get()) for (int i = 0; i < n; i++)
            for (int j = 0; j <= i; j++) if (!Double.isFinite(from.get(i, j))) throw notFinite(operation, i, j, n, from.get(i, j));
        return to;
    }

    /** The transpose of an upper triangle, with zeros beside it. */
    public static Tensor lowerOfUpper(Block u, DType type) {
        int n = u.n();
        var to = Block.empty(n, n);
        for (int i0 = 0; i0 < n; i0 += STRIP) {
            int i1 = Math.min(n, i0 + STRIP);
            to.part(i0, i1, 0, i1).setTo(u.part(0, i1, i0, i1).transposed());
            for (int i = i0; i < i1; i++) to.clear(i, i + 1, n - i - 1);
        }
        return to.tensor(type);
    }

    /** The sides of a system as {@link RightSides}, outside the heap: row i is row {@code order[i]} of {@code b}; null for the order as it is. */
    public static Block rightSide(String operation, Tensor b, int rows, int[] order) {
        RightSides.check(operation, b, rows);
        var from = Block.of(b);
        var to = Block.empty(rows, from.n());
        var row = new double[from.n()];
        double sum = 0;
        for (int i = 0; i < rows; i++) {
            from.row(order == null ? i : order[i], 0, row, 0, row.length);
            for (double value : row) sum += Math.abs(value);
            to.setRow(i, 0, row, 0, row.length);
        }
        if (!Double.isFinite(sum)) requireFinite(operation, from);
        return to;
    }

    /** The solution as a tensor of as many axes as {@code b}. */
    public static Tensor solution(Block x, Tensor b, DType type) { return b.rank() == 1 ? x.vector(type) : x.tensor(type); }

    public static void requireMatrix(String operation, Tensor a) {
        if (a.rank() != 2) throw new ShapeException(operation + ": shape " + a.shape() + " is not a matrix; "
                + (a.rank() > 2 ? "Autograd.vmap does it for each of a batch" : "reshape it to (rows, columns)"));
    }

    /** A matrix whose factors can be held: outside the heap, or in rows that were one Java array. */
    public static void requireFactorable(String operation, Tensor a) {
        requireMatrix(operation, a);
        int m = size(operation, a.size(0)), n = size(operation, a.size(1));
        if (!Block.pays(m, n)) requireElements(operation, m, n);
    }

    /** That one Java array holds a matrix (m, n). */
    public static void requireElements(String operation, long m, long n) {
        if (m > 0 && n > MOST / m) throw new ShapeException(operation + ": a matrix (" + m + ", " + n + ") has more than " + MOST
                + " elements, a square one at most 46340 rows; take fewer, or solve by products alone (ConjugateGradient, Lsqr, Lanczos on LinearMap.of(rows, columns, x -> a.matmul(x), ..); RandomizedSvd)");
    }

    /** A square matrix whose factors can be held. */
    public static void requireSquare(String operation, Tensor a) {
        requireFactorable(operation, a);
        if (a.size(0) != a.size(1)) throw new ShapeException(operation + ": shape " + a.shape() + " is not square");
    }

    public static double[][] square(String operation, Tensor a) {
        requireSquare(operation, a);
        return rows(operation, a);
    }

    /** A symmetric matrix: the lower triangle mirrored, after checking that the upper one agrees to rounding. */
    public static double[][] symmetric(String operation, Tensor a) {
        var rows = square(operation, a);
        double scale = Dense.maxAbs(rows), tolerance = (a.dtype() == DType.F64 ? 1e-8 : 1e-3) * scale;
        for (int i = 0; i < rows.length; i++) {
            for (int j = 0; j < i; j++) {
                if (Math.abs(rows[i][j] - rows[j][i]) > tolerance)
                    throw new IllegalArgumentException(operation + ": entries (" + i + ", " + j + ") = " + rows[i][j] + " and (" + j + ", "
                            + i + ") = " + rows[j][i] + " differ; the matrix must be symmetric: pass a.add(a.transpose()).mul(0.5)");
            }
        }
        Product.mirrorLower(rows);
        return rows;
    }

    public static double[] vector(String operation, Tensor x, int length) {
        if (x.rank() != 1 || x.size(0) != length)
            throw new ShapeException(operation + ": shape " + x.shape() + " where a vector of " + length + " is needed");
        double[] flat = x.toDoubleArray();
        requireFinite(operation, flat, 1);
        return flat;
    }

    /** An axis as an int. */
    public static int size(String operation, long size) {
        if (size > Integer.MAX_VALUE - 8) throw new ShapeException(operation + ": an axis of " + size + " is beyond the limit of 2^31 - 9");
        return (int) size;
    }

    public static void requireFinite(String operation, double[] flat, int columns) {
        for (int i = 0; i < flat.length; i++)
            if (!Double.isFinite(flat[i])) throw notFinite(operation, i / columns, i % columns, columns, flat[i]);
    }

    /** The same of what may be more than an array holds. */
    private static void requireFinite(String operation, Block a) {
        var row = new double[a.n()];
        for (int i = 0; i < a.m(); i++) {
            a.row(i, 0, row, 0, row.length);
            for (int j = 0; j < row.length; j++) if (!Double.isFinite(row[j])) throw notFinite(operation, i, j, row.length, row[j]);
        }
    }

    private static IllegalArgumentException notFinite(String operation, int i, int j, int columns, double value) {
        var place = columns == 1 ? "entry " + i : "entry (" + i + ", " + j + ")";
        return new IllegalArgumentException(operation + ": " + place + " is " + value + "; remove or replace such values first");
    }

    /** The float type that a result takes: the input's, or F64 for integers. */
    public static DType resultType(Tensor a) { return a.dtype().isFloat() ? a.dtype() : DType.F64; }

    public static Tensor tensor(double[][] a, int n, DType type) { return Block.empty(a.length, n).setRows(a).tensor(type); }

    public static Tensor tensor(double[] x, DType type) { return Tensor.of(x, x.length).to(type); }

    /** The right-hand side of a system: one vector or the columns of a matrix. */
    public record RightSides(double[][] b, int columns, boolean isVector) {
        private static void check(String operation, Tensor b, int rows) {
            if (b.rank() != 1 && b.rank() != 2 || b.size(0) != rows) {
                throw new ShapeException(operation + ": right-hand side of shape " + b.shape() + " for a matrix of " + rows
                        + " rows; its first size must be " + rows);
            }
        }

        public static RightSides of(String operation, Tensor b, int rows) {
            check(operation, b, rows);
            boolean vector = b.rank() == 1;
            int columns = vector ? 1 : size(operation, b.size(1));
            double[] flat = b.toDoubleArray();
            requireFinite(operation, flat, columns);
            return new RightSides(Dense.ofRowMajor(flat, rows, columns), columns, vector);
        }

        public Tensor tensor(double[][] x, DType type) {
            return isVector ? Matrices.tensor(Dense.column(x, 0), type) : Matrices.tensor(x, columns, type);
        }
    }
}
