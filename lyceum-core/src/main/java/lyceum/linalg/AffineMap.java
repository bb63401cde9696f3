package lyceum.linalg;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.linalg.dense.Dense;
import lyceum.linalg.dense.Matrices;
import lyceum.tensor.Tensor;

/**
 * {@code f(x) = A x + b}: lines stay lines, parallels stay parallel, midpoints stay midpoints.
 *
 * {@snippet :
 * var turn = AffineMap.rotation(Math.PI / 6).about(4, 3);
 * var both = AffineMap.translation(1, 0).after(turn);            // turns first
 * Tensor moved = both.apply(points);                             // (k, 2) to (k, 2)
 * var found = AffineMap.fit(points, moved);                      // least squares, from 3 pairs or more in the plane
 * Tensor picture = new Resampling().run(image, both);
 * }
 *
 * <p>Shapes: A {@code (m, n)}, b {@code (m)}; points are rows, {@code (..., n)} to {@code (..., m)}. Both are of one float type; the builders make
 * F64. Angles are radians, from the first axis towards the second. {@link #apply} is made of tensor operations and differentiable, in A and b too.
 *
 * @param matrix A
 * @param offset b
 * @see <a href="https://doi.org/10.1017/CBO9780511811685">Hartley and Zisserman, Multiple View Geometry (2nd ed., 2004), section 2.4</a>
 */
public record AffineMap(Tensor matrix, Tensor offset) {
    public AffineMap {
        if (matrix.rank() != 2 || offset.rank() != 1 || offset.size(0) != matrix.size(0))
            throw new ShapeException("affine map: a matrix of shape " + matrix.shape() + " and an offset of shape " + offset.shape()
                    + "; they are (m, n) and (m)");
        var type = DType.promote(Matrices.resultType(matrix), Matrices.resultType(offset));
        matrix = matrix.to(type);
        offset = offset.to(type);
    }

    /** {@code f(x) = x} in n dimensions. */
    public static AffineMap identity(int n) { return new AffineMap(Tensor.eye(DType.F64, n), Tensor.zeros(DType.F64, n)); }

    /** {@code x + shift}. */
    public static AffineMap translation(double... shift) { return new AffineMap(Tensor.eye(DType.F64, shift.length), Tensor.of(shift)); }

    /** Each coordinate times its factor. */
    public static AffineMap scaling(double... factors) {
        return linear(Tensor.of(factors).unsqueeze(1).mul(Tensor.eye(DType.F64, factors.length)));
    }

    /** The plane turned about the origin: {@code [cos, -sin; sin, cos]}. */
    public static AffineMap rotation(double angle) { return rotation(2, 0, 1, angle); }

    /** n dimensions turned in the plane of two axes, from axis i towards axis j. */
    public static AffineMap rotation(int n, int i, int j, double angle) {
        requireAxes("rotation", n, i, j);
        var a = Dense.identity(n, n);
        a[i][i] = a[j][j] = Math.cos(angle);
        a[j][i] = Math.sin(angle);
        a[i][j] = -a[j][i];
        return linear(Matrices.tensor(a, n, DType.F64));
    }

    /** The plane sheared along its first axis: {@code (x + factor y, y)}. */
    public static AffineMap shear(double factor) { return shear(2, 0, 1, factor); }

    /** {@code x_i + factor x_j} in place of {@code x_i}. */
    public static AffineMap shear(int n, int i, int j, double factor) {
        requireAxes("shear", n, i, j);
        var a = Dense.identity(n, n);
        a[i][j] = factor;
        return linear(Matrices.tensor(a, n, DType.F64));
    }

    private static void requireAxes(String operation, int n, int i, int j) {
        if (i < 0 || j < 0 || i >= n || j >= n || i == j) throw new IllegalArgumentException(
                operation + ": axes " + i + " and " + j + " of " + n + "; they are two different ones from 0 to " + (n - 1));
    }

    private static AffineMap linear(Tensor a) { return new AffineMap(a.compute(), Tensor.zeros(a.dtype(), a.size(0))); }

