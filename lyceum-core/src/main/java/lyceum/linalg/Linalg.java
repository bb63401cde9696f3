package lyceum.linalg;

import java.util.Arrays;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.linalg.dense.Matrices;
import lyceum.linalg.dense.TriangularSolve;
import lyceum.tensor.CustomOp;
import lyceum.tensor.Tensor;

/**
 * Linear algebra as functions of tensors, with gradients of any order: use these inside a loss, and {@link Cholesky}, {@link Svd} and the like
 * where no gradient is needed.
 *
 * {@snippet :
 * Tensor nll = Linalg.logDet(k).add(y.dot(Linalg.solve(k, y))).mul(0.5);   // Gaussian process
 * nll.backward();
 * }
 *
 * <p>Gradients are vector-Jacobian products in tensor operations (Giles 2008; Townsend 2016). Where a decomposition is not unique, only
 * functions that do not depend on the choice have a gradient: for repeated eigenvalues and singular values, the projections but not the vectors.
 * Operands have a float type, and results take it; a matrix is {@code (n, n)} or {@code (m, n)} as stated for each function, with any leading axes: they form a batch, and
 * broadcast where there are two operands. A right-hand side with one axis is a vector, shared by every matrix; one with more axes holds matrices.
 */
public final class Linalg {
    private Linalg() {}

    /** {@code L} with {@code A = L L^T}; reads the lower triangle. The gradient is symmetric. @throws NotPositiveDefiniteException names the pivot */
    public static Tensor cholesky(Tensor a) { return Leading.each(a, Linalg::choleskyOfOne); }

    private static Tensor choleskyOfOne(Tensor a) {
        return primitive("cholesky", in -> Cholesky.of(in[0]).lower(), (i, g, l, in) -> {
            var inner = halfTriangle(l.transpose().matmul(g.tril()));
            var s = solveTriangular(l, solveTriangular(l, inner.transpose(), true, true).transpose(), true, true);
            return s.add(s.transpose()).mul(0.5);
        }, a);
    }

    /** {@code Phi}: the lower triangle with its diagonal halved. */
    private static Tensor halfTriangle(Tensor x) { return x.tril().add(x.tril(-1)).mul(0.5); }

    /**
     * {@code X} with {@code op(A) X = B} for a triangular A of which only one triangle is read; {@code b} is {@code (n)} or {@code (n, k)}.
     *
     * @param lower whether the lower triangle is read
     * @param transposed whether {@code op} transposes
     */
    public static Tensor solveTriangular(Tensor a, Tensor b, boolean lower, boolean transposed) {
        return Leading.each("solveTriangular", a, b, (x, y) -> triangularOfOne(x, y, lower, transposed));
    }

    private static Tensor triangularOfOne(Tensor a, Tensor b, boolean lower, boolean transposed) {
        return primitive("solveTriangular", in -> triangular(in[0], in[1], lower, transposed), (i, g, x, in) -> {
            var back = solveTriangular(in[0], g, lower, !transposed);
            if (i == 1) return back;
            var outer = transposed ? outer(x, back) : outer(back, x);
            return (lower ? outer.tril() : outer.triu()).neg();
        }, a, b);
    }

    private static Tensor triangular(Tensor a, Tensor b, boolean lower, boolean transposed) {
        var t = Matrices.square("solveTriangular", a);
        int n = t.length;
        for (int i = 0; i < n; i++) if (t[i][i] == 0) throw new SingularMatrixException("solveTriangular", i);
        var sides = Matrices.RightSides.of("solveTriangular", b, n);
        if (lower && !transposed) TriangularSolve.lower(t, false, sides.b(), n, sides.columns());
        else if (lower) TriangularSolve.lowerTransposed(t, false, sides.b(), n, sides.columns());
        else if (!transposed) TriangularSolve.upper(t, false, sides.b(), n, sides.columns());
        else TriangularSolve.upperTransposed(t, false, sides.b(), n, sides.columns());
        return sides.tensor(sides.b(), type(a, b));
    }

