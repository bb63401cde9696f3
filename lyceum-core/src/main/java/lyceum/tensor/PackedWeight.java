package lyceum.tensor;

import lyceum.DTypeException;
import lyceum.ShapeException;
import lyceum.backend.WindowWeight;

/**
 * The weight of many convolutions, arranged once as the backend's kernels read it: that of a layer at inference.
 *
 * {@snippet :
 * var w = PackedWeight.of(Tensor.randn(Rng.of(1), 16, 3, 5, 5)); // (outputs, inputs, kernel..)
 * var y = x.conv(w, null, new Convolution(), null);              // the values of x.conv(weight, ..) to the last bit of the type
 * }
 *
 * <p>The arrangement is made at the first convolution that has a use for it, which today is one of BF16 on a CPU with tiles, and takes about the memory of the weight once
 * more; other convolutions read the weight as it lies. Safe for threads. The weight is not copied: a write to it in place is seen by the next convolution. Convolutions
 * are differentiable in the input and the bias; the packed weight has no gradient.
 */
public final class PackedWeight {
    private final Tensor weight;
    private final WindowWeight windows;

    private PackedWeight(Tensor weight) {
        this.weight = weight;
        windows = new WindowWeight(weight.view());
    }

    /**
     * A weight (outputs, inputs / groups, kernel..) of floats.
     *
     * @throws ShapeException if it has not one to three kernel axes
     * @throws DTypeException if it is not of floats
     */
    public static PackedWeight of(Tensor weight) {
        if (weight.rank() < 3 || weight.rank() > 5) throw new ShapeException("PackedWeight: a tensor of shape " + weight.shape()
                + "; it is (outputs, inputs / groups, kernel..) with 1 to 3 kernel axes");
        if (!weight.dtype().isFloat()) throw new DTypeException("PackedWeight: the weight is " + weight.dtype() + "; it is of floats");
        return new PackedWeight(weight.detach());
    }

    /** The weight, without a gradient. */
    public Tensor weight() { return weight; }

    WindowWeight windows() { return windows; }

    @Override public String toString() { return "PackedWeight " + weight.shape() + " of " + weight.dtype(); }
}
