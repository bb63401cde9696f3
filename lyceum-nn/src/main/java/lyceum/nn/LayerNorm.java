package lyceum.nn;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * Normalises the last axes of each example: {@code (x - mean) / sqrt(var + epsilon) * weight + bias}, with the biased variance.
 *
 * @see <a href="https://arxiv.org/abs/1607.06450">Ba, Kiros and Hinton (2016)</a>
 */
public final class LayerNorm extends Module {
    private final double epsilon;
    private final Tensor weight, bias;

    /** Over a last axis of {@code width}, epsilon 1e-5. */
    public LayerNorm(long width) { this(1e-5, DType.F32, width); }

    /** @param shape of the last axes that are normalised together */
    public LayerNorm(double epsilon, DType dtype, long... shape) { this(epsilon, dtype, true, shape); }

    /** @param withBias whether something is added in the end */
    public LayerNorm(double epsilon, DType dtype, boolean withBias, long... shape) {
        this.epsilon = epsilon;
        weight = Tensor.ones(dtype, shape).compute().requiresGrad();
        bias = withBias ? Tensor.zeros(dtype, shape).compute().requiresGrad() : null;
    }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        int n = weight.rank();
        if (x.rank() < n) throw new ShapeException("LayerNorm: input " + x.shape() + " has fewer axes than " + weight.shape());
        if (n == 1) return x.layerNorm(weight, bias, epsilon);
        var rows = x.reshape(together(x.shape().toArray(), x.rank() - n));
        return rows.layerNorm(weight.flatten(), bias == null ? null : bias.flatten(), epsilon).reshape(x.shape().toArray());
    }

    /** The shape with the axes from {@code first} on as one. */
    private static long[] together(long[] shape, int first) {
        var sizes = Arrays.copyOf(shape, first + 1);
        for (int i = first + 1; i < shape.length; i++) sizes[first] *= shape[i];
        return sizes;
    }
}