    /** {@code X} with {@code A X = B}; {@code b} is {@code (n)} or {@code (n, k)}. @throws SingularMatrixException names the pivot */
    public static Tensor solve(Tensor a, Tensor b) { return Leading.each("solve", a, b, Linalg::solveOne); }

    private static Tensor solveOne(Tensor a, Tensor b) {
        return primitive("solve", in -> Lu.of("solve", in[0].to(type(in[0], in[1]))).solve(in[1]), (i, g, x, in) -> {
            var back = solve(in[0].transpose(), g);
            return i == 1 ? back : outer(back, x).neg();
        }, a, b);
    }

    /** {@code y x^T} for vectors or for the columns of matrices together. */
    private static Tensor outer(Tensor y, Tensor x) { return y.rank() == 1 ? y.outer(x) : y.matmul(x.transpose()); }

    /** {@code A^-1}. Prefer {@link #solve}. */
    public static Tensor inverse(Tensor a) { return inverse("inverse", a); }

    static Tensor inverse(String operation, Tensor a) { return Leading.each(a, x -> inverseOfOne(operation, x)); }

    private static Tensor inverseOfOne(String operation, Tensor a) {
        return primitive(operation, in -> Lu.of(operation, in[0]).inverse(operation),
                (i, g, y, in) -> y.transpose().matmul(g).matmul(y.transpose()).neg(), a);
    }

    /**
     * {@code det A}, a scalar. Its first and second derivatives, the cofactors and theirs, exist for every matrix; those beyond need an invertible one.
     */
    public static Tensor det(Tensor a) { return Leading.each(a, Determinant::det); }

    /**
     * {@code log det A}, a scalar; minus infinity for a singular matrix and NaN for a negative determinant. Gradient
     * {@code A^-T}.
     *
     * @see #logAbsDet
     */
    public static Tensor logDet(Tensor a) { return logDet("logDet", a, lu -> lu.detSign() < 0 ? Double.NaN : lu.logAbsDet()); }

    /** {@code log |det A|}, a scalar: how a map changes volumes. Minus infinity for a singular matrix. Gradient {@code A^-T}. @see #logDet */
    public static Tensor logAbsDet(Tensor a) { return logDet("logAbsDet", a, Lu::logAbsDet); }

    private static Tensor logDet(String name, Tensor a, ToDoubleFunction<Lu> value) {
        return Leading.each(a, x -> logDetOfOne(name, x, value));
    }

    private static Tensor logDetOfOne(String name, Tensor a, ToDoubleFunction<Lu> value) {
        return primitive(name, in -> {
            var lu = Lu.of(name, in[0]);
            lu.requireSquare(name);
            return scalar(value.applyAsDouble(lu), in[0]);
        }, (i, g, d, in) -> inverse(name + "'s gradient", in[0]).transpose().mul(g), a);
    }

    /** The Kronecker product {@code (m p, n q)} of (m, n) and (p, q): the blocks {@code a_ij B}. Composed of products, so differentiable in every mode. */
    public static Tensor kron(Tensor a, Tensor b) {
        Matrices.requireMatrix("kron", a);
        Matrices.requireMatrix("kron", b);
        long m = a.size(0), n = a.size(1), p = b.size(0), q = b.size(1);
        return a.reshape(m, 1, n, 1).mul(b.reshape(1, p, 1, q)).reshape(m * p, n * q);
    }

    private static Tensor scalar(double value, Tensor like) { return Tensor.scalar(value).to(Matrices.resultType(like)); }

    /** Eigenvalues {@code (n)}, ascending, and orthonormal eigenvectors as columns {@code (n, n)} of a symmetric matrix. */
    public record Eigh(Tensor values, Tensor vectors) {}

    /** The symmetric eigendecomposition. The gradient is symmetric; it ignores how vectors of equal eigenvalues were chosen. */
    public static Eigh eigh(Tensor a) {
        if (a.rank() < 2) Matrices.requireMatrix("eigh", a);
        long n = a.size(-1);
        var packed = Leading.each(a, Linalg::packedEigh); // (.., n + 1, n): the values, then the vectors
        return new Eigh(packed.select(-2, 0), packed.narrow(-2, 1, n));
    }

