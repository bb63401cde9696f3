package lyceum.tensor;

import lyceum.ShapeException;
import lyceum.backend.Convolution;
import lyceum.backend.Op;
import lyceum.backend.Pooling;

/**
 * Convolutions and pooling over 1 to 3 spatial axes. Tensors have the shape (batch, channels, sizes..); the batch may be absent. The number of
 * spatial axes is the weight's rank less two.
 */
sealed interface WindowOps permits Tensor {

    /** The largest element of each window, and (I64) its row-major number among the spatial axes of its channel. */
    record Pooled(Tensor values, Tensor indices) {}

    private Tensor self() { return (Tensor) this; }

    /** Stride 1, no padding, no bias. */
    default Tensor conv(Tensor weight) { return conv(weight, null, new Convolution()); }

    default Tensor conv(Tensor weight, Tensor bias, Convolution how) { return conv(weight, bias, how, null); }

    /**
     * Convolution (by the field's custom a correlation): {@code y[n, o, i] = activation(bias[o] + sum over c, t of weight[o, c, t] * x[n, c, i * stride
     * + t * dilation - padding])}. The bits are those of the three steps one after the other. Padding is zero; a weight that is NaN or infinite may make it NaN
     * or be left out there.
     *
     * @param weight of shape (outputs, inputs / groups, kernel..)
     * @param bias of shape (outputs,), or null
     * @param activation {@link Op#RELU}, {@link Op#SIGMOID}, {@link Op#TANH} or null
     * @throws ShapeException if shapes or groups do not agree, or the kernel is larger than the padded input: says which
     */
    default Tensor conv(Tensor weight, Tensor bias, Convolution how, Op activation) {
        return ConvolveOp.convolve(self(), weight, bias, how, activation, null);
    }

    /** The same with a weight that takes part in many convolutions; it has no gradient. */
    default Tensor conv(PackedWeight weight, Tensor bias, Convolution how, Op activation) {
        return ConvolveOp.convolve(self(), weight.weight(), bias, how, activation, weight);
    }

    /** {@link #conv} of (batch, inputs, length). @param bias may be null */
    default Tensor conv1d(Tensor weight, Tensor bias, int stride, int padding) {
        return conv(rank("conv1d", weight, 3), bias, new Convolution().withStride(stride).withPadding(padding));
    }

    /** {@link #conv} of (batch, inputs, height, width). @param bias may be null */
    default Tensor conv2d(Tensor weight, Tensor bias, int stride, int padding) {
        return conv(rank("conv2d", weight, 4), bias, new Convolution().withStride(stride).withPadding(padding));
    }

    /** {@link #conv} of (batch, inputs, depth, height, width). @param bias may be null */
    default Tensor conv3d(Tensor weight, Tensor bias, int stride, int padding) {
        return conv(rank("conv3d", weight, 5), bias, new Convolution().withStride(stride).withPadding(padding));
    }

    private static Tensor rank(String operation, Tensor weight, int rank) {
        if (weight.rank() != rank) throw new ShapeException(
                operation + ": weight " + weight.shape() + "; it has " + rank + " axes: (outputs, inputs / groups, kernel..)");
        return weight;
    }

    default Tensor convTranspose(Tensor weight, Tensor bias, Convolution how) { return convTranspose(weight, bias, how, null); }

    /**
     * Transposed convolution, the gradient of a convolution by its input: every element of x spreads {@code weight} over the result, which has
     * {@code (n - 1) * stride - padding + dilation * (kernel - 1) + outputPadding + 1} elements an axis.
     *
     * @param weight of shape (inputs, outputs / groups, kernel..)
     * @param bias of shape (outputs,), or null
     * @param activation as for {@link #conv}
     */
    default Tensor convTranspose(Tensor weight, Tensor bias, Convolution how, Op activation) {
        return ConvolveOp.transpose(self(), weight, bias, how, activation);
    }

    /** The largest element of each window; NaN if it holds one. The gradient goes to the first of equals. @throws ShapeException if no window fits */
    default Tensor maxPool(Pooling how) { return maxPoolWithIndices(how).values(); }

    default Pooled maxPoolWithIndices(Pooling how) { return PoolOps.max(self(), how); }

    /** The mean of each window. @throws ShapeException if no window fits */
    default Tensor avgPool(Pooling how) { return PoolOps.average(self(), how); }

    /**
     * Means over windows that cut each of the last axes into {@code sizes} parts: part i of m spans the elements from {@code floor(i n / m)} to
     * {@code ceil((i + 1) n / m)}, so that parts overlap where m does not divide n. One size stands for each spatial axis.
     */
    default Tensor adaptiveAvgPool(long... sizes) { return PoolOps.adaptive(self(), sizes); }

    /** The largest element of each of those parts; the gradient goes to one of equals. */
    default Tensor adaptiveMaxPool(long... sizes) { return PoolOps.adaptiveMax(self(), sizes); }
}
