package lyceum.models.ssl;

import java.util.Objects;
import lyceum.withers.Withers;

/**
 * How a {@link FewShotLearner} scores.
 *
 * @param rule prototypes by default
 * @param scale of what the rule compares by, above 0: squared distances (1 by default), or cosines, for which 10 is usual
 */
@Withers
public record FewShotConfig(Rule rule, double scale) implements FewShotConfigWithers {
    /** What the support examples of a class say about a query. */
    public enum Rule {
        /** {@code -s |q - c|^2} with c the mean of the class's examples (Snell, Swersky and Zemel 2017). */
        PROTOTYPICAL,
        /** The log of the share of attention, a softmax over all examples of {@code s cos(q, x)}, that falls on the class's (Vinyals et al. 2016). */
        MATCHING,
        /** The log of the mean over the class's examples of {@code sigmoid(s (b - sum_j a_j |q_j - x_j|))}, with a and b learned (Koch, Zemel and Salakhutdinov 2015). */
        SIAMESE
    }

    public FewShotConfig {
        Objects.requireNonNull(rule, "rule");
        if (!(scale > 0 && scale < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("FewShotConfig: scale is " + scale + "; it is above 0");
    }

    /** Prototypes, scale 1. */
    public FewShotConfig() { this(Rule.PROTOTYPICAL, 1); }

    /** The rule at its usual scale. */
    public FewShotConfig(Rule rule) { this(rule, rule == Rule.MATCHING ? 10 : 1); }
}
