package lyceum.nn;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A convolution over positions and poses, {@code y[g] = sum over h of x[h] * g w[g^-1 h]}, from group maps (n, inputs, order, h, w) to
 * (n, outputs, order, h', w'): the only linear maps that commute with shifts, turns and, with D4, mirrors.
 *
 * <p>Exact on square maps: padding is the same on all sides, the stride 1. Halve by an average over 2 x 2 where sides are even, by a stride where they are odd.
 *
 * @see LiftingConv2d the layer before it
 * @see <a href="https://arxiv.org/abs/1602.07576">Cohen and Welling (2016), section 6</a>
 */
public final class GroupConv2d extends Module {
    private final Symmetry symmetry;
    private final int padding;
    private final Tensor weight, bias;

    /** F32. @param padding zeros on each side */
    public GroupConv2d(int inputs, int outputs, int kernel, Symmetry symmetry, int padding, Rng rng) {
        this(inputs, outputs, kernel, symmetry, padding, DType.F32, rng);
    }

    public GroupConv2d(int inputs, int outputs, int kernel, Symmetry symmetry, int padding, DType dtype, Rng rng) {
        LiftingConv2d.check("GroupConv2d", inputs, outputs, kernel, padding);
        this.symmetry = symmetry;
        this.padding = padding;
        long fan = (long) inputs * symmetry.order() * kernel * kernel;
        weight = Init.begin(Init.torchLinear(fan), rng, dtype, outputs, inputs, symmetry.order(), kernel, kernel).requiresGrad();
        bias = Init.begin(Init.torchLinear(fan), rng, dtype, outputs).requiresGrad();
    }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        long inputs = weight.size(1), kernel = weight.size(3), order = symmetry.order();
        if (x.rank() != 5 || x.size(1) != inputs || x.size(2) != order)
            throw new ShapeException("GroupConv2d: group maps " + x.shape() + "; they are (n, " + inputs + ", " + order + ", h, w)");
        var poses = new Tensor[symmetry.order()];
        for (int g = 0; g < poses.length; g++)
            poses[g] = symmetry.regular(g, weight).reshape(weight.size(0), inputs * order, kernel, kernel);
        return LiftingConv2d.convolved(x.reshape(x.size(0), inputs * order, x.size(3), x.size(4)), poses, bias, padding);
    }
}