    private static Tensor packedEigh(Tensor a) {
        long n = a.size(0);
        return primitive("eigh", in -> {
            var e = Eigen.symmetric(in[0]);
            return Tensor.concat(0, e.values().unsqueeze(0), e.vectors());
        }, (i, g, out, in) -> {
            Tensor w = out.select(0, 0), v = out.narrow(0, 1, n), gw = g.select(0, 0), gv = g.narrow(0, 1, n);
            var inner = v.transpose().matmul(gv).mul(reciprocalGaps(w)).add(gw.diag());
            var s = v.matmul(inner).matmul(v.transpose());
            return s.add(s.transpose()).mul(0.5);
        }, a);
    }

    /** {@code F_ij = 1 / (w_j - w_i)}, 0 where they are equal. */
    private static Tensor reciprocalGaps(Tensor w) {
        var gaps = w.unsqueeze(0).sub(w.unsqueeze(1));
        var equal = gaps.eq(0);
        return equal.where(gaps.zerosLike(), equal.where(gaps.onesLike(), gaps).rdiv(1));
    }

    /** {@code U (m, k)}, {@code s (k)} falling, {@code V (n, k)} with {@code A = U diag(s) V^T}, {@code k = min(m, n)}. */
    public record SvdFactors(Tensor u, Tensor s, Tensor v) {}

    /** The thin singular value decomposition. Gradients through u and v need distinct, nonzero singular values; through s alone, nonzero ones. */
    public static SvdFactors svd(Tensor a) {
        if (a.rank() < 2) Matrices.requireMatrix("svd", a);
        return unpack(Leading.each(a, Linalg::packedSvd), a.size(-2), a.size(-1));
    }

    /** {@code (m + 1 + n, k)}: u, s, v. */
    private static Tensor packedSvd(Tensor a) {
        long m = a.size(0), n = a.size(1);
        return primitive("svd", in -> {
            var d = Svd.of(in[0]);
            return Tensor.concat(0, d.u(), d.s().unsqueeze(0), d.v());
        }, (i, g, out, in) -> svdGradient(unpack(g, m, n), unpack(out, m, n)), a);
    }

    private static SvdFactors unpack(Tensor packed, long m, long n) {
        return new SvdFactors(packed.narrow(-2, 0, m), packed.select(-2, m), packed.narrow(-2, m + 1, n));
    }

    private static Tensor svdGradient(SvdFactors g, SvdFactors x) {
        Tensor u = x.u, v = x.v, ut = u.transpose(), vt = v.transpose();
        Tensor row = x.s.unsqueeze(0), column = x.s.unsqueeze(1);
        var f = reciprocalGaps(x.s.square());
        Tensor uu = ut.matmul(g.u), vv = vt.matmul(g.v);
        var inner = f.mul(uu.sub(uu.transpose())).mul(row).add(f.mul(vv.sub(vv.transpose())).mul(column)).add(g.s.diag());
        var result = u.matmul(inner).matmul(vt);
        if (u.size(0) > u.size(1)) result = result.add(g.u.sub(u.matmul(uu)).div(row).matmul(vt));
        if (v.size(0) > v.size(1)) result = result.add(u.matmul(g.v.sub(v.matmul(vv)).div(row).transpose()));
        return result;
    }

    /** The pseudoinverse {@code (n, m)}; differentiable where the rank does not change (Golub and Pereyra, 1973). */
    public static Tensor pinv(Tensor a) {
        if (a.rank() < 2) Matrices.requireMatrix("pinv", a);
        return Leading.each(a, Linalg::pinvOfOne);
    }

    private static Tensor pinvOfOne(Tensor a) {
        return primitive("pinv", in -> PseudoInverse.of(in[0]).matrix(), (i, g, p, in) -> {
            Tensor pt = p.transpose(), gt = g.transpose();
            var first = pt.matmul(g).matmul(pt).neg();
            var rowPart = gt.sub(in[0].matmul(p.matmul(gt))).matmul(p).matmul(pt);
            var columnPart = pt.matmul(p).matmul(gt.sub(gt.matmul(p).matmul(in[0])));
            return first.add(rowPart).add(columnPart);
        }, a);
    }

