package lyceum.models.ssl;

import java.util.Objects;
import lyceum.nn.loss.PairDistance;
import lyceum.withers.Withers;

/**
 * How a {@link SiameseNetwork} compares.
 *
 * @param distance of two embeddings: what training changes and verification measures
 * @param normalised brings embeddings to length 1 first, as FaceNet does
 */
@Withers
public record SiameseConfig(PairDistance distance, boolean normalised) implements SiameseConfigWithers {
    public SiameseConfig { Objects.requireNonNull(distance, "distance"); }

    /** Euclidean, of embeddings as they are. */
    public SiameseConfig() { this(PairDistance.norm(2), false); }
}
