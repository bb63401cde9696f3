package lyceum.nn;

import lyceum.DType;
import lyceum.backend.Convolution;
import lyceum.backend.Op;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Convolution over 3 spatial axes: from (batch, inputs, depth, height, width) to (batch, outputs, ..); see {@link Tensor#conv}.
 * The weight has shape (outputs, inputs / groups, kernel..), as in PyTorch.
 *
 * {@snippet :
 * var layer = new Conv3d(1, 8, 3, new Convolution().withPadding(1), rng);
 * }
 */
public final class Conv3d extends ConvLayer {

    /** Stride 1, no padding, F32, with a bias, initialised as PyTorch does. */
    public Conv3d(int inputs, int outputs, int kernel, Rng rng) { this(inputs, outputs, kernel, new Convolution(), rng); }

    public Conv3d(int inputs, int outputs, int kernel, Convolution how, Rng rng) {
        this(inputs, outputs, new int[] {kernel}, how, true, DType.F32, null, rng);
    }

    /**
     * @param kernel one size for all axes, or one an axis
     * @param init of the weight, null for PyTorch's: uniform within one over the root of the fan-in, as the bias is
     */
    public Conv3d(int inputs, int outputs, int[] kernel, Convolution how, boolean withBias, DType dtype, Init init, Rng rng) {
        this(weight("Conv3d", outputs, inputs, kernel, 3, how.groups(), dtype, init, rng), how, withBias, rng);
    }

    private Conv3d(Tensor weight, Convolution how, boolean withBias, Rng rng) {
        super(weight, bias(withBias, weight.size(0), weight, rng), how, 3);
    }

    /** From given values, which become parameters; {@code bias} may be null. */
    public Conv3d(Tensor weight, Tensor bias, Convolution how) { super(weight.copy(), bias == null ? null : bias.copy(), how, 3); }

    @Override Tensor activated(Tensor x, Op activation) { return convolved(x, activation); }
}
