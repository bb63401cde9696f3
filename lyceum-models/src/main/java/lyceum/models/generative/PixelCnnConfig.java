package lyceum.models.generative;

import java.util.Objects;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.nn.Dropout;
import lyceum.withers.Withers;

/**
 * The choices of a {@link PixelCnn}.
 *
 * @param channels of a picture, predicted in their order within a pixel
 * @param height of it
 * @param width of it
 * @param levels of a channel: 256 for bytes, 2 for black and white
 * @param architecture of the network
 * @param filters channels of features
 * @param layers masked layers, the first included; of {@link Architecture#PLUS_PLUS} the residual blocks at each scale
 * @param firstKernel odd size of the first layer's kernel; {@code PLUS_PLUS} has its own
 * @param kernel odd size of the others
 * @param scales of {@code PLUS_PLUS}: each after the first has half the height and width of the one before; 1 for the others
 * @param components of a {@link LogisticMixture} that answers; 0 for a softmax over all levels
 * @param dropout in the blocks of {@code PLUS_PLUS}
 * @param dtype of the parameters: F32 or F64
 */
@Withers
public record PixelCnnConfig(int channels, int height, int width, int levels, Architecture architecture, int filters, int layers,
        int firstKernel, int kernel, int scales, int components, double dropout, DType dtype) implements PixelCnnConfigWithers {

    /** Which network. */
    public enum Architecture {
        /** One stack of masked convolutions, with a blind spot to the upper right (van den Oord, Kalchbrenner and Kavukcuoglu 2016). */
        SINGLE,
        /** A stack for the rows above and one for the row itself, gated, without blind spot (van den Oord et al. 2016, conditional). */
        GATED,
        /** Shifted convolutions, down and up in scale with short cuts between (Salimans et al. 2017). */
        PLUS_PLUS
    }

    public PixelCnnConfig {
        Objects.requireNonNull(architecture, "architecture");
        new Dropout(dropout);
        if (channels < 1 || height < 1 || width < 1 || levels < 2 || filters < channels || layers < 1 || components < 0)
            throw new IllegalArgumentException("PixelCnnConfig: " + channels + " channels, " + height + " x " + width + ", " + levels
                    + " levels, " + filters + " filters, " + layers + " layers, " + components
                    + " components; at least 1, 1 x 1, 2, the channels, 1 and 0");
        if (firstKernel < 3 || kernel < 1 || firstKernel % 2 == 0 || kernel % 2 == 0) throw new IllegalArgumentException(
                "PixelCnnConfig: kernels of " + firstKernel + " and " + kernel + "; both are odd, the first at least 3");
        boolean plus = architecture == Architecture.PLUS_PLUS;
        if (scales < 1 || scales > 16 || !plus && scales != 1 || height % (1 << scales - 1) != 0 || width % (1 << scales - 1) != 0)
            throw new IllegalArgumentException("PixelCnnConfig: " + scales + " scales of " + architecture + " for " + height + " x " + width
                    + "; PLUS_PLUS alone has more than 1, and both sides are halved scales - 1 times");
        if (plus && components == 0 && channels > 1) throw new IllegalArgumentException(
                "PixelCnnConfig: PLUS_PLUS predicts a pixel's channels at once; give components, not a softmax, for " + channels
                        + " channels");
        if (dtype != DType.F32 && dtype != DType.F64) throw new DTypeException("PixelCnnConfig: dtype is " + dtype + "; it is F32 or F64");
    }

    /** The gated network with a softmax: 32 filters, 5 layers, kernels 7 and 3, F32. */
    public PixelCnnConfig(int channels, int height, int width, int levels) {
        this(channels, height, width, levels, Architecture.GATED, Math.max(32, channels), 5, 7, 3, 1, 0, 0, DType.F32);
    }

    /** The one of 2017: three residual blocks a scale, two scales, a mixture of 5 logistics. Both sides must be even. */
    public PixelCnnConfig plusPlus() {
        return new PixelCnnConfig(channels, height, width, levels, Architecture.PLUS_PLUS, filters, 3, firstKernel, kernel, 2, 5, dropout,
                dtype);
    }

    /** Channels that a softmax predicts one after the other; a mixture predicts all of a pixel together. */
    int groups() { return components > 0 ? 1 : channels; }

    int outputs() { return components > 0 ? new LogisticMixture(channels, levels, components).parameters() : channels * levels; }
}
