package lyceum.linalg;

import lyceum.DType;
import lyceum.linalg.dense.Matrices;
import lyceum.tensor.CustomOp;
import lyceum.tensor.Tensor;

/**
 * The determinant's derivatives, for singular matrices too: it is a polynomial of the entries. The gradient is the matrix of cofactors,
 * {@code det(A) A^-T} where A is invertible. With {@code A = U S V^T} and {@code s = det(U V^T)}, cofactors and their derivative along G follow from
 * those of the diagonal S, which are products of all singular values but one, and but two. Third derivatives and those beyond divide by A again.
 */
final class Determinant {
    /** Beyond this condition the inverse has lost half of its digits, and the second derivative, where it stands twice, all. */
    private static final double ILL = 1e7;

    private Determinant() {}

    static Tensor det(Tensor a) {
        return new CustomOp("det", null, (in, kept) -> Tensor.scalar(Lu.of("det", in[0]).det()).to(Matrices.resultType(in[0])),
                (i, g, d, in, kept) -> cofactors(in[0]).mul(g), (t, d, in) -> cofactors(in[0]).mul(t[0]).sum(), null).apply(a);
    }

    private static Tensor cofactors(Tensor a) {
        return new CustomOp("cofactors", null, (in, kept) -> Parts.of(in[0]).cofactors(), (i, g, c, in, kept) -> along(in[0], g),
                (t, c, in) -> along(in[0], t[0]), null).apply(a);
    }

    /** The derivative of the cofactors along {@code g}: linear in g, and its own transpose. */
    private static Tensor along(Tensor a, Tensor g) {
        return new CustomOp("cofactors along", null, (in, kept) -> Parts.of(in[0]).along(in[1]),
                (i, h, c, in, kept) -> i == 1 ? along(in[0], h) : third(in[0], in[1], h), (t, c, in) -> {
                    var byMatrix = t[0] == null ? null : third(in[0], in[1], t[0]);
                    var byDirection = t[1] == null ? null : along(in[0], t[1]);
                    return byMatrix == null ? byDirection : byDirection == null ? byMatrix : byMatrix.add(byDirection);
                }, null).apply(a, g);
    }

    /** The gradient of {@code d (tr(Y G) tr(Y H) - tr(Y G Y H))} by A, with {@code Y = A^-1} and {@code d = det A}. */
    private static Tensor third(Tensor a, Tensor g, Tensor h) {
        Tensor y = Linalg.inverse("det's third derivative", a), yg = y.matmul(g), yh = y.matmul(h), ygyh = yg.matmul(yh);
        var scalar = yg.trace().mul(yh.trace()).sub(ygyh.trace());
        var inner = scalar.mul(y).sub(yh.trace().mul(yg.matmul(y))).sub(yg.trace().mul(yh.matmul(y))).add(ygyh.matmul(y))
                .add(yh.matmul(yg).matmul(y));
        return inner.transpose().mul(det(a));
    }

    /** A matrix as its derivatives are computed from it: its inverse where that is good, else its singular values. */
    private record Parts(DType type, Tensor inverse, double det, Tensor u, double[] s, Tensor v) {
        static Parts of(Tensor a) {
            var lu = Lu.of("det", a.to(DType.F64));
            var type = Matrices.resultType(a);
            if (lu.conditionEstimate() < ILL) return new Parts(type, lu.inverse(), lu.det(), null, null, null);
            var svd = Svd.of(a.to(DType.F64), Svd.Method.JACOBI); // tiny values to full accuracy
            int sign = Lu.of(svd.u()).detSign() * Lu.of(svd.v()).detSign();
            return new Parts(type, null, sign, svd.u(), svd.s().toDoubleArray(), svd.v());
        }

        Tensor cofactors() {
            if (inverse != null) return inverse.transpose().mul(det).to(type);
            var others = new double[s.length];
            for (int i = 0; i < others.length; i++) others[i] = product(i, i);
            return u.mul(Tensor.of(others)).matmul(v.transpose()).mul(det).to(type);
        }

        Tensor along(Tensor direction) {
            var g = direction.to(DType.F64);
            if (inverse != null) {
                var yg = inverse.matmul(g);
                return inverse.mul(yg.trace()).sub(yg.matmul(inverse)).transpose().mul(det).to(type);
            }
            int n = s.length;
            var others = new double[n][n];
            for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) if (i != j) others[i][j] = product(i, j);
            Tensor e = u.transpose().matmul(g).matmul(v), p = Tensor.of(others), diagonal = p.matmul(e.diagonal());
            var inner = Tensor.eye(DType.F64, n).mul(diagonal).sub(p.mul(e.transpose()));
            return u.matmul(inner).matmul(v.transpose()).mul(det).to(type);
        }

        /** Of all singular values but two. */
        private double product(int i, int j) {
            var product = new ScaledProduct(1);
            for (int k = 0; k < s.length; k++) if (k != i && k != j) product.times(s[k]);
            return product.value();
        }
    }
}
