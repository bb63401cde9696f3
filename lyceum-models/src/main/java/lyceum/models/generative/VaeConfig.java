package lyceum.models.generative;

import java.util.Objects;
import lyceum.tensor.Shape;
import lyceum.withers.Withers;

/**
 * What a {@link Vae} assumes and how it learns.
 *
 * @param latent shape of a code: (k), or (k, height, width)
 * @param observation law of data around what the decoder says
 * @param beta price of a nat of code while learning
 * @param samples codes drawn for each row of a batch: with several, the loss is the importance-weighted bound
 */
@Withers
public record VaeConfig(Shape latent, Observation observation, BetaSchedule beta, int samples) implements VaeConfigWithers {
    public VaeConfig {
        Objects.requireNonNull(observation, "observation");
        Objects.requireNonNull(beta, "beta");
        if (latent.rank() < 1 || latent.count() < 1)
            throw new IllegalArgumentException("VaeConfig: codes of shape " + latent + "; at least one number");
        if (samples < 1) throw new IllegalArgumentException("VaeConfig: samples is " + samples + "; at least 1");
        if (samples > 1 && !(beta instanceof BetaSchedule.Constant c && c.beta() == 1)) throw new IllegalArgumentException(
                "VaeConfig: " + samples + " samples make the importance-weighted bound, which has no beta; leave it at 1, or samples");
    }

    /** Codes of so many numbers, or of that shape; coins, beta 1, one sample. */
    public VaeConfig(long... latent) { this(Shape.of(latent), Observation.BERNOULLI, BetaSchedule.CONSTANT, 1); }
}
