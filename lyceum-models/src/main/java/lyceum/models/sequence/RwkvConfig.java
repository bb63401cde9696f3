package lyceum.models.sequence;

import java.util.Objects;
import lyceum.DType;
import lyceum.withers.Withers;

/**
 * The choices of an {@link Rwkv} model.
 *
 * @param width of the stream
 * @param layers blocks, each a time mixing and a channel mixing
 * @param version which time mixing
 * @param headWidth rows and columns of a head's matrix, for {@link Version#V6}; it divides the width
 * @param hidden units of the channel mixing
 * @param rank of what makes shifts and decays depend on the data, for {@link Version#V6}
 * @param dtype of the parameters: F32 or F64
 */
@Withers
public record RwkvConfig(int width, int layers, Version version, int headWidth, int hidden, int rank, DType dtype)
        implements RwkvConfigWithers {

    /** Which time mixing. */
    public enum Version {
        /** One number a channel, decays that are learned (Dove). */
        V4,
        /** A matrix for each head, decays that depend on the data (Finch). */
        V6
    }

    public RwkvConfig {
        Objects.requireNonNull(version, "version");
        if (width < 1 || layers < 1 || hidden < 1 || rank < 1 || headWidth < 1) throw new IllegalArgumentException("RwkvConfig: width "
                + width + ", layers " + layers + ", headWidth " + headWidth + ", hidden " + hidden + " and rank " + rank + " are positive");
        if (version == Version.V6 && width % headWidth != 0)
            throw new IllegalArgumentException("RwkvConfig: heads of " + headWidth + " do not divide a width of " + width);
        if (dtype != DType.F32 && dtype != DType.F64)
            throw new IllegalArgumentException("RwkvConfig: dtype is " + dtype + "; it is F32 or F64");
    }

    /** Version 4, four times the width in the channel mixing, heads of 64 or the width, rank 32, F32. */
    public RwkvConfig(int width, int layers) { this(width, layers, Version.V4, width % 64 == 0 ? 64 : width, 4 * width, 32, DType.F32); }
}
