package lyceum.tensor;

import lyceum.DType;
import lyceum.DTypeException;
import lyceum.ShapeException;
import lyceum.backend.Precision;

/** Sums of products: matrix products and their kin. */
sealed interface ContractionOps permits Tensor {

    private Tensor self() { return (Tensor) this; }

    private static boolean isByte(DType type) { return type == DType.I8 || type == DType.U8; }

    /**
     * Matrix product over the last two axes; leading axes broadcast. A vector counts as a row on the left and a column on the right, and that
     * axis is dropped from the result. F16 and BF16 are multiplied and accumulated in F32, and rounded once; {@link #matmul(Tensor, DType)} gives the
     * sums as they are.
     *
     * @throws ShapeException {@code matmul: (3, 4) x (5, 6): inner sizes 4 and 5 differ}
     */
    default Tensor matmul(Tensor other) {
        var a = Autocast.low(self());
        var b = Autocast.low(other);
        if (a.rank() == 1 && b.rank() > 0) return a.unsqueeze(0).matmul(b).squeeze(b.rank() == 1 ? 0 : -2);
        if (b.rank() == 1 && a.rank() > 0) return a.matmul(b.unsqueeze(1)).squeeze(-1);
        MatmulOp.check(a, b);
        var type = DType.promote(a.dtype(), b.dtype());
        if (type == DType.BOOL) type = DType.I32;
        return new MatmulOp(Precision.F32, type).apply(a.to(type), b.to(type));
    }

    /**
     * {@link #matmul(Tensor)} with its sums as they are, neither rounded nor wrapped: {@code type} is I32 for operands of I8 and U8 in any mix (the
     * product of quantised values), F32 for two of F16 or of BF16. Any other type is the one that the product has anyway.
     *
     * @throws DTypeException {@code matmul: I32 x I32 to F32: ...}
     */
    default Tensor matmul(Tensor other, DType type) {
        var a = self();
        if (isByte(a.dtype()) && isByte(other.dtype()) ? type == DType.I32
                : a.dtype() == other.dtype() && a.dtype().isFloat() && a.dtype().bytes() == 2 && type == DType.F32) {
            if (a.rank() == 1 && other.rank() > 0) return a.unsqueeze(0).matmul(other, type).squeeze(other.rank() == 1 ? 0 : -2);
            if (other.rank() == 1 && a.rank() > 0) return a.matmul(other.unsqueeze(1), type).squeeze(-1);
            MatmulOp.check(a, other);
            return new MatmulOp(Precision.F32, type).apply(a, other);
        }
        var own = DType.promote(a.dtype(), other.dtype());
        if (type != own) throw new DTypeException("matmul: " + a.dtype() + " x " + other.dtype() + " to " + type + ": the product is " + own
                + "; convert the operands or the result");
        return matmul(other);
    }

    /**
     * {@link #matmul(Tensor)} of F32 by a faster way that is less exact, if the backend has it; see {@link Precision} for their errors. The products
     * of its gradient are as exact.
     *
     * @throws DTypeException {@code matmul: F64 x F64 in F32_SPLIT6: ...}
     */
    default Tensor matmul(Tensor other, Precision precision) {
        var a = self();
        if (a.dtype() != DType.F32 || other.dtype() != DType.F32) throw new DTypeException("matmul: " + a.dtype() + " x " + other.dtype()
                + " in " + precision + ": it is for two operands of F32; convert them, or leave the precision out");
        if (a.rank() == 1 && other.rank() > 0) return a.unsqueeze(0).matmul(other, precision).squeeze(other.rank() == 1 ? 0 : -2);
        if (other.rank() == 1 && a.rank() > 0) return a.matmul(other.unsqueeze(1), precision).squeeze(-1);
        MatmulOp.check(a, other);
        return new MatmulOp(precision, DType.F32).apply(a, other);
    }

    /**
     * {@link #matmul(Tensor)} with a matrix that was packed for many products; the operands have one type, or are I8 or U8 both, whose sums are I32.
     *
     * @throws ShapeException if the last axis differs from the matrix's first
     * @throws DTypeException if the types differ
     */
    default Tensor matmul(PackedMatrix other) {
        var type = self().dtype();
        if (isByte(type) && isByte(other.dtype())) return other.product(self(), DType.I32);
        if (type != other.dtype()) throw new DTypeException(
                "matmul: " + type + " x packed " + other.dtype() + ": convert the left operand, or pack the matrix as " + type);
        return other.product(self(), type);
    }

    /**
     * {@code x W' + b}: an affine map of the last axis, from (.., inputs) to (.., outputs). The bias is added while the sums are in the cache.
     *
     * @param weight (outputs, inputs)
     * @param bias (outputs), or null
     * @throws ShapeException as {@link #matmul(Tensor)} and addition do
     */
    default Tensor affine(Tensor weight, Tensor bias) {
        var few = bias == null ? MatmulOp.few(self(), weight) : null;
        if (few != null) return few;
        var product = matmul(weight.transpose());
        if (bias == null) return product;
        var result = product.add(Autocast.low(bias));
        product.dismiss();
        return result;
    }

    /** Inner product of two vectors. */
    default Tensor dot(Tensor other) {
        if (self().rank() != 1 || other.rank() != 1)
            throw new ShapeException("dot: " + self().shape() + " and " + other.shape() + " must be vectors");
        return matmul(other);
    }

    /** {@code result[i, j] = this[i] * other[j]}. */
    default Tensor outer(Tensor other) { return self().reshape(-1, 1).mul(other.reshape(1, -1)); }

    /** Sum of the diagonal of a matrix. */
    default Tensor trace() { return self().diagonal().sum(-1); }
}
