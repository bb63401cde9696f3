package lyceum.models.ssl;

import java.util.Objects;
import lyceum.nn.Activation;
import lyceum.nn.Layer;

import lyceum.withers.Withers;

/**
 * The sizes of a {@link DistributedRepresentation} and how it learns.
 *
 * @param code units of a person's code, of a relation's and of the answer's, at least 1
 * @param hidden units where person and relation meet, at least 1
 * @param activation of all of them
 * @param steps over all facts at once
 * @param learningRate of AdamW
 * @param decay of all weights, by which facts that share features end up sharing units
 */
@Withers
public record DistributedConfig(int code, int hidden, Layer activation, int steps, double learningRate, double decay)
        implements DistributedConfigWithers {
    public DistributedConfig {
        if (code < 1 || hidden < 1 || steps < 1 || !(learningRate > 0) || !(decay >= 0)) throw new IllegalArgumentException(
                "DistributedConfig: code " + code + ", hidden " + hidden + ", steps " + steps + ", learning rate " + learningRate
                        + ", decay " + decay + "; sizes and steps are at least 1, the rate above 0, the decay at least 0");
        Objects.requireNonNull(activation, "activation");
    }

    /** Hinton's sizes, 6 and 12, with ReLUs that leak 0.1, so that none of so few units dies; 1,500 steps of 0.02 with a decay of 0.8. */
    public DistributedConfig() { this(6, 12, Activation.leakyRelu(0.1), 1_500, 0.02, 0.8); }
}
