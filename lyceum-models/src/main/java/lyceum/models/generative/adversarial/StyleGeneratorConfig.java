package lyceum.models.generative.adversarial;

import java.util.Objects;
import lyceum.DType;
import lyceum.withers.Withers;

/**
 * The shape of a {@link StyleGenerator}.
 *
 * @param resolution side of the pictures: 4 times a power of 2
 * @param colours channels of the pictures
 * @param channels inside, at every resolution
 * @param latent numbers of the noise
 * @param width of styles
 * @param mappingLayers from noise to style
 * @param styling how a style acts
 * @param mixing share of learning passes in which two styles divide the layers among them, in [0, 1]
 * @param dtype F32 or F64
 */
@Withers
public record StyleGeneratorConfig(int resolution, int colours, int channels, int latent, int width, int mappingLayers, Styling styling,
        double mixing, DType dtype) implements StyleGeneratorConfigWithers {
    /** How a style acts on a layer. */
    public enum Styling {
        /** By {@link AdaIn} behind plain convolutions: the first StyleGAN. */
        ADAPTIVE_NORM,
        /** By {@link ModulatedConv2d}: StyleGAN2. */
        MODULATION
    }

    public StyleGeneratorConfig {
        Objects.requireNonNull(styling, "styling");
        Objects.requireNonNull(dtype, "dtype");
        BigGanConfig.blocks("StyleGeneratorConfig", resolution);
        if (colours < 1 || channels < 1) throw new IllegalArgumentException(
                "StyleGeneratorConfig: " + colours + " colours and " + channels + " channels; at least 1 of each");
        if (!(mixing >= 0 && mixing <= 1))
            throw new IllegalArgumentException("StyleGeneratorConfig: mixing is " + mixing + "; it lies in [0, 1]");
    }

    /** Of that side and colours: 64 channels, noise and styles of 64, 8 mapping layers, modulation, mixing in 0.9 of passes, F32. */
    public StyleGeneratorConfig(int resolution, int colours) {
        this(resolution, colours, 64, 64, 64, 8, Styling.MODULATION, 0.9, DType.F32);
    }
}
