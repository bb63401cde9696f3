package lyceum.nn;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Convolution;
import lyceum.backend.Op;
import lyceum.random.Rng;
import lyceum.tensor.GradMode;
import lyceum.tensor.PackedWeight;
import lyceum.tensor.Tensor;
import lyceum.tensor.Tracing;

/**
 * What all convolutional layers have: a weight, perhaps a bias, and the way the kernel slides. Made by the classes named after PyTorch's.
 */
public abstract sealed class ConvLayer extends Module permits Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d {
    private final Tensor weight, bias;
    private final Convolution how;
    private volatile PackedWeight packed;

    ConvLayer(Tensor weight, Tensor bias, Convolution how, int axes) {
        if (weight.rank() != axes + 2) throw new ShapeException(name() + ": weight " + weight.shape() + "; it has " + (axes + 2) + " axes");
        this.weight = weight.requiresGrad();
        this.bias = bias == null ? null : bias.requiresGrad();
        this.how = how.over(axes);
    }

    /** A weight of (first, second / groups, kernel..), begun as {@code init} says. */
    static Tensor weight(String name, int first, int second, int[] kernel, int axes, int groups, DType dtype, Init init, Rng rng) {
        if (first < 1 || second < 1 || first % groups != 0 || second % groups != 0) throw new IllegalArgumentException(
                name + ": " + first + " and " + second + " channels in groups " + groups + "; both must be positive and divide");
        if (kernel.length != 1 && kernel.length != axes) throw new IllegalArgumentException(
                name + ": " + kernel.length + " kernel sizes; give one, or one for each of " + axes + " axes");
        var shape = new long[axes + 2];
        shape[0] = first;
        shape[1] = second / groups;
        for (int i = 0; i < axes; i++) shape[i + 2] = kernel[kernel.length == 1 ? 0 : i];
        var fans = name.startsWith("ConvTranspose") ? Fans.transposed(groups, shape) : Fans.grouped(groups, shape);
        if (Skeleton.isBuilding()) return Skeleton.blank(dtype, shape);
        return (init == null ? Init.torchLinear(fanIn(shape)) : init).sample(rng, dtype, fans, shape).compute();
    }

    static long fanIn(long[] shape) {
        long n = 1;
        for (int i = 1; i < shape.length; i++) n *= shape[i];
        return n;
    }

    static Tensor bias(boolean wanted, long outputs, Tensor weight, Rng rng) {
        return wanted ? Init.torchLinear(fanIn(weight.shape().toArray())).sample(rng, weight.dtype(), outputs).compute() : null;
    }

    public final Tensor weight() { return weight; }

    /** Null if there is none. */
    public final Tensor bias() { return bias; }

    /** Packs the weight, as {@link PackedWeight} says; one that is written to later is packed again. Transposed layers read theirs as it lies. */
    @Override public ConvLayer pack() {
        if (!isTransposed()) packed = PackedWeight.of(weight);
        return this;
    }

    @Override protected void copied() { packed = null; }

    /** What is not transposed. */
    final Tensor convolved(Tensor x, Op activation) {
        var ready = packed;
        return ready == null || GradMode.isRecording() || Tracing.on() ? x.conv(weight, bias, how, activation)
                : x.conv(ready, bias, how, activation);
    }

    final boolean isTransposed() {
        return this instanceof ConvTranspose1d || this instanceof ConvTranspose2d || this instanceof ConvTranspose3d;
    }

    /** Stride, padding, dilation and groups. */
    public final Convolution how() { return how; }

    private String name() { return getClass().getSimpleName(); }

    @Override protected final Tensor compute(Tensor x, Pass pass) { return activated(x, null); }

    /** With the activation in the same kernel; null for none. */
    abstract Tensor activated(Tensor x, Op activation);
}
