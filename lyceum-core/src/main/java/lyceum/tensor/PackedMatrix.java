package lyceum.tensor;

import java.lang.ref.Reference;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.ShapeException;
import lyceum.backend.Backend;
import lyceum.backend.RightMatrix;

/**
 * The right matrix of many products, arranged once as the backend's kernels read it: the weights of a model at inference, where a few rows meet the
 * same matrix again and again.
 *
 * {@snippet :
 * var w = PackedMatrix.of(layer.weight().transpose());   // (in, out)
 * var y = x.matmul(w);                                   // the values of x.matmul(layer.weight().transpose())
 * }
 *
 * <p>The arrangement is made at the first product and takes about the memory of the matrix once more (twice for F16, and for BF16 on CPUs without
 * products of BF16; four times for I8 on CPUs without VNNI and for U8 on those without AMX); a backend that has none multiplies the matrix as it lies. Safe for
 * threads. The matrix is not copied: a write to it in place is seen by the next product. Products are differentiable in the left operand; the
 * packed one has no gradient.
 */
public final class PackedMatrix {
    private final Tensor matrix;
    private final RightMatrix right;

    private PackedMatrix(Tensor matrix) {
        this.matrix = matrix;
        this.right = new RightMatrix(matrix.view());
    }

    /**
     * A matrix (k, n) of floats, or of integers.
     *
     * @throws ShapeException if the rank is not 2
     * @throws DTypeException if it is BOOL
     */
    public static PackedMatrix of(Tensor matrix) {
        if (matrix.rank() != 2) throw new ShapeException("PackedMatrix: a tensor of shape " + matrix.shape() + "; it is a matrix (k, n)");
        if (matrix.dtype() == DType.BOOL) throw new DTypeException("PackedMatrix: the matrix is BOOL; convert it to a number type");
        return new PackedMatrix(matrix.detach());
    }

    /** The matrix, without a gradient. */
    public Tensor matrix() { return matrix; }

    public Shape shape() { return matrix.shape(); }

    public DType dtype() { return matrix.dtype(); }

    /** {@code x} times this matrix, for x of rank 1 or more, with sums of {@code type}. */
    Tensor product(Tensor x, DType type) {
        if (x.rank() == 0 || x.size(-1) != matrix.size(0)) throw new ShapeException(
                "matmul: " + x.shape() + " x " + matrix.shape() + ": the last axis of the left operand must be " + matrix.size(0));
        long rows = x.count() / Math.max(1, x.size(-1));
        if (Math.max(rows, Math.max(matrix.size(0), matrix.size(1))) > Integer.MAX_VALUE) throw new ShapeException(
                "matmul: " + x.shape() + " x " + matrix.shape() + ": a side of a matrix has at most " + Integer.MAX_VALUE + " elements");
        return new Product(this, type).apply(x, matrix);
    }

    /** The product of operand 0 with a packed matrix, or with another one that stands for it as operand 1. */
    public record Product(PackedMatrix packed, DType type) implements Operation {
        @Override public Tensor value(Tensor... in) {
            return Tracing.inside(() -> in[1] == packed.matrix ? packed.value(in[0], type) : composed(in));
        }

        @Override public int reads(int i) { return 2; }

        @Override public Tensor pullback(int i, Tensor g, Reading reading) {
            return i == 0 ? g.to(reading.type(0)).matmul(reading.operand(1).transpose()) : null;
        }

        @Override public Tensor pushforward(Tensor[] tangents, Tensor[] in, Tensor out) {
            return tangents[0] == null ? null : apply(tangents[0], in[1]);
        }

        @Override public Tensor batched(long size, boolean[] isBatched, Tensor... in) {
            if (!isBatched[1]) return apply(in);
            var rows = Batch.spread(size, isBatched[0], in[0]);
            var sizes = rows.shape().toArray();
            sizes[sizes.length - 1] = in[1].size(-1);
            return Batch.aligned(rows, 2).matmul(Batch.aligned(in[1], Math.max(2, sizes.length - 1)), type).reshape(sizes);
        }

        @Override public Tensor composed(Tensor... in) { return in[0].matmul(in[1], type); }

        @Override public boolean isComposed() { return true; }

        @Override public long operations(Form out, Form... in) { return out.shape().count() * in[1].shape().size(0); }

        @Override public String text() { return "matmul packed"; }
    }

    private Tensor value(Tensor x, DType type) {
        var sizes = x.shape().toArray();
        long rows = 1;
        for (int axis = 0; axis < sizes.length - 1; axis++) rows *= sizes[axis];
        sizes[sizes.length - 1] = matrix.size(1);
        var flat = x.reshape(rows, matrix.size(0));
        var out = Fusion.allocate(type, Shape.of(rows, matrix.size(1)));
        Backend.current().matmul(flat.view(), right, out);
        Reference.reachabilityFence(this);
        return new Tensor(out, Shape.of(rows, matrix.size(1))).reshape(sizes);
    }

    @Override public String toString() { return "PackedMatrix " + matrix.shape() + " of " + matrix.dtype(); }
}
