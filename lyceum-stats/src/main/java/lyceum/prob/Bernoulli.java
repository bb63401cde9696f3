package lyceum.prob;

import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * One trial: 1 with the given probability, else 0. A {@link Binomial} of one trial.
 *
 * @param probability of 1, in [0, 1]
 */
public record Bernoulli(double probability) implements UnivariateDistribution {
    public Bernoulli { Arguments.probability("Bernoulli", "probability", probability); }

    /** {@code p = 1 / (1 + exp(-logit))}. */
    public static Bernoulli ofLogit(double logit) { return new Bernoulli(1 / (1 + Math.exp(-logit))); }

    /** Maximum likelihood: the share of ones. @param x zeros and ones, at least one number */
    public static Bernoulli fit(double... x) { return new Bernoulli(Binomial.fit(1, x).probability()); }

    /**
     * {@code x z - softplus(z)}, differentiable in the logits z, which may be as large as they like; shapes broadcast. @param x zeros and
     * ones
     */
    public static Tensor logMass(Tensor logits, Tensor x) { return x.to(Elementwise.type(logits)).mul(logits).sub(logits.softplus()); }

    @Override public double logDensity(double x) {
        if (x == 1) return Math.log(probability);
        return x == 0 ? Math.log1p(-probability) : x != x ? x : Double.NEGATIVE_INFINITY;
    }

    @Override public double density(double x) { return x == 1 ? probability : x == 0 ? 1 - probability : x != x ? x : 0; }

    @Override public double cdf(double x) { return x >= 1 ? 1 : x >= 0 ? 1 - probability : x != x ? x : 0; }

    @Override public double survival(double x) { return x >= 1 ? 0 : x >= 0 ? probability : x != x ? x : 1; }

    @Override public double quantile(double p) { return Arguments.probability("quantile", "p", p) <= 1 - probability ? 0 : 1; }

    @Override public double mean() { return probability; }

    @Override public double variance() { return probability * (1 - probability); }

    @Override public double entropy() {
        if (probability == 0 || probability == 1) return 0;
        return -probability * Math.log(probability) - (1 - probability) * Math.log1p(-probability);
    }

    @Override public double low() { return 0; }

    @Override public double high() { return 1; }

    @Override public boolean isDiscrete() { return true; }

    @Override public double sample(Rng rng) { return rng.nextDouble() < probability ? 1 : 0; }
}
