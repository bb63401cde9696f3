package lyceum.tensor;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Backend;
import lyceum.backend.View;
import lyceum.tensor.History.Saved;

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

/** The product itself and its gradient. */
final class Multiplying {
    private Multiplying() { }

    static Tensor product(Tensor a, Tensor b) {
        var batchA = java.util.Arrays.copyOf(a.shape().sizes(), a.rank() - 2);
        var batchB = java.util.Arrays.copyOf(b.shape().sizes(), b.rank() - 2);
        var batch = Shape.broadcast("matmul", Shape.adopt(batchA), Shape.adopt(batchB));
        long m = a.size(-2), k = a.size(-1), n = b.size(-1);
        Tensor result;
        if (batchA.length > 0 && batchB.length == 0 && a.view().isContiguous()) {
            // Many left matrices and one right one are a single product of more rows.
            var flat = GradMode.with(false, () -> run(a.detach().reshape(-1, k), b, Shape.SCALAR, View.size(batchA) * m, n));
            result = flat.reshape(sizes(batch, m, n));
        } else {
            result = run(a, b, batch, m, n);
        }
        if (!a.dtype().isFloat() || !History.wanted(a, b)) return result;
        var left = b.isTracked() ? Saved.of(a, "matmul") : null;
        var right = a.isTracked() ? Saved.of(b, "matmul") : null;
        return History.record("matmul", result, (i, g) -> i == 0
                ? right == null ? null : g.matmul(right.get().transpose())
                : left == null ? null : rightGradient(left.get(), g, b.rank()), a, b);
    }

    private static Tensor rightGradient(Tensor a, Tensor g, int rank) {
        // One right matrix against a batch: fold the batch into the summed axis rather than sum a batch of products.
        if (rank == 2 && a.rank() > 2) return a.reshape(-1, a.size(-1)).transpose().matmul(g.reshape(-1, g.size(-1)));
        return a.transpose().matmul(g);
    }

    private static long[] sizes(Shape batch, long m, long n) {
        var sizes = java.util.Arrays.copyOf(batch.sizes(), batch.rank() + 2);
        sizes[batch.rank()] = m;
        sizes[batch.rank() + 1] = n;
        return sizes;
    }

    private static Tensor run(Tensor a, Tensor b, Shape batch, long m, long n) {
        var shape = Shape.adopt(sizes(batch, m, n));
        var out = Fusion.allocate(a.dtype(), shape);
        Backend.current().matmul(spread(a, batch), spread(b, batch), out);
        return new Tensor(out, shape);
    }

    private static View spread(Tensor x, Shape batch) { return Fusion.broadcast(x, Shape.adopt(sizes(batch, x.size(-2), x.size(-1)))); }
}
