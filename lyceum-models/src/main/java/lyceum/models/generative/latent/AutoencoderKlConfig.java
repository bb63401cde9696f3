package lyceum.models.generative.latent;

import java.util.List;
import java.util.Objects;
import lyceum.DType;
import lyceum.withers.Withers;

/**
 * Settings of an {@link AutoencoderKl}.
 *
 * @param channels of pictures
 * @param latent channels of codes
 * @param widths of the levels, from the finest; each but the last halves the size
 * @param layers blocks of a level on the way down; one more on the way up
 * @param groups of the norms; they divide the widths
 * @param dtype of the parameters
 */
@Withers
public record AutoencoderKlConfig(int channels, int latent, List<Integer> widths, int layers, int groups, DType dtype)
        implements AutoencoderKlConfigWithers {
    public AutoencoderKlConfig {
        widths = List.copyOf(widths);
        Objects.requireNonNull(dtype, "dtype");
        if (channels < 1 || latent < 1 || layers < 1 || groups < 1 || widths.isEmpty())
            throw new IllegalArgumentException("AutoencoderKlConfig: " + channels + " channels, " + latent + " of codes, widths " + widths
                    + ", " + layers + " layers, " + groups + " groups; each is at least 1");
        for (int width : widths)
            if (width < 1 || width % groups != 0)
                throw new IllegalArgumentException("AutoencoderKlConfig: width " + width + " in " + groups + " groups; they divide it");
    }

    /** That of Stable Diffusion 1 and 2: 83,653,863 parameters, an eighth of the size, 4 channels. */
    public static AutoencoderKlConfig stableDiffusion() {
        return new AutoencoderKlConfig(3, 4, List.of(128, 256, 512, 512), 2, 32, DType.F32);
    }

    /** One block a level, 4 groups, F32. */
    public static AutoencoderKlConfig small(int channels, int latent, Integer... widths) {
        return new AutoencoderKlConfig(channels, latent, List.of(widths), 1, 4, DType.F32);
    }

    /** Pixels of a side that one code stands for. */
    public int reduction() { return 1 << widths.size() - 1; }
}