    /** {@code Q (m, n)} with orthonormal columns and upper triangular {@code R (n, n)}, its diagonal positive, with {@code A = Q R}. */
    public record QrFactors(Tensor q, Tensor r) {}

    /** The thin QR factors of a matrix of at least as many rows as columns. The gradient needs columns that are independent; else it is not finite. */
    public static QrFactors qr(Tensor a) {
        if (a.rank() < 2) Matrices.requireMatrix("qr", a);
        if (a.size(-2) < a.size(-1))
            throw new ShapeException("qr: shape " + a.shape() + " has fewer rows than columns; factor the transpose, or use Qr.of");
        var packed = Leading.each(a, Linalg::packedQr);
        return new QrFactors(packed.narrow(-2, 0, a.size(-2)), packed.narrow(-2, a.size(-2), a.size(-1)));
    }

    private static Tensor packedQr(Tensor a) {
        long m = a.size(0), n = a.size(1);
        return primitive("qr", in -> {
            var f = Qr.of(in[0]).signNormalised();
            return Tensor.concat(0, f.q(), f.r());
        }, (i, g, out, in) -> {
            Tensor q = out.narrow(0, 0, m), r = out.narrow(0, m, n), gq = g.narrow(0, 0, m), gr = g.narrow(0, m, n);
            var inner = r.matmul(gr.transpose()).sub(gq.transpose().matmul(q));
            var both = gq.add(q.matmul(inner.tril().add(inner.tril(-1).transpose()))); // Walter and Lehmann (2010)
            return solveTriangular(r, both.transpose(), false, false).transpose();
        }, a);
    }

    /** {@code A = P L U}: rows of L U are those of A in the order {@code order} (I64). */
    public record LuFactors(Tensor order, Tensor lower, Tensor upper) {}

    /** The LU factors with row exchanges of an invertible matrix, one or a batch. Gradients treat the row order as fixed. @throws SingularMatrixException names the pivot */
    public static LuFactors lu(Tensor a) {
        if (a.rank() < 2) Matrices.requireMatrix("lu", a);
        long n = a.size(-1);
        var order = Leading.each(a.detach(), Linalg::order);
        var packed = Leading.each(a, Linalg::packedLu);
        return new LuFactors(order, packed.narrow(-2, 0, n), packed.narrow(-2, n, n));
    }

    /** An operation of its own, so that it is another for other matrices where what was done is replayed or done for a batch. */
    private static Tensor order(Tensor a) {
        return primitive("lu order", in -> Tensor.of(Arrays.stream(Lu.of("lu", in[0]).permutation()).asLongStream().toArray()),
                (i, g, order, in) -> null, a);
    }

    private static Tensor packedLu(Tensor a) {
        long n = a.size(0);
        return primitive("lu", in -> {
            var lu = Lu.of("lu", in[0]);
            lu.requireSolvable("lu");
            return Tensor.concat(0, lu.lower(), lu.upper());
        }, (i, g, out, in) -> {
            Tensor l = out.narrow(0, 0, n), u = out.narrow(0, n, n), gl = g.narrow(0, 0, n), gu = g.narrow(0, n, n);
            var inner = l.transpose().matmul(gl).tril(-1).add(gu.matmul(u.transpose()).triu());
            var left = solveTriangular(l, inner, true, true); // L^-T inner
            var rows = solveTriangular(u, left.transpose(), false, false).transpose();
            return rows.indexSelect(0, order(in[0].detach()).argsort(0));
        }, a);
    }

    private static DType type(Tensor a, Tensor b) { return DType.promote(Matrices.resultType(a), Matrices.resultType(b)); }

    private static Tensor primitive(String name, Function<Tensor[], Tensor> forward, CustomOp.Rule rule, Tensor... operands) {
        return CustomOp.of(name, forward, rule).apply(operands);
    }
}
