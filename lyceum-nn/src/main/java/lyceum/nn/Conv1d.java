package lyceum.nn;

import lyceum.DType;
import lyceum.backend.Convolution;
import lyceum.backend.Op;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Convolution over 1 spatial axis: from (batch, inputs, length) to (batch, outputs, ..); see {@link Tensor#conv}.
 * The weight has shape (outputs, inputs / groups, kernel..), as in PyTorch.
 *
 * {@snippet :
 * var layer = new Conv1d(80, 256, 3, new Convolution().withPadding(1), rng);
 * }
 */
public final class Conv1d extends ConvLayer {

    /** Stride 1, no padding, F32, with a bias, initialised as PyTorch does. */
    public Conv1d(int inputs, int outputs, int kernel, Rng rng) { this(inputs, outputs, kernel, new Convolution(), rng); }

    public Conv1d(int inputs, int outputs, int kernel, Convolution how, Rng rng) {
        this(inputs, outputs, new int[] {kernel}, how, true, DType.F32, null, rng);
    }

    /**
     * @param kernel one size for the axis
     * @param init of the weight, null for PyTorch's: uniform within one over the root of the fan-in, as the bias is
     */
    public Conv1d(int inputs, int outputs, int[] kernel, Convolution how, boolean withBias, DType dtype, Init init, Rng rng) {
        this(weight("Conv1d", outputs, inputs, kernel, 1, how.groups(), dtype, init, rng), how, withBias, rng);
    }

    private Conv1d(Tensor weight, Convolution how, boolean withBias, Rng rng) {
        super(weight, bias(withBias, weight.size(0), weight, rng), how, 1);
    }

    /** From given values, which become parameters; {@code bias} may be null. */
    public Conv1d(Tensor weight, Tensor bias, Convolution how) { super(weight.copy(), bias == null ? null : bias.copy(), how, 1); }

    @Override Tensor activated(Tensor x, Op activation) { return convolved(x, activation); }
}
