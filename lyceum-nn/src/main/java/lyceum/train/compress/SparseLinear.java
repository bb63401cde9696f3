package lyceum.train.compress;

import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;

/** A linear layer whose weight (outputs, inputs) is stored in compressed rows: {@code y = x W' + b} over the entries that are kept. For prediction. */
public final class SparseLinear extends Module {
    private final Csr weight;
    private final Tensor bias;

    /** @param bias null for none */
    public SparseLinear(Csr weight, Tensor bias) {
        if (bias != null && bias.count() != weight.rows())
            throw new IllegalArgumentException("SparseLinear: " + weight.rows() + " outputs and a bias of shape " + bias.shape());
        this.weight = weight;
        this.bias = bias == null ? null : bias.detach().copy().compute();
    }

    public Csr weight() { return weight; }

    /** Bytes of the weight's values, columns and row starts, and of the bias. */
    public long bytes() { return weight.bytes() + (bias == null ? 0 : bias.count() * bias.dtype().bytes()); }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        var rows = x.reshape(-1, weight.columns());
        var y = weight.matmul(rows.transpose()).transpose();
        if (bias != null) y = y.add(bias);
        var shape = x.shape().toArray();
        shape[shape.length - 1] = weight.rows();
        return y.reshape(shape);
    }
}
