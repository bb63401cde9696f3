package lyceum.nn;

import lyceum.DType;
import lyceum.backend.Convolution;
import lyceum.backend.Op;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Convolution over 2 spatial axes: from (batch, inputs, height, width) to (batch, outputs, ..); see {@link Tensor#conv}.
 * The weight has shape (outputs, inputs / groups, kernel..), as in PyTorch.
 *
 * {@snippet :
 * var layer = new Conv2d(3, 64, 7, new Convolution().withStride(2).withPadding(3), rng);
 * }
 */
public final class Conv2d extends ConvLayer {

    /** Stride 1, no padding, F32, with a bias, initialised as PyTorch does. */
    public Conv2d(int inputs, int outputs, int kernel, Rng rng) { this(inputs, outputs, kernel, new Convolution(), rng); }

    public Conv2d(int inputs, int outputs, int kernel, Convolution how, Rng rng) {
        this(inputs, outputs, new int[] {kernel}, how, true, DType.F32, null, rng);
    }

    /**
     * @param kernel one size for all axes, or one an axis
     * @param init of the weight, null for PyTorch's: uniform within one over the root of the fan-in, as the bias is
     */
    public Conv2d(int inputs, int outputs, int[] kernel, Convolution how, boolean withBias, DType dtype, Init init, Rng rng) {
        this(weight("Conv2d", outputs, inputs, kernel, 2, how.groups(), dtype, init, rng), how, withBias, rng);
    }

    private Conv2d(Tensor weight, Convolution how, boolean withBias, Rng rng) {
        super(weight, bias(withBias, weight.size(0), weight, rng), how, 2);
    }

    /** From given values, which become parameters; {@code bias} may be null. */
    public Conv2d(Tensor weight, Tensor bias, Convolution how) { super(weight.copy(), bias == null ? null : bias.copy(), how, 2); }

    @Override Tensor activated(Tensor x, Op activation) { return convolved(x, activation); }
}
