package lyceum.nn;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * Normalises groups of channels of each example: {@code (x - mean) / sqrt(var + epsilon) * weight + bias} for (batch, channels, ..), with the
 * biased variance over a group's channels and all positions, and a weight and bias a channel. {@link InstanceNorm} has a group a channel.
 *
 * @see <a href="https://arxiv.org/abs/1803.08494">Wu and He (2018)</a>
 */
public final class GroupNorm extends Module {
    private final int groups;
    private final double epsilon;
    private final Tensor weight, bias;

    /** Epsilon 1e-5. */
    public GroupNorm(int groups, long channels) { this(groups, channels, 1e-5, DType.F32); }

    public GroupNorm(int groups, long channels, double epsilon, DType dtype) {
        if (groups < 1 || channels % groups != 0)
            throw new IllegalArgumentException("GroupNorm: " + channels + " channels do not divide into groups " + groups);
        this.groups = groups;
        this.epsilon = epsilon;
        weight = Tensor.ones(dtype, channels).compute().requiresGrad();
        bias = Tensor.zeros(dtype, channels).compute().requiresGrad();
    }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        if (x.rank() < 2 || x.size(1) != weight.count())
            throw new ShapeException("GroupNorm: input " + x.shape() + " for " + weight.count() + " channels on axis 1");
        return scaled(normal(x, groups, epsilon), weight, bias);
    }

    static Tensor normal(Tensor x, long groups, double epsilon) {
        var rows = x.reshape(x.size(0), groups, x.count() / Math.max(1, x.size(0) * groups));
        return rows.layerNorm(null, null, epsilon).reshape(x.shape().toArray());
    }

    /** A weight and a bias for each entry of axis 1. */
    static Tensor scaled(Tensor x, Tensor weight, Tensor bias) {
        var wide = new long[x.rank() - 1];
        Arrays.fill(wide, 1);
        wide[0] = weight.count();
        return x.mul(weight.reshape(wide)).add(bias.reshape(wide));
    }
}
