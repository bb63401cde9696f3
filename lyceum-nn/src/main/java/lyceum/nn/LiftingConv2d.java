package lyceum.nn;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Convolution;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * The first layer of a group-equivariant network: each filter is tried in every pose, {@code y[g] = x * (g w)}, from pictures (n, inputs, h, w) to group maps
 * (n, outputs, order, h', w'). A turned picture gives turned maps, each in the place of the turned pose: {@link GroupAction#regular}.
 *
 * {@snippet :
 * var network = new Sequential(new LiftingConv2d(1, 8, 3, Symmetry.C4, 1, rng), Activation.RELU,
 *         new GroupConv2d(8, 8, 3, Symmetry.C4, 1, rng), Activation.RELU, new GroupPooling(GroupPooling.Kind.MAX));
 * }
 *
 * <p>Exact on square pictures: padding is the same on all sides, the stride 1.
 *
 * @see <a href="https://arxiv.org/abs/1602.07576">Cohen and Welling (2016), section 6</a>
 */
public final class LiftingConv2d extends Module {
    private final Symmetry symmetry;
    private final int padding;
    private final Tensor weight, bias;

    /** F32. @param padding zeros on each side */
    public LiftingConv2d(int inputs, int outputs, int kernel, Symmetry symmetry, int padding, Rng rng) {
        this(inputs, outputs, kernel, symmetry, padding, DType.F32, rng);
    }

    public LiftingConv2d(int inputs, int outputs, int kernel, Symmetry symmetry, int padding, DType dtype, Rng rng) {
        check("LiftingConv2d", inputs, outputs, kernel, padding);
        this.symmetry = symmetry;
        this.padding = padding;
        long fan = (long) inputs * kernel * kernel;
        weight = Init.begin(Init.torchLinear(fan), rng, dtype, outputs, inputs, kernel, kernel).requiresGrad();
        bias = Init.begin(Init.torchLinear(fan), rng, dtype, outputs).requiresGrad();
    }

    static void check(String name, int inputs, int outputs, int kernel, int padding) {
        if (inputs < 1 || outputs < 1 || kernel < 1 || padding < 0) throw new IllegalArgumentException(name + ": " + inputs + " and "
                + outputs + " channels, kernel " + kernel + ", padding " + padding + "; at least 1, and padding at least 0");
    }

    /** Maps (n, outputs order, h, w) by filters that stand pose by pose, with the group as an axis. */
    static Tensor convolved(Tensor x, Tensor[] poses, Tensor bias, int padding) {
        long outputs = poses[0].size(0), inputs = poses[0].size(1), kernel = poses[0].size(2);
        var filters = Tensor.stack(1, poses).reshape(outputs * poses.length, inputs, kernel, kernel);
        var y = x.conv(filters, bias.repeatInterleave(0, poses.length), new Convolution().withPadding(padding));
        return y.reshape(y.size(0), outputs, poses.length, y.size(2), y.size(3));
    }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        if (x.rank() != 4 || x.size(1) != weight.size(1))
            throw new ShapeException("LiftingConv2d: pictures " + x.shape() + "; they are (n, " + weight.size(1) + ", h, w)");
        var poses = new Tensor[symmetry.order()];
        for (int g = 0; g < poses.length; g++) poses[g] = symmetry.apply(g, weight);
        return convolved(x, poses, bias, padding);
    }
}
