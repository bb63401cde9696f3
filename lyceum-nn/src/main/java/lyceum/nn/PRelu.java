package lyceum.nn;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * Leaky ReLU whose slope is learned, one for all channels or one for each channel of axis 1. The slope begins at 0.25.
 *
 * @see <a href="https://arxiv.org/abs/1502.01852">He, Zhang, Ren and Sun (2015)</a>
 */
public final class PRelu extends Module {
    private final Tensor weight;

    /** One slope, F32. */
    public PRelu() { this(1, DType.F32); }

    /** @param channels 1, or the size of axis 1 */
    public PRelu(long channels, DType dtype) { weight = Tensor.full(dtype, 0.25, channels).compute().requiresGrad(); }

    /** From given slopes (channels), which become parameters. */
    public PRelu(Tensor slopes) {
        if (slopes.rank() != 1) throw new ShapeException("PRelu: slopes have shape " + slopes.shape() + "; they are a vector");
        weight = slopes.copy().requiresGrad();
    }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        if (weight.count() == 1) return pass.show(this, x, Activation.leakyRelu(x, weight));
        if (x.rank() < 2 || x.size(1) != weight.count())
            throw new ShapeException("PRelu: input " + x.shape() + " for " + weight.count() + " channels on axis 1");
        var wide = new long[x.rank()];
        Arrays.fill(wide, 1);
        wide[1] = weight.count();
        return pass.show(this, x, Activation.leakyRelu(x, weight.reshape(wide)));
    }
}
