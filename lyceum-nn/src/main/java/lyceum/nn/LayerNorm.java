package lyceum.nn;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.tensor.Formula;
import lyceum.tensor.Shape;
import lyceum.tensor.Tensor;

/**
 * Normalises the last axes of each example: {@code (x - mean) / sqrt(var + epsilon) * weight + bias}, with the biased variance.
 *
 * <p>One pass over memory forward and one for the gradient of x ({@link Tensor#layerNorm}); F16 and BF16 are computed in F32, and moments of F32 in F64,
 * so that a mean far from zero costs no digits. A row of variance v leaves with variance {@code v / (v + epsilon)} before the weight; a constant row is 0.
 *
 * {@snippet :
 * var norm = new LayerNorm(768);                        // weight and bias of (768)
 * var plain = LayerNorm.plain(1e-5, 64, 32);            // neither; over the last two axes together
 * }
 *
 * @see <a href="https://arxiv.org/abs/1607.06450">Ba, Kiros and Hinton (2016)</a>
 */
public final class LayerNorm extends Module {
    private final double epsilon;
    private final long[] shape;
    private final Tensor weight, bias;
    private final Formula affine; // of x, weight and bias

    /** Over a last axis of {@code width}, epsilon 1e-5. */
    public LayerNorm(long width) { this(1e-5, DType.F32, width); }

    /** @param shape of the last axes that are normalised together */
    public LayerNorm(double epsilon, DType dtype, long... shape) { this(epsilon, dtype, true, shape); }

    /** @param withBias whether a bias is added */
    public LayerNorm(double epsilon, DType dtype, boolean withBias, long... shape) {
        this(epsilon, Tensor.ones(dtype, shape).compute().requiresGrad(),
                withBias ? Tensor.zeros(dtype, shape).compute().requiresGrad() : null, shape);
    }

    private LayerNorm(double epsilon, Tensor weight, Tensor bias, long... shape) {
        if (!(epsilon >= 0)) throw new IllegalArgumentException("LayerNorm: epsilon is " + epsilon + "; it is at least 0");
        if (shape.length == 0) throw new ShapeException("LayerNorm: no axis to normalise; pass the sizes of the last axes");
        this.epsilon = epsilon;
        this.shape = shape.clone();
        this.weight = weight;
        this.bias = bias;
        affine = Formula.of(in -> in[0].layerNorm(in[1], in[2], epsilon));
    }

    /** Without weight and bias: nothing is learned, and the result has the input's type. */
    public static LayerNorm plain(double epsilon, long... shape) { return new LayerNorm(epsilon, null, null, shape); }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        int n = shape.length;
        if (x.rank() < n) throw new ShapeException("LayerNorm: input " + x.shape() + " has fewer axes than " + Shape.of(shape));
        if (!ends(x.shape().toArray(), shape))
            throw new ShapeException("LayerNorm: input " + x.shape() + " does not end in " + Shape.of(shape));
        if (n == 1) return weight == null || bias == null ? x.layerNorm(weight, bias, epsilon) : affine.at(x, weight, bias);
        var rows = x.reshape(together(x.shape().toArray(), x.rank() - n));
        return rows.layerNorm(flat(weight), flat(bias), epsilon).reshape(x.shape().toArray());
    }

    private static Tensor flat(Tensor vector) { return vector == null ? null : vector.flatten(); }

    static boolean ends(long[] sizes, long[] last) {
        return sizes.length >= last.length && Arrays.equals(sizes, sizes.length - last.length, sizes.length, last, 0, last.length);
    }

    /** The shape with the axes from {@code first} on as one. */
    static long[] together(long[] shape, int first) {
        var sizes = Arrays.copyOf(shape, first + 1);
        for (int i = first + 1; i < shape.length; i++) sizes[first] *= shape[i];
        return sizes;
    }
}
