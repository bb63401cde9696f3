package lyceum.nn;

import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.GradMode;
import lyceum.tensor.PackedMatrix;
import lyceum.tensor.Tensor;

/** Affine map of the last axis: {@code y = x W' + b}, from (.., inputs) to (.., outputs). The weight has shape (outputs, inputs), as PyTorch's. */
public final class Linear extends Module {
    private final Tensor weight;
    private final Tensor bias;
    private volatile PackedMatrix packed;

    /** F32, with a bias, initialised as PyTorch does. */
    public Linear(long inputs, long outputs, Rng rng) { this(inputs, outputs, true, DType.F32, Init.torchLinear(inputs), rng); }

    /** @param init of the weight; the bias is uniform within {@code 1 / sqrt(inputs)} */
    public Linear(long inputs, long outputs, boolean withBias, DType dtype, Init init, Rng rng) {
        if (inputs < 1 || outputs < 1)
            throw new IllegalArgumentException("Linear: " + inputs + " inputs and " + outputs + " outputs; both must be positive");
        weight = init.sample(rng, dtype, outputs, inputs).compute().requiresGrad();
        bias = withBias ? Init.torchLinear(inputs).sample(rng, dtype, outputs).compute().requiresGrad() : null;
    }

    /** From given values; {@code bias} may be null. They become parameters. */
    public Linear(Tensor weight, Tensor bias) {
        this.weight = weight.copy().requiresGrad();
        this.bias = bias == null ? null : bias.copy().requiresGrad();
    }

    public Tensor weight() { return weight; }

    /** Null if there is none. */
    public Tensor bias() { return bias; }

    /** Packs the weight, as {@link PackedMatrix} says; one that is written to later is packed again. */
    @Override public Linear pack() {
        packed = PackedMatrix.of(weight.transpose());
        return this;
    }

    @Override protected void copied() { packed = null; }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        var ready = packed;
        if (ready == null || GradMode.isRecording() || x.dtype() != weight.dtype()) return x.affine(weight, bias);
        var y = x.matmul(ready);
        return bias == null ? y : y.add(bias);
    }
}
