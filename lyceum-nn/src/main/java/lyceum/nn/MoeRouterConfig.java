package lyceum.nn;

import lyceum.DType;
import lyceum.withers.Withers;

/**
 * The choices of a {@link MoeRouter}.
 *
 * @param width of a token
 * @param experts E to choose from
 * @param k experts a token; in expert choice, on average
 * @param kind how scores become choices
 * @param groups experts lie in so many groups of equal size, in order; 1 for none (DeepSeek-V2 and V3)
 * @param keptGroups a token chooses among the experts of so many groups: those whose best score, or with SIGMOID whose two best together, are largest
 * @param renormalised whether the kept gates of a token are divided by their sum. With k = 1 the gate is then always 1, and the task teaches the router nothing
 * @param scale gates are multiplied by it
 * @param capacityFactor an expert takes at most {@code ceil(capacityFactor k T / E)} of T tokens; infinite for no limit. In expert choice it takes exactly that
 *        many (factor 1 where it is infinite)
 * @param overflow what happens to the others
 * @param bestFirst whether a full expert keeps the tokens of the largest scores; otherwise first choices before second ones, and then by position
 * @param jitter while learning, what the router reads is multiplied by uniform numbers within {@code 1 - jitter} and {@code 1 + jitter}; 0 for none
 * @param balancing against collapse, while learning
 * @param dtype of weights, logits and gates: F32 or F64. Narrower ones make ties
 */
@Withers
public record MoeRouterConfig(int width, int experts, int k, Kind kind, int groups, int keptGroups, boolean renormalised, double scale,
        double capacityFactor, Overflow overflow, boolean bestFirst, double jitter, MoeBalancing balancing, DType dtype)
        implements MoeRouterConfigWithers {

    /** How scores become choices. */
    public enum Kind {
        /** Tokens choose by the softmax of the logits. */
        SOFTMAX,
        /** The same with noise of a learned scale on the logits while learning; the softmax is over those that were kept (Shazeer et al. 2017). */
        NOISY,
        /** Each expert by a sigmoid of its own, a bias added when choosing, not to the gate (DeepSeek-V3, 2024). */
        SIGMOID,
        /** Experts choose tokens (Zhou et al. 2022). Not causal: what a token gets depends on later ones. */
        EXPERT_CHOICE,
        /** A fixed choice by the token's id; all gates {@code 1 / k} (Roller et al. 2021). */
        HASH
    }

    /** What happens to tokens that a full expert turns away. */
    public enum Overflow {
        /** They go without this expert. */
        DROP,
        /** They go to the best expert, of the groups they keep, that has room and that they do not have yet; without one, they are dropped. */
        REROUTE,
        /** As {@link #DROP}; and groups are filled with zeros to the capacity, so that all experts work in one batched product of fixed shape. */
        PAD
    }

    public MoeRouterConfig {
        if (width < 1 || experts < 1)
            throw new IllegalArgumentException("MoeRouterConfig: width " + width + " and " + experts + " experts; both are positive");
        if (k < 1 || k > experts)
            throw new IllegalArgumentException("MoeRouterConfig: k is " + k + "; it lies between 1 and the " + experts + " experts");
        if (groups < 1 || experts % groups != 0 || keptGroups < 1 || keptGroups > groups || (long) experts / groups * keptGroups < k)
            throw new IllegalArgumentException("MoeRouterConfig: " + keptGroups + " of " + groups + " groups of " + experts
                    + " experts; they divide the experts, and those kept have the " + k + " of a token");
        if (groups > 1 && (kind == Kind.EXPERT_CHOICE || kind == Kind.HASH))
            throw new IllegalArgumentException("MoeRouterConfig: " + groups + " groups where tokens do not choose, with " + kind);
        if (keptGroups < groups && balancing.needsAllExperts())
            throw new IllegalArgumentException("MoeRouterConfig: " + balancing + " shares every token among all experts, and a token keeps "
                    + keptGroups + " of " + groups + " groups; keep all of them, or balance by another rule, such as BiasUpdate");
        if (!Double.isFinite(scale)) throw new IllegalArgumentException("MoeRouterConfig: scale is " + scale + "; it is finite");
        if (!(capacityFactor > 0))
            throw new IllegalArgumentException("MoeRouterConfig: the capacity factor is " + capacityFactor + "; it is above 0");
        if (!(jitter >= 0 && jitter < 1))
            throw new IllegalArgumentException("MoeRouterConfig: jitter is " + jitter + "; it lies in [0, 1)");
        if (dtype != DType.F32 && dtype != DType.F64)
            throw new IllegalArgumentException("MoeRouterConfig: dtype is " + dtype + "; it is F32 or F64");
        if (overflow == Overflow.PAD && capacityFactor == Double.POSITIVE_INFINITY) throw new IllegalArgumentException(
                "MoeRouterConfig: padding fills groups to the capacity; give a capacity factor, such as 1.25");
    }

    /** Softmax, renormalised, no limit, no balancing, F32. */
    public MoeRouterConfig(int width, int experts, int k) {
        this(width, experts, k, Kind.SOFTMAX, 1, 1, true, 1, Double.POSITIVE_INFINITY, Overflow.DROP, false, 0, MoeBalancing.none(),
                DType.F32);
    }

    /**
     * The most that an expert takes of so many tokens: its share of them times the factor, rounded up, so that 7.5 are 8; never more than there are. What exceeds a whole
     * number by a rounding error of doubles is that number.
     */
    public int capacity(int tokens) {
        boolean unlimited = capacityFactor == Double.POSITIVE_INFINITY;
        if (unlimited && kind != Kind.EXPERT_CHOICE) return tokens;
        // Rounded before it is rounded up: 1.1 * 10 is 11.000000000000002.
        double share = (unlimited ? 1 : capacityFactor) * k * tokens / experts;
        return (int) Math.min(tokens, Math.ceil(share * (1 - 1e-12)));
    }
}
