package lyceum.models.generative;

import java.util.Objects;
import lyceum.nn.Activation;
import lyceum.withers.Withers;

/**
 * What keeps an {@link Autoencoder} from copying, beside the size of its code. The parts can be combined.
 *
 * @param corruption of the input while learning
 * @param penalty on codes while learning
 * @param code activation of the code, after what the encoder says
 */
@Withers
public record AutoencoderConfig(Corruption corruption, CodePenalty penalty, Activation code) implements AutoencoderConfigWithers {
    public AutoencoderConfig {
        Objects.requireNonNull(corruption, "corruption");
        Objects.requireNonNull(penalty, "penalty");
        Objects.requireNonNull(code, "code");
    }

    /** No noise, no penalty, codes as the encoder says them. */
    public AutoencoderConfig() { this(Corruption.NONE, CodePenalty.NONE, Activation.IDENTITY); }
}
