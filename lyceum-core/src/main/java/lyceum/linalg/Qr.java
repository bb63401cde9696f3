package lyceum.linalg;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.linalg.dense.Block;
import lyceum.linalg.dense.Dense;
import lyceum.linalg.dense.HouseholderQr;
import lyceum.linalg.dense.Matrices;
import lyceum.linalg.dense.Product;
import lyceum.linalg.dense.QrRows;
import lyceum.linalg.dense.Rows;
import lyceum.linalg.dense.TriangularSolve;
import lyceum.tensor.Tensor;

/**
 * {@code A = Q R} by Householder reflectors, or {@code A P = Q R} with column pivoting, which reveals the rank.
 *
 * {@snippet :
 * var qr = Qr.of(a);                      // q (m, k), r (k, n), k = min(m, n)
 * Tensor x = qr.solve(b);                 // least squares for m >= n and full rank
 * int rank = Qr.pivoted(a).rank();
 * var next = qr.insertRow(qr.size(0), newObservation);
 * }
 *
 * <p>Blocked (compact WY), {@code 2 n^2 (m - n / 3)} flops for {@code m >= n}; pivoted QR costs the same without blocks. Computed in F64,
 * returned in the input's type. Immutable.
 *
 * @see <a href="https://doi.org/10.1137/1.9781421407944">Golub and Van Loan, Matrix Computations (4th ed., 2013), sections 5.2, 5.4, 6.5</a>
 */
public final class Qr {
    private final int m, n, k;
    private final DType type;
    /** Null until it is asked for, where {@code reflectors} have it. */
    private volatile double[][] r;
    private final int[] columns;
    /** Null once rows were inserted or deleted; then {@code q} is explicit. */
    private final HouseholderQr reflectors;
    private volatile double[][] q;
    /** The thin factor of a large matrix once it was asked for. */
    private volatile Block block;

    private Qr(int m, int n, double[][] q, double[][] r, int[] columns, HouseholderQr reflectors, DType type) {
        this.m = m;
        this.n = n;
        this.k = Math.min(m, n);
        this.q = q;
        this.r = r;
        this.columns = columns;
        this.reflectors = reflectors;
        this.type = type;
    }

    public static Qr of(Tensor a) {
        Matrices.requireFactorable("qr", a);
        int m = (int) a.size(0), n = (int) a.size(1);
        return of(Block.pays(m, n) ? HouseholderQr.of(Matrices.block("qr", a, new double[n])) : HouseholderQr.of(Matrices.rows("qr", a), n),
                Matrices.resultType(a));
    }

    /** Column pivoting: {@code |R_11| >= |R_22| >= ...}; see {@link #pivots()} and {@link #rank()}. */
    public static Qr pivoted(Tensor a) {
        return of(HouseholderQr.pivoted(Matrices.rows("qr", a), (int) a.size(1)), Matrices.resultType(a));
    }

    private static Qr of(HouseholderQr f, DType type) { return new Qr(f.m(), f.n(), null, null, f.columns(), f, type); }

    private double[][] rows() {
        var known = r;
        return known != null ? known : (r = reflectors.upper());
    }

    /** Rows (axis 0) or columns (axis 1) of A. */
    public int size(int axis) { return axis == 0 ? m : n; }

    /** The thin factor {@code (m, min(m, n))} with orthonormal columns. */
    public Tensor q() {
        var found = block;
        if (found == null && q == null && reflectors.upperBlock() != null) block = found = reflectors.qBlock(k);
        return found != null ? found.copied(type) : Matrices.tensor(thinQ(), k, type);
    }

    private double[][] thinQ() {
        var found = q;
        if (found == null) q = found = block != null ? block.toRows() : reflectors.q(k);
        return found;
    }

    /** The full orthogonal factor {@code (m, m)}. @throws ShapeException if that has more elements than a Java array */
    public Tensor fullQ() {
        Matrices.requireElements("fullQ", m, m);
        var f = reflectors != null ? reflectors : HouseholderQr.of(Dense.copy(thinQ()), k);
        var full = f.q(m);
        if (reflectors == null) for (int i = 0; i < m; i++) System.arraycopy(thinQ()[i], 0, full[i], 0, k);
        return Matrices.tensor(full, m, type);
    }

    /** {@code R (min(m, n), n)}, zero below the diagonal. */
    public Tensor r() {
        return reflectors != null && reflectors.upperBlock() != null ? reflectors.upperBlock().copied(type)
                : Matrices.tensor(rows(), n, type);
    }

    /** Column j of {@code A P} is column {@code pivots()[j]} of A; the identity without pivoting. */
    public int[] pivots() {
        if (columns != null) return columns.clone();
        var identity = new int[n];
        for (int j = 0; j < n; j++) identity[j] = j;
        return identity;
    }

