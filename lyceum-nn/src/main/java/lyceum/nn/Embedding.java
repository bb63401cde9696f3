package lyceum.nn;

import java.util.Arrays;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** A row of the table for each index: from (..) of I32 or I64 to (.., width). Begins standard normal, as PyTorch's. */
public final class Embedding extends Module {
    private final Tensor weight;

    public Embedding(long count, long width, Rng rng) { this(Tensor.randn(rng, DType.F32, count, width)); }

    /** From a given table (count, width), which becomes a parameter. */
    public Embedding(Tensor table) { weight = table.copy().requiresGrad(); }

    public Tensor weight() { return weight; }

    /** @throws lyceum.ShapeException if an index is out of range: names it */
    @Override protected Tensor compute(Tensor indices, Pass pass) {
        var shape = Arrays.copyOf(indices.shape().toArray(), indices.rank() + 1);
        shape[indices.rank()] = weight.size(1);
        return weight.indexSelect(0, indices.flatten()).reshape(shape);
    }
}
