package lyceum.nn;

import lyceum.DType;
import lyceum.backend.quant.Activations;
import lyceum.backend.quant.BlockFormat;
import lyceum.random.Rng;
import lyceum.tensor.GradMode;
import lyceum.tensor.PackedMatrix;
import lyceum.tensor.QuantisedMatrix;
import lyceum.tensor.Tensor;

/**
 * Fully connected layer, an affine map of the last axis: {@code y = x W' + b}, from (.., inputs) to (.., outputs). The weight has shape (outputs, inputs),
 * as in PyTorch; initially it and the bias are uniform within {@code 1 / sqrt(inputs)}. With G the gradient of y, those of x, W and b are
 * {@code G W}, {@code G' x} and the sum of G's rows.
 *
 * {@snippet :
 * var layer = new Linear(784, 256, rng).activated(Activation.RELU);    // one fused epilogue
 * var first = Linear.lazy(256, rng);                                   // as many inputs as the first batch has
 * var small = layer.quantised(BlockFormat.Q8_0);                       // a quarter of the memory, to predict with
 * }
 *
 * <p>A weight of F16 or BF16 halves the memory; an input of F32 is then multiplied in F32.
 *
 * @see <a href="https://doi.org/10.1038/323533a0">Rumelhart, Hinton and Williams (1986)</a>
 */
public final class Linear extends Module {
    private final Activation activation;
    private final StoredWeight stored;
    private Lazy lazy;
    private volatile Tensor weight;
    private Tensor bias;
    private volatile PackedMatrix packed;
    private volatile QuantisedMatrix rounded;

    private record Lazy(long outputs, boolean withBias, DType dtype, Init init, Rng rng) {}

    /** F32, with a bias, initialised as PyTorch does. */
    public Linear(long inputs, long outputs, Rng rng) { this(inputs, outputs, true, DType.F32, Init.torchLinear(inputs), rng); }

    /** @param init of the weight; the bias is uniform within {@code 1 / sqrt(inputs)} */
    public Linear(long inputs, long outputs, boolean withBias, DType dtype, Init init, Rng rng) {
        if (inputs < 1 || outputs < 1)
            throw new IllegalArgumentException("Linear: " + inputs + " inputs and " + outputs + " outputs; both must be positive");
        activation = null;
        stored = null;
        begin(inputs, new Lazy(outputs, withBias, dtype, init, rng));
    }

    /** From given values, which become parameters; {@code bias} may be null. */
    public Linear(Tensor weight, Tensor bias) {
        this(null, weight.copy().requiresGrad(), bias == null ? null : bias.copy().requiresGrad(), null, null);
    }

    private Linear(Activation activation, Tensor weight, Tensor bias, Lazy lazy, StoredWeight stored) {
        this.activation = activation;
        this.stored = stored;
        this.bias = bias;
        this.weight = weight;
        this.lazy = lazy;
    }

    /** On these very tensors, which other modules may share: how weights are tied. {@code bias} may be null. */
    public static Linear sharing(Tensor weight, Tensor bias) { return new Linear(null, weight, bias, null, null); }

    /** On a weight of few bits, which is not trained; {@code bias} may be null and becomes a parameter if it is one. */
    public static Linear on(StoredWeight stored, Tensor bias) { return new Linear(null, null, bias, null, stored); }

    /** F32, with a bias; the number of inputs is taken from the first input. */
    public static Linear lazy(long outputs, Rng rng) { return lazy(outputs, true, DType.F32, null, rng); }

    /**
     * A layer that takes its number of inputs from the first input. Until then it has no parameters: pass a batch through the model before you give its
     * parameters to an optimiser or load a checkpoint.
     *
     * @param init of the weight; null for PyTorch's
     */
    public static Linear lazy(long outputs, boolean withBias, DType dtype, Init init, Rng rng) {
        if (outputs < 1) throw new IllegalArgumentException("Linear: " + outputs + " outputs; they must be positive");
        return new Linear(null, null, null, new Lazy(outputs, withBias, dtype, init, rng.copy()), null);
    }

    private synchronized void begin(long inputs, Lazy how) {
        if (weight != null) return;
        var first = how.init == null ? Init.torchLinear(inputs) : how.init;
        var begun = Init.begin(first, how.rng, how.dtype, how.outputs, inputs).requiresGrad();
        bias = how.withBias ? Init.torchLinear(inputs).sample(how.rng, how.dtype, how.outputs).compute().requiresGrad() : null;
        lazy = null;
        weight = begun;
    }

    /** This layer followed by an activation, on the same parameters: {@code y = activation(x W' + b)}. */
    public Linear activated(Activation activation) { return new Linear(activation, weight, bias, lazy, stored); }

    /** A layer to predict with, whose weight takes a few bits each. @throws IllegalArgumentException if rows are not whole blocks of the format */
    public QuantisedLinear quantised(BlockFormat format) { return new QuantisedLinear(weight(), bias, activation, format); }

    /** Null before the first input of a {@linkplain #lazy lazy} layer; a fresh tensor of floats where the weight is {@linkplain #on stored} otherwise. */
    public Tensor weight() { return stored == null ? weight : stored.dequantised(); }

    /** The quantised weight, or null if it is not quantised. */
    public StoredWeight stored() { return stored; }

    /** Null if there is none. */
    public Tensor bias() { return bias; }

    /** The activation added by {@link #activated}; null for none. */
    public Activation activation() { return activation; }

    /** Packs the weight, as {@link PackedMatrix} says; one that is written to later is packed again. */
    @Override public Linear pack() {
        if (weight != null) packed = PackedMatrix.of(weight.transpose());
        return this;
    }

    @Override public Linear pack(BlockFormat format) {
        if (weight != null) rounded = QuantisedMatrix.of(weight, format).withActivations(Activations.Q8);
        return this;
    }

    /** Bytes of the weight as a pass without gradients reads it: rounded ones where it was packed to a format. 0 before a lazy one has begun. */
    public long weightBytes() {
        var few = rounded;
        if (few != null) return few.bytes();
        if (stored != null) return stored.bytes();
        return weight == null ? 0 : weight.count() * weight.dtype().bytes();
    }

    @Override protected void copied() {
        packed = null;
        rounded = null;
    }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        if (weight == null && stored == null) begin(x.size(-1), lazy);
        var y = stored == null ? affine(x) : stored.affine(x, bias);
        return activation == null ? y : activation.forward(y, pass);
    }

    private Tensor affine(Tensor x) {
        var few = rounded;
        if (few != null && !GradMode.isRecording() && x.dtype() == DType.F32) return few.matmul(x, bias);
        var ready = packed;
        if (ready == null || GradMode.isRecording() || x.dtype() != weight.dtype()) return x.affine(weight, bias);
        var y = x.matmul(ready);
        return bias == null ? y : y.add(bias);
    }
}
