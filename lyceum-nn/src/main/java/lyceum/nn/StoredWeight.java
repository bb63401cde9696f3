package lyceum.nn;

import java.util.ArrayList;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.tensor.CustomOp;
import lyceum.tensor.Tensor;

/**
 * A weight matrix (outputs, inputs) that is kept in fewer bits than floats take, for {@link Linear#on}: its tensors are buffers, saved with the model, and have
 * no gradient; products have one in what they multiply. Rows become floats a few at a time, when a product needs them.
 */
public abstract class StoredWeight extends Module {
    private static final long CHUNK = 1 << 18;

    /** Rows of the matrix: outputs of a layer. */
    public abstract long outputs();

    /** Columns of the matrix. */
    public abstract long inputs();

    /** Rows from there up to there, (to - from, inputs) in F32. */
    public abstract Tensor rows(long from, long to);

    /** Bytes of the weight as it is stored, scales among them. */
    public long bytes() { return state().values().stream().mapToLong(t -> t.count() * t.dtype().bytes()).sum(); }

    /** All of it in F32. */
    public final Tensor dequantised() { return Autograd.noGrad(() -> rows(0, outputs()).compute()); }

    /** {@code x W' + bias} in the wider of F32 and the type of x. @param bias (outputs) or null */
    public Tensor affine(Tensor x, Tensor bias) {
        if (x.rank() == 0 || x.size(-1) != inputs()) throw new ShapeException(
                "StoredWeight: " + x.shape() + " x (" + outputs() + ", " + inputs() + ")': the last axis of x must be " + inputs());
        var y = operation().apply(x.to(DType.promote(DType.F32, x.dtype())));
        return bias == null ? y : y.add(bias);
    }

    @Override protected Tensor compute(Tensor x, Pass pass) { return affine(x, null); }

    private long step() { return Math.max(1, CHUNK / Math.max(1, inputs())); }

    /** Made anew for each product, since a copy of this module has tensors of its own. */
    private CustomOp operation() {
        return CustomOp.of("matmul stored", in -> product(in[0]), (i, g, out, in) -> g.matmul(dequantised().to(g.dtype())))
                .withPush((tangents, out, in) -> affine(tangents[0], null)).withBatching((size, isBatched, in) -> affine(in[0], null));
    }

    private Tensor product(Tensor x) {
        var parts = new ArrayList<Tensor>();
        for (long from = 0; from < outputs(); from += step()) {
            var rows = rows(from, Math.min(outputs(), from + step())).to(x.dtype());
            parts.add(x.affine(rows, null).compute());
        }
        return parts.size() == 1 ? parts.getFirst() : Tensor.concat(-1, parts.toArray(Tensor[]::new));
    }
}
