package lyceum.models.vision;

import java.util.List;
import java.util.Objects;
import lyceum.DType;
import lyceum.backend.PadMode;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * The choices of a {@link ResNet}.
 *
 * {@snippet :
 * var fifty = ResNetConfig.resnet50();
 * var plain = ResNetConfig.cifar(56).withResidual(false);
 * var small = ResNetConfig.cifar(20).withChannels(1).withWidth(8);
 * }
 *
 * @param channels of a picture
 * @param stem what stands before the stages
 * @param blocks in each stage
 * @param width channels of the stem and of the first stage's inner convolutions; each further stage doubles them
 * @param bottleneck whether blocks go 1 x 1, 3 x 3, 1 x 1 and give four times their width
 * @param widening of the inner 3 x 3 convolution of a bottleneck, of both convolutions and the output of a basic block (Zagoruyko and
 *         Komodakis 2016)
 * @param groups of a bottleneck's 3 x 3 convolution (Xie et al. 2017)
 * @param preActivation norm and ReLU before each convolution, nothing on the stream (He et al. 2016, Identity Mappings)
 * @param residual whether there are shortcuts: without them it is the plain twin, with the same convolutions
 * @param shortcut what brings x to another shape
 * @param zeroInit whether the last norm of each block begins at zero, so that the block does nothing at first (Goyal et al. 2017)
 * @param strideFirst whether a bottleneck's first convolution strides, as in the paper; torchvision strides in the 3 x 3
 * @param padding beyond the borders
 * @param classes of the head; 0 for none: the model then gives the pooled vector
 * @param dtype of the parameters
 */
@Withers
public record ResNetConfig(int channels, Stem stem, List<Integer> blocks, int width, boolean bottleneck, int widening, int groups,
        boolean preActivation, boolean residual, Shortcut shortcut, boolean zeroInit, boolean strideFirst, PadMode padding, int classes,
        DType dtype) implements VisionBackbone, ResNetConfigWithers {

    /** What stands before the stages. */
    public enum Stem {
        /** 7 x 7 of stride 2 and a pooling of stride 2: for large pictures. */
        IMAGENET,
        /** 3 x 3 of stride 1: for small ones. */
        CIFAR
    }

    /** What brings x to another shape. */
    public enum Shortcut {
        /** A 1 x 1 convolution and a norm (option B). */
        PROJECTION,
        /** Every second pixel, further channels zero: no parameters (option A). */
        ZERO_PAD
    }

    public ResNetConfig {
        Objects.requireNonNull(stem, "stem");
        Objects.requireNonNull(shortcut, "shortcut");
        Objects.requireNonNull(padding, "padding");
        blocks = List.copyOf(blocks);
        if (blocks.isEmpty() || blocks.stream().anyMatch(b -> b < 1))
            throw new IllegalArgumentException("ResNetConfig: blocks " + blocks + "; there is a stage, and each has a block");
        if (channels < 1 || width < 1 || widening < 1 || classes < 0) throw new IllegalArgumentException(
                "ResNetConfig: " + channels + " channels, width " + width + ", widening " + widening + ", " + classes + " classes");
        if (groups < 1 || groups > 1 && !bottleneck || width * widening % groups != 0)
            throw new IllegalArgumentException("ResNetConfig: " + groups + " groups; they divide the inner width of bottlenecks");
    }

    private static ResNetConfig imageNet(boolean bottleneck, Integer... blocks) {
        return new ResNetConfig(3, Stem.IMAGENET, List.of(blocks), 64, bottleneck, 1, 1, false, true, Shortcut.PROJECTION, false, false,
                PadMode.ZEROS, 1000, DType.F32);
    }

    /** 11,689,512 parameters. */
    public static ResNetConfig resnet18() { return imageNet(false, 2, 2, 2, 2); }

    /** 21,797,672 parameters. */
    public static ResNetConfig resnet34() { return imageNet(false, 3, 4, 6, 3); }

    /** 25,557,032 parameters. */
    public static ResNetConfig resnet50() { return imageNet(true, 3, 4, 6, 3); }

    /** 44,549,160 parameters. */
    public static ResNetConfig resnet101() { return imageNet(true, 3, 4, 23, 3); }

    /** 60,192,808 parameters. */
    public static ResNetConfig resnet152() { return imageNet(true, 3, 8, 36, 3); }

    /** ResNet-50 with inner convolutions of twice the width: 68,883,240 parameters. */
    public static ResNetConfig wideResnet50() { return resnet50().withWidening(2); }

    /**
     * For pictures of 32 x 32, of 6 n + 2 layers: 20, 32, 44, 56, 110; widths 16, 32, 64, shortcuts without parameters.
     * @throws IllegalArgumentException for other depths
     */
    public static ResNetConfig cifar(int depth) {
        if (depth < 8 || (depth - 2) % 6 != 0) throw new IllegalArgumentException("ResNetConfig.cifar: depth " + depth + "; it is 6 n + 2");
        int n = (depth - 2) / 6;
        return new ResNetConfig(3, Stem.CIFAR, List.of(n, n, n), 16, false, 1, 1, false, true, Shortcut.ZERO_PAD, false, false,
                PadMode.ZEROS, 10, DType.F32);
    }

    /**
     * WRN of 6 n + 4 layers, {@code k} times as wide, pre-activated (Zagoruyko and Komodakis 2016).
     * @throws IllegalArgumentException for other depths
     */
    public static ResNetConfig wide(int depth, int k) {
        if (depth < 10 || (depth - 4) % 6 != 0) throw new IllegalArgumentException("ResNetConfig.wide: depth " + depth + "; it is 6 n + 4");
        return cifar(depth - 2).withWidening(k).withPreActivation(true).withShortcut(Shortcut.PROJECTION);
    }

    /** Channels that stage i, from 0 on, gives. */
    public int channelsOf(int stage) { return bottleneck ? (width << stage) * 4 : (width << stage) * widening; }

    @Override public ResNet build(Rng rng) { return new ResNet(this, rng); }
}
