package lyceum.nn;

import lyceum.DType;
import lyceum.backend.Convolution;
import lyceum.backend.Op;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Transposed convolution over 3 spatial axes, which makes them larger: from (batch, inputs, depth, height, width) to (batch, outputs, ..); see
 * {@link Tensor#convTranspose}. The weight has shape (inputs, outputs / groups, kernel..), as in PyTorch.
 *
 * {@snippet :
 * var doubled = new ConvTranspose3d(64, 32, 2, new Convolution().withStride(2), rng);
 * }
 */
public final class ConvTranspose3d extends ConvLayer {

    /** F32, with a bias, initialised as PyTorch does. */
    public ConvTranspose3d(int inputs, int outputs, int kernel, Convolution how, Rng rng) {
        this(inputs, outputs, new int[] {kernel}, how, true, DType.F32, null, rng);
    }

    /**
     * @param kernel one size for all axes, or one an axis
     * @param init of the weight, null for PyTorch's: uniform within one over the root of the fan-in, as the bias is
     */
    public ConvTranspose3d(int inputs, int outputs, int[] kernel, Convolution how, boolean withBias, DType dtype, Init init, Rng rng) {
        this(weight("ConvTranspose3d", inputs, outputs, kernel, 3, how.groups(), dtype, init, rng), how, withBias, rng);
    }

    private ConvTranspose3d(Tensor weight, Convolution how, boolean withBias, Rng rng) {
        super(weight, bias(withBias, weight.size(1) * how.groups(), weight, rng), how, 3);
    }

    /** From given values, which become parameters; {@code bias} may be null. */
    public ConvTranspose3d(Tensor weight, Tensor bias, Convolution how) { super(weight.copy(), bias == null ? null : bias.copy(), how, 3); }

    @Override Tensor activated(Tensor x, Op activation) { return x.convTranspose(weight(), bias(), how(), activation); }
}
