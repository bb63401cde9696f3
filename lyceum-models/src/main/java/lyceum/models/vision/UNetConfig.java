package lyceum.models.vision;

import java.util.List;
import java.util.Objects;
import lyceum.DType;
import lyceum.nn.Activation;
import lyceum.withers.Withers;

/**
 * The choices of a {@link UNet}.
 *
 * {@snippet :
 * var original = UNetConfig.original(1, 2);
 * var masks = UNetConfig.padded(3, 4, 16, 32, 64);
 * var noise = UNetConfig.denoiser(1, 32, 64, 128).withContextWidth(64);
 * }
 *
 * @param axes 2 for pictures (batch, channels, height, width), 1 for signals (batch, channels, length)
 * @param inputs channels that come in
 * @param outputs channels that go out
 * @param widths channels of each level, the finest first
 * @param padded whether convolutions keep the size; else each trims a pixel a side and the maps of the way down are cropped
 * @param residual whether blocks are residual: norm, activation, convolution, twice, around a shortcut; else convolution, norm,
 *         activation, twice
 * @param norm in the blocks
 * @param activation in the blocks
 * @param scale how levels are left and entered
 * @param skips whether the maps of the way down are joined to those of the way up
 * @param timeWidth of the embedding of a time, which is added in each block; 0 for none
 * @param contextWidth of the vectors that attention looks at; 0 for none
 * @param attention levels, counted from the coarsest, in which positions attend to each other, and to the context; 0 for none
 * @param heads of that attention
 * @param dropout before the second convolution of a residual block
 * @param dtype of the parameters
 */
@Withers
public record UNetConfig(int axes, int inputs, int outputs, List<Integer> widths, boolean padded, boolean residual, Norm norm,
        Activation activation, Scale scale, boolean skips, int timeWidth, int contextWidth, int attention, int heads, double dropout,
        DType dtype) implements UNetConfigWithers {

    /** Which norm stands in the blocks. */
    public enum Norm {
        NONE, BATCH,
        /** Of 8 groups, or fewer where 8 do not divide the width. */
        GROUP
    }

    /** How levels are left and entered. */
    public enum Scale {
        /** A maximum over 2 x 2 down; up a transposed convolution of 2 x 2, which halves the width. */
        POOLED,
        /** A 3 x 3 convolution of stride 2 down; up each pixel four times, then a 3 x 3 convolution: no chessboards. */
        STRIDED
    }

    public UNetConfig {
        widths = List.copyOf(widths);
        Objects.requireNonNull(norm, "norm");
        Objects.requireNonNull(activation, "activation");
        Objects.requireNonNull(scale, "scale");
        if (axes != 1 && axes != 2) throw new IllegalArgumentException("UNetConfig: axes is " + axes + "; 1 or 2");
        if (inputs < 1 || outputs < 1 || widths.size() < 2 || widths.stream().anyMatch(w -> w < 1)) throw new IllegalArgumentException(
                "UNetConfig: " + inputs + " inputs, " + outputs + " outputs, widths " + widths + "; at least two levels");
        if (timeWidth < 0 || timeWidth % 2 != 0 || contextWidth < 0 || attention < 0 || attention > widths.size())
            throw new IllegalArgumentException("UNetConfig: timeWidth " + timeWidth + " (even), contextWidth " + contextWidth
                    + ", attention in " + attention + " levels");
        if (contextWidth > 0 && attention == 0)
            throw new IllegalArgumentException("UNetConfig: a context is looked at by attention; set attention to 1 or more levels");
        if (heads < 1) throw new IllegalArgumentException("UNetConfig: " + heads + " heads; at least 1");
        for (int i = widths.size() - attention; i < widths.size(); i++)
            if (widths.get(i) % heads != 0)
                throw new IllegalArgumentException("UNetConfig: " + heads + " heads do not divide the width " + widths.get(i));
        if (scale == Scale.STRIDED && !padded) throw new IllegalArgumentException("UNetConfig: STRIDED goes with padded convolutions");
    }

    /** Of 2015: widths 64 to 1,024, no padding, no norms; 572 x 572 become 388 x 388. */
    public static UNetConfig original(int inputs, int outputs) {
        return new UNetConfig(2, inputs, outputs, List.of(64, 128, 256, 512, 1024), false, false, Norm.NONE, Activation.RELU, Scale.POOLED,
                true, 0, 0, 0, 1, 0, DType.F32);
    }

    /** Padded, with batch norms: masks as large as the picture. */
    public static UNetConfig padded(int inputs, int outputs, Integer... widths) {
        return original(inputs, outputs).withWidths(List.of(widths)).withPadded(true).withNorm(Norm.BATCH);
    }

    /**
     * Residual blocks with group norms and SiLU, strided, a time of four times the first width, attention of 4 heads at the coarsest
     * level: as in DDPM.
     */
    public static UNetConfig denoiser(int channels, Integer... widths) {
        return padded(channels, channels, widths).withResidual(true).withNorm(Norm.GROUP).withActivation(Activation.SILU)
                .withScale(Scale.STRIDED).withTimeWidth(4 * widths[0]).withHeads(4).withAttention(1);
    }

    /** Whether positions attend to each other at level i, from 0 on. */
    boolean attends(int level) { return level >= widths.size() - attention; }

    /** A kernel size or stride for each of the two axes that are computed with: signals are pictures of one row. */
    int[] over(int size) { return axes == 1 ? new int[] {1, size} : new int[] {size, size}; }
}
