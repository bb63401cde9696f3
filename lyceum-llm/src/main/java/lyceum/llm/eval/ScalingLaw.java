package lyceum.llm.eval;

/**
 * The loss of a language model by its size and its text: {@code L(N, D) = E + A / N^a + B / D^b}, in nats a token.
 *
 * {@snippet :
 * var law = ScalingLaw.chinchilla();
 * var best = law.allocation(5.76e23);                      // 32.2e9 parameters, 2.98e12 tokens
 * var own = new ScalingLawFit().fit(runs);
 * double loss = own.loss(7e9, 2e12);
 * }
 *
 * <p>A budget of {@code C = 6 N D} operations is spent best at {@code N = G (C / 6)^(b / (a + b))} with {@code G = (a A / (b B))^(1 / (a + b))}. A fit of pretraining loss,
 * for one mixture of text and one recipe; it says nothing about tasks, or about what serving costs.
 *
 * @param floor E, which no model of the kind gets below; not negative
 * @param sizeScale A, positive
 * @param dataScale B, positive
 * @param sizeExponent a, positive
 * @param dataExponent b, positive
 * @see <a href="https://arxiv.org/abs/2203.15556">Hoffmann et al. (2022), section 3.3</a>
 */
public record ScalingLaw(double floor, double sizeScale, double dataScale, double sizeExponent, double dataExponent) {
    /** Operations for each parameter and token of a training step, forward and backward. */
    public static final double FLOPS = 6;

    public ScalingLaw {
        if (!(floor >= 0 && sizeScale > 0 && dataScale > 0 && sizeExponent > 0 && dataExponent > 0 && floor < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("ScalingLaw: floor " + floor + ", scales " + sizeScale + " and " + dataScale + ", exponents "
                    + sizeExponent + " and " + dataExponent + "; the floor is not negative, the others are positive");
    }

    /** As printed by Hoffmann et al. (2022), their third approach. */
    public static ScalingLaw chinchilla() { return new ScalingLaw(1.69, 406.4, 410.7, 0.34, 0.28); }

    /** The same runs fitted anew by <a href="https://arxiv.org/abs/2404.10102">Besiroglu et al. (2024)</a>. */
    public static ScalingLaw replicated() { return new ScalingLaw(1.8172, 482.01, 2085.43, 0.3478, 0.3658); }

    /** A budget's best use. @param parameters N @param tokens D @param loss there */
    public record Allocation(double parameters, double tokens, double loss) {
        public double tokensPerParameter() { return tokens / parameters; }
    }

    /** E + A / N^a + B / D^b. */
    public double loss(double parameters, double tokens) {
        return floor + sizeScale * Math.pow(parameters, -sizeExponent) + dataScale * Math.pow(tokens, -dataExponent);
    }

    /** What a budget of {@code flops = 6 N D} buys at most. */
    public Allocation allocation(double flops) {
        if (!(flops > 0)) throw new IllegalArgumentException("ScalingLaw.allocation: " + flops + " operations; more than 0");
        double g = Math.pow(sizeExponent * sizeScale / (dataExponent * dataScale), 1 / (sizeExponent + dataExponent));
        double parameters = g * Math.pow(flops / FLOPS, allocationExponent()), tokens = flops / (FLOPS * parameters);
        return new Allocation(parameters, tokens, loss(parameters, tokens));
    }

    /** {@code b / (a + b)}: the best size grows with that power of the budget, the text with the rest. */
    public double allocationExponent() { return dataExponent / (sizeExponent + dataExponent); }
}
