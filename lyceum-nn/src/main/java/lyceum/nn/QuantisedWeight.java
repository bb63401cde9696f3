package lyceum.nn;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.tensor.QuantisedMatrix;
import lyceum.tensor.Tensor;

/**
 * A weight in blocks, such as those of a GGUF file, in which it may stay: a product goes through the blocks as they are. It is no tensor, so that no state has a part of
 * it.
 *
 * {@snippet :
 * var layer = Linear.on(new QuantisedWeight(lyceum.format.Gguf.read(path).matrix("blk.0.attn_q.weight")), null);
 * }
 */
public final class QuantisedWeight extends StoredWeight {
    private final QuantisedMatrix matrix;

    public QuantisedWeight(QuantisedMatrix matrix) { this.matrix = matrix; }

    public QuantisedMatrix matrix() { return matrix; }

    @Override public long outputs() { return matrix.rows(); }

    @Override public long inputs() { return matrix.columns(); }

    @Override public long bytes() { return matrix.bytes(); }

    @Override public Tensor rows(long from, long to) { return matrix.rowsAt(Tensor.arange(from, to, 1)); }

    @Override public Tensor affine(Tensor x, Tensor bias) {
        if (x.rank() == 0 || x.size(-1) != inputs()) throw new ShapeException(
                "QuantisedWeight: " + x.shape() + " x (" + outputs() + ", " + inputs() + ")': the last axis of x must be " + inputs());
        return matrix.matmul(x.to(DType.promote(DType.F32, x.dtype())), bias);
    }
}
