package lyceum.tensor;

import lyceum.DType;
import lyceum.ShapeException;

/** Sums of products: matrix products and their kin. */
sealed interface ContractionOps permits Tensor {

    private Tensor self() { return (Tensor) this; }

    /**
     * Matrix product over the last two axes; leading axes broadcast. A vector counts as a row on the left and a column on the right, and that
     * axis is dropped from the result. F16 and BF16 are multiplied and accumulated in F32.
     *
     * @throws ShapeException {@code matmul: (3, 4) x (5, 6): inner sizes 4 and 5 differ}
     */
    default Tensor matmul(Tensor other) {
        var a = self();
        var b = other;
        if (a.rank() == 0 || b.rank() == 0) throw new ShapeException("matmul: " + a.shape() + " x " + b.shape() + ": a scalar is no matrix; use mul");
        if (a.rank() == 1) return a.unsqueeze(0).matmul(b).squeeze(b.rank() == 1 ? 0 : -2);
        if (b.rank() == 1) return a.matmul(b.unsqueeze(1)).squeeze(-1);
        if (a.size(-1) != b.size(-2)) throw new ShapeException("matmul: " + a.shape() + " x " + b.shape() + ": inner sizes " + a.size(-1) + " and " + b.size(-2) + " differ");
        var type = DType.promote(a.dtype(), b.dtype());
        if (type == DType.BOOL) type = DType.I32;
        return Multiplying.product(a.to(type), b.to(type));
    }

    /** Inner product of two vectors. */
    default Tensor dot(Tensor other) {
        if (self().rank() != 1 || other.rank() != 1) throw new ShapeException("dot: " + self().shape() + " and " + other.shape() + " must be vectors");
        return matmul(other);
    }

    /** {@code result[i, j] = this[i] * other[j]}. */
    default Tensor outer(Tensor other) { return self().reshape(-1, 1).mul(other.reshape(1, -1)); }

    /** Sum of the diagonal of a matrix. */
    default Tensor trace() { return self().diagonal().sum(-1); }
}
