package lyceum.models.generative.adversarial;

import java.util.Objects;
import lyceum.DType;
import lyceum.withers.Withers;

/**
 * The shape of a {@link BigGanGenerator} and of {@link ProjectionCritic#images}.
 *
 * @param resolution side of the pictures: 4 times a power of 2
 * @param colours channels of the pictures
 * @param classes at least 1
 * @param channels inside
 * @param latent numbers of the noise; each block and the start get an equal chunk of it
 * @param width of the class embedding that all blocks share
 * @param dtype F32 or F64
 */
@Withers
public record BigGanConfig(int resolution, int colours, int classes, int channels, int latent, int width, DType dtype)
        implements BigGanConfigWithers {
    public BigGanConfig {
        Objects.requireNonNull(dtype, "dtype");
        int chunks = blocks("BigGanConfig", resolution) + 1;
        if (colours < 1 || classes < 1 || channels < 1 || width < 1) throw new IllegalArgumentException("BigGanConfig: " + colours
                + " colours, " + classes + " classes, " + channels + " channels, width " + width + "; at least 1 of each");
        if (latent < 1 || latent % chunks != 0)
            throw new IllegalArgumentException("BigGanConfig: latent is " + latent + "; it is a multiple of the " + chunks + " chunks");
    }

    /** 64 channels, 20 numbers of noise a chunk, embeddings of 64, F32. */
    public BigGanConfig(int resolution, int colours, int classes) {
        this(resolution, colours, classes, 64, 20 * (blocks("BigGanConfig", resolution) + 1), 64, DType.F32);
    }

    /** How often 4 is doubled to give the resolution. */
    static int blocks(String name, int resolution) {
        int blocks = Integer.numberOfTrailingZeros(resolution) - 2;
        if (resolution < 4 || 4 << blocks != resolution)
            throw new IllegalArgumentException(name + ": resolution is " + resolution + "; it is 4 times a power of 2");
        return blocks;
    }
}
