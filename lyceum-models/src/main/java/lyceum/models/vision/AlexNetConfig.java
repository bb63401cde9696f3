package lyceum.models.vision;

import java.util.List;
import java.util.Objects;
import lyceum.DType;
import lyceum.nn.Activation;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * The choices of an {@link AlexNet}: a switch for each ingredient of 2012.
 *
 * {@snippet :
 * var paper = AlexNetConfig.paper();
 * var without = AlexNetConfig.small(1, 28, 10).withActivation(Activation.TANH).withDropout(0);
 * }
 *
 * @param channels of a picture
 * @param side of a picture, which says how many units the dense layers read
 * @param widths channels of the five convolutions
 * @param kernel of the first
 * @param stride of the first
 * @param padding of the first
 * @param groups of the second, fourth and fifth: 2 for the two cards of 2012
 * @param hidden units of the two dense layers
 * @param classes of the head
 * @param activation after each layer but the last
 * @param responseNorm whether the first two maps are normalised by their neighbours
 * @param overlapping whether poolings of 3 step by 2; else windows of 2 lie side by side
 * @param dropout before the first two dense layers
 * @param start how weights begin
 * @param dtype of the parameters
 */
@Withers
public record AlexNetConfig(int channels, int side, List<Integer> widths, int kernel, int stride, int padding, int groups, int hidden,
        int classes, Activation activation, boolean responseNorm, boolean overlapping, double dropout, Start start, DType dtype)
        implements VisionBackbone, AlexNetConfigWithers {

    /** How weights begin. */
    public enum Start {
        /** With deviation 0.01, and biases of convolutions 2, 4, 5 and of the hidden dense layers at one, as in 2012. */
        PAPER,
        /** As PyTorch's layers. */
        TORCH,
        /** By He and others (2015), biases at zero: small networks learn from the first step. */
        HE
    }

    public AlexNetConfig {
        widths = List.copyOf(widths);
        Objects.requireNonNull(activation, "activation");
        Objects.requireNonNull(start, "start");
        if (widths.size() != 5)
            throw new IllegalArgumentException("AlexNetConfig: " + widths.size() + " widths; there are five convolutions");
        if (channels < 1 || classes < 1 || hidden < 1 || kernel < 1 || stride < 1 || padding < 0) throw new IllegalArgumentException(
                "AlexNetConfig: " + channels + " channels, " + classes + " classes, " + hidden + " hidden, kernel " + kernel);
        if (groups < 1) throw new IllegalArgumentException("AlexNetConfig: " + groups + " groups; at least 1");
        int first = Math.floorDiv(side + 2 * padding - kernel, stride) + 1;
        if (first < (overlapping ? 15 : 8)) throw new IllegalArgumentException(
                "AlexNetConfig: pictures of " + side + " pixels give a first map of " + first + ", which is gone after three poolings");
        for (int i : new int[] {0, 1, 2, 3, 4})
            if (widths.get(i) % groups != 0)
                throw new IllegalArgumentException("AlexNetConfig: " + groups + " groups do not divide the width " + widths.get(i));
    }

    /** Of 2012: two groups, 227 x 227, 60,965,224 parameters. */
    public static AlexNetConfig paper() {
        return new AlexNetConfig(3, 227, List.of(96, 256, 384, 384, 256), 11, 4, 0, 2, 4096, 1000, Activation.RELU, true, true, 0.5,
                Start.PAPER, DType.F32);
    }

    /** One column (Krizhevsky 2014), as torchvision has it: 224 x 224, no response norm, 61,100,840 parameters. */
    public static AlexNetConfig oneColumn() {
        return paper().withSide(224).withPadding(2).withGroups(1).withWidths(List.of(64, 192, 384, 256, 256)).withResponseNorm(false)
                .withStart(Start.TORCH);
    }

    /** For small pictures: a first kernel of 5 that steps by one, narrow, two groups, with all ingredients. */
    public static AlexNetConfig small(int channels, int side, int classes) {
        return paper().withChannels(channels).withWidths(List.of(8, 16, 24, 24, 16)).withKernel(5).withStride(1).withPadding(2)
                .withSide(side).withHidden(64).withClasses(classes).withStart(Start.HE);
    }

    @Override public AlexNet build(Rng rng) { return new AlexNet(this, rng); }
}
