package lyceum.nn;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * Normalises each channel of each example over its positions: {@code (x - mean) / sqrt(var + epsilon)} for (batch, channels, ..), with the biased
 * variance, and with a weight and bias a channel where they are asked for. What a picture's contrast and colour are then no longer shows: the style is
 * gone, the arrangement stays. Learning and predicting are the same; no statistics are remembered.
 *
 * {@snippet :
 * var norm = new InstanceNorm(64);                     // no parameters, as PyTorch's by default
 * var learned = InstanceNorm.affine(64);               // with weight and bias
 * }
 *
 * <p>One class for positions on one, two or three axes, which PyTorch has three for.
 *
 * @see <a href="https://arxiv.org/abs/1607.08022">Ulyanov, Vedaldi and Lempitsky (2016)</a>
 */
public final class InstanceNorm extends Module {
    private final long channels;
    private final double epsilon;
    private final Tensor weight, bias;

    /** Epsilon 1e-5, without parameters. */
    public InstanceNorm(long channels) { this(channels, 1e-5, false, DType.F32); }

    /** @param dtype of weight and bias, if there are any */
    public InstanceNorm(long channels, double epsilon, boolean affine, DType dtype) {
        if (channels < 1) throw new IllegalArgumentException("InstanceNorm: " + channels + " channels; there is at least one");
        if (!(epsilon >= 0)) throw new IllegalArgumentException("InstanceNorm: epsilon is " + epsilon + "; it is at least 0");
        this.channels = channels;
        this.epsilon = epsilon;
        weight = affine ? Tensor.ones(dtype, channels).compute().requiresGrad() : null;
        bias = affine ? Tensor.zeros(dtype, channels).compute().requiresGrad() : null;
    }

    /** Epsilon 1e-5, F32, with a weight of 1 and a bias of 0 a channel. */
    public static InstanceNorm affine(long channels) { return new InstanceNorm(channels, 1e-5, true, DType.F32); }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        if (x.rank() < 3 || x.size(1) != channels)
            throw new ShapeException("InstanceNorm: input " + x.shape() + "; it is (batch, " + channels + ", positions ..)");
        if (x.size(0) > 0 && x.count() == x.size(0) * channels) throw new ShapeException(
                "InstanceNorm: input " + x.shape() + " has one position a channel, and all would become 0; use LayerNorm or GroupNorm");
        var normal = GroupNorm.normal(x, channels, epsilon);
        return weight == null ? normal : GroupNorm.scaled(normal, weight, bias);
    }
}