    /** The map whose homogeneous form is {@code h}. @throws IllegalArgumentException if its last row is not 0, ..., 0, 1 */
    public static AffineMap ofHomogeneous(Tensor h) {
        var rows = Matrices.rows("affine map", h);
        int m = rows.length - 1, n = (int) h.size(1) - 1;
        if (m < 0 || n < 0) throw new ShapeException("affine map: a homogeneous matrix of shape " + h.shape() + "; it is (m + 1, n + 1)");
        for (int j = 0; j <= n; j++)
            if (rows[m][j] != (j == n ? 1 : 0)) throw new IllegalArgumentException("affine map: the last row of the homogeneous matrix is "
                    + Arrays.toString(rows[m]) + "; of an affine map it is 0, ..., 0, 1");
        return new AffineMap(h.narrow(0, 0, m).narrow(1, 0, n), h.narrow(0, 0, m).select(1, n));
    }

    /**
     * The map that takes the points {@code from (k, n)} to {@code to (k, m)} with the least sum of squared distances. Both clouds are centred
     * first, which makes the offset independent of the rest and keeps its digits far from the origin.
     *
     * @throws IllegalArgumentException if the points do not span the space, as points on a line in the plane: the map is then not determined
     */
    public static AffineMap fit(Tensor from, Tensor to) {
        Matrices.rows("affine fit", from);
        Matrices.rows("affine fit", to);
        if (from.size(0) != to.size(0))
            throw new ShapeException("affine fit: " + from.size(0) + " points and " + to.size(0) + " images; they are pairs");
        int n = (int) from.size(1);
        if (from.size(0) <= n) throw new IllegalArgumentException(
                "affine fit: " + from.size(0) + " pairs in " + n + " dimensions; at least " + (n + 1) + " are needed");
        Tensor x = from.detach().to(DType.F64), y = to.detach().to(DType.F64), centre = x.mean(0), target = y.mean(0);
        var qr = Qr.pivoted(x.sub(centre));
        // Coordinates carry an error of eps times their distance from the origin, which centring leaves behind.
        double reach = Norms.p(x, Double.POSITIVE_INFINITY), spread = Math.abs(qr.r().item(0, 0)), eps = 8 * from.size(0) * Math.ulp(1.0);
        int rank = qr.rank(Math.max(1e-10, eps * reach / spread)); // 0 at one place, where nothing exceeds the first entry, or NaN
        if (rank < n) throw new IllegalArgumentException("affine fit: the " + from.size(0) + " points lie in a flat of dimension " + rank
                + ", so a map of " + n + " dimensions is not determined; add a point outside it");
        var a = qr.solve(y.sub(target)).transpose();
        var type = DType.promote(Matrices.resultType(from), Matrices.resultType(to));
        return new AffineMap(a.to(type), target.sub(a.matmul(centre)).to(type));
    }

    /** {@code A x + b} for a point {@code (n)} or points as the rows of {@code (..., n)}. */
    public Tensor apply(Tensor x) {
        if (x.rank() == 0 || x.size(-1) != matrix.size(1)) throw new ShapeException("affine map: points of shape " + x.shape()
                + " for a map of " + matrix.size(1) + " dimensions; the last axis holds the coordinates");
        return x.rank() == 1 ? matrix.matmul(x).add(offset) : x.affine(matrix, offset);
    }

    /** {@code x -> this(first(x))}. */
    public AffineMap after(AffineMap first) {
        if (first.matrix.size(0) != matrix.size(1)) throw new ShapeException(
                "affine map: the first gives points of " + first.matrix.size(0) + " dimensions, the second takes " + matrix.size(1));
        return new AffineMap(matrix.matmul(first.matrix), matrix.matmul(first.offset).add(offset));
    }

    /** {@code p + this(x - p)}: the same map with p in the place of the origin. */
    public AffineMap about(double... p) { return translation(p).after(this).after(translation(Arrays.stream(p).map(v -> -v).toArray())); }

    /** {@code x -> A^-1 (x - b)}. @throws SingularMatrixException if A has no inverse */
    public AffineMap inverse() {
        var lu = Lu.of(matrix.detach());
        var inverse = lu.inverse();
        return new AffineMap(inverse, lu.solve(offset.detach()).neg());
    }

    /** {@code [A b; 0 1] (m + 1, n + 1)}: what acts on {@code (x, 1)}, so that composing multiplies. */
    public Tensor homogeneous() {
        long n = matrix.size(1);
        var last = Tensor.concat(0, Tensor.zeros(matrix.dtype(), n), Tensor.ones(matrix.dtype(), 1)).unsqueeze(0);
        return Tensor.concat(0, Tensor.concat(1, matrix, offset.unsqueeze(1)), last);
    }

    /** {@code det A}: areas and volumes are multiplied by its size; it is negative if the map mirrors. */
    public double det() { return Lu.of(matrix.detach()).det(); }
}