    /** Number of diagonal entries of R above {@code max(m, n) eps} times the largest. Reliable after {@link #pivoted}. */
    public int rank() { return rank(Math.max(m, n) * Math.ulp(1.0)); }

    /** Number of diagonal entries of R above {@code tolerance} times the largest in size. */
    public int rank(double tolerance) {
        double largest = 0;
        double[][] r = rows();
        for (int i = 0; i < k; i++) largest = Math.max(largest, Math.abs(r[i][i]));
        int rank = 0;
        for (int i = 0; i < k; i++) if (Math.abs(r[i][i]) > tolerance * largest) rank++;
        return rank;
    }

    /** The same factorisation with {@code R_ii >= 0}: unique for full column rank, so that two codes can be compared. */
    public Qr signNormalised() {
        var newR = Dense.copy(rows());
        var newQ = Dense.copy(thinQ());
        for (int i = 0; i < k; i++) {
            if (!(newR[i][i] < 0)) continue;
            for (int j = 0; j < n; j++) newR[i][j] = newR[i][j] == 0 ? 0 : -newR[i][j];
            for (double[] row : newQ) row[i] = -row[i];
        }
        return new Qr(m, n, newQ, newR, columns, null, type);
    }

    /**
     * The least-squares solution of {@code A X = B} for {@code m >= n}; {@code b} is {@code (m)} or {@code (m, k)}.
     *
     * @throws ShapeException if m is below n
     * @throws SingularMatrixException if a diagonal entry of R is exactly 0; {@link LeastSquares} handles any rank
     */
    public Tensor solve(Tensor b) {
        if (m < n) throw new ShapeException(
                "qr solve: shape (" + m + ", " + n + ") has fewer rows than columns; use LeastSquares for the minimum-norm solution");
        double[][] r = rows();
        for (int i = 0; i < n; i++) if (r[i][i] == 0) throw new SingularMatrixException("qr solve", i);
        var sides = Matrices.RightSides.of("qr solve", b, m);
        var x = transposeTimes(sides.b(), sides.columns());
        TriangularSolve.upper(r, false, x, n, sides.columns());
        var placed = new double[n][];
        for (int j = 0; j < n; j++) placed[columns == null ? j : columns[j]] = x[j];
        return sides.tensor(placed, type);
    }

    /** The first k rows of {@code Q^T B}. */
    private double[][] transposeTimes(double[][] b, int width) {
        if (reflectors == null) return Product.transposedTimes(thinQ(), k, b, width);
        reflectors.applyTransposed(b, width);
        return Arrays.copyOf(b, k);
    }

    /** {@code |det A|} for a square matrix. */
    public double absDet() {
        if (m != n) throw new ShapeException("absDet: shape (" + m + ", " + n + ") is not square");
        double product = 1;
        double[][] r = rows();
        for (int i = 0; i < k; i++) product *= Math.abs(r[i][i]);
        return product;
    }

    /**
     * The factorisation of A with {@code row (n)} inserted before row {@code index}, in O(m n) instead of O(m n^2), by plane rotations.
     * Pivots are kept as they are.
     */
    public Qr insertRow(int index, Tensor row) {
        if (index < 0 || index > m) throw new IllegalArgumentException("qr insertRow: index is " + index + "; it lies between 0 and " + m);
        double[] u = permuted(Matrices.vector("qr insertRow", row, n));
        var qt = QrRows.transposedWithUnitRow(thinQ(), k, index);
        var newR = QrRows.append(rows(), u);
        for (int j = 0; j < k; j++) QrRows.rotateAway(newR, qt, j, k, j, n);
        int size = Math.min(m + 1, n);
        return new Qr(m + 1, n, Dense.transpose(Arrays.copyOf(qt, size), m + 1), Arrays.copyOf(newR, size), columns, null, type);
    }

    /** The factorisation of A without row {@code index}, in O(m n). Pivots are kept as they are. */
    public Qr deleteRow(int index) {
        if (index < 0 || index >= m)
            throw new IllegalArgumentException("qr deleteRow: index is " + index + "; it lies between 0 and " + (m - 1));
        var qt = QrRows.transposedWithResidual(thinQ(), k, m, index);
        var newR = QrRows.append(rows(), new double[n]);
        int last = qt.length - 1;
        if (m <= n) newR = Arrays.copyOf(newR, k);
        for (int j = last - 1; j >= 0; j--) QrRows.rotateColumnAway(newR, qt, j, last, index, n);
        int size = Math.min(m - 1, n);
        var kept = QrRows.withoutEntry(Arrays.copyOf(qt, size), index);
        return new Qr(m - 1, n, Dense.transpose(kept, m - 1), Arrays.copyOf(newR, size), columns, null, type);
    }

    private double[] permuted(double[] row) {
        if (columns == null) return row;
        var p = new double[n];
        for (int j = 0; j < n; j++) p[j] = row[columns[j]];
        return p;
    }
}
