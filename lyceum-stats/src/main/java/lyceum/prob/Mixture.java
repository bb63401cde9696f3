package lyceum.prob;

import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import lyceum.random.Rng;

/**
 * A weighted mixture of distributions over numbers: {@code sum weight_i density_i}.
 *
 * @param weights probabilities, one a component
 * @param components all discrete or all continuous
 */
public record Mixture(Categorical weights, List<UnivariateDistribution> components) implements UnivariateDistribution {
    public Mixture {
        components = List.copyOf(components);
        if (components.size() != weights.count())
            throw new IllegalArgumentException("Mixture: " + weights.count() + " weights for " + components.size() + " components");
        for (var c : components) {
            if (c.isDiscrete() != components.getFirst().isDiscrete()) throw new IllegalArgumentException(
                    "Mixture: " + components.getFirst() + " and " + c + " are not both discrete or both continuous");
        }
    }

    /** Equal weights. */
    public static Mixture of(UnivariateDistribution... components) {
        var equal = new double[components.length];
        Arrays.fill(equal, 1);
        return new Mixture(new Categorical(equal), List.of(components));
    }

    @Override public double logDensity(double x) {
        double max = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < components.size(); i++) max = Math.max(max, weights.logDensity(i) + components.get(i).logDensity(x));
        if (max == Double.NEGATIVE_INFINITY || max == Double.POSITIVE_INFINITY || max != max) return max;
        double sum = 0;
        for (int i = 0; i < components.size(); i++) sum += Math.exp(weights.logDensity(i) + components.get(i).logDensity(x) - max);
        return max + Math.log(sum);
    }

    @Override public double logDensitySlope(double x) {
        double all = logDensity(x), sum = 0;
        for (int i = 0; i < components.size(); i++) {
            double share = Math.exp(weights.logDensity(i) + components.get(i).logDensity(x) - all);
            if (share > 0) sum += share * components.get(i).logDensitySlope(x);
        }
        return sum;
    }

    @Override public double cdf(double x) {
        double sum = 0;
        for (int i = 0; i < components.size(); i++) sum += weights.density(i) * components.get(i).cdf(x);
        return Math.min(1, sum);
    }

    @Override public double survival(double x) {
        double sum = 0;
        for (int i = 0; i < components.size(); i++) sum += weights.density(i) * components.get(i).survival(x);
        return Math.min(1, sum);
    }

    @Override public double quantile(double p) {
        Arguments.probability("quantile", "p", p);
        double[] ends = ends(c -> c.quantile(p));
        if (isDiscrete()) return ends[0] == ends[1] ? ends[0] : DiscreteSearch.quantile(this, ends[0], p);
        return Bisection.between(ends[0], ends[1], x -> cdf(x) < p);
    }

    @Override public double upperQuantile(double q) {
        Arguments.probability("upperQuantile", "q", q);
        if (isDiscrete()) return quantile(1 - q);
        double[] ends = ends(c -> c.upperQuantile(q));
        return Bisection.between(ends[0], ends[1], x -> survival(x) > q);
    }

    /** The least and the largest of the components' quantiles, between which that of the mixture lies. */
    private double[] ends(ToDoubleFunction<UnivariateDistribution> quantile) {
        double low = Double.POSITIVE_INFINITY, high = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < components.size(); i++) {
            if (weights.density(i) == 0) continue;
            double x = quantile.applyAsDouble(components.get(i));
            low = Math.min(low, x);
            high = Math.max(high, x);
        }
        return new double[] {low, high};
    }

    @Override public double mean() {
        double sum = 0;
        for (int i = 0; i < components.size(); i++) sum += weights.density(i) * components.get(i).mean();
        return sum;
    }

    @Override public double variance() { return within() + between(); }

    /** The components' variances, averaged: {@code E Var[X | component]}. */
    public double within() {
        double sum = 0;
        for (int i = 0; i < components.size(); i++) sum += weights.density(i) * components.get(i).variance();
        return sum;
    }

    /** The variance of the components' means: {@code Var E[X | component]}. */
    public double between() {
        double mean = mean(), sum = 0;
        for (int i = 0; i < components.size(); i++) {
            double shift = components.get(i).mean() - mean;
            sum += weights.density(i) * shift * shift;
        }
        return sum;
    }

    /** By summation or quadrature; no closed form exists. */
    @Override public double entropy() { return Quadrature.expectation(this, x -> -logDensity(x)); }

    @Override public double low() { return components.stream().mapToDouble(UnivariateDistribution::low).min().orElseThrow(); }

    @Override public double high() { return components.stream().mapToDouble(UnivariateDistribution::high).max().orElseThrow(); }

    @Override public double valueAbove(double x) { return components.stream().mapToDouble(c -> c.valueAbove(x)).min().orElseThrow(); }

    @Override public double valueBelow(double x) { return components.stream().mapToDouble(c -> c.valueBelow(x)).max().orElseThrow(); }

    @Override public boolean isDiscrete() { return components.getFirst().isDiscrete(); }

    @Override public double sample(Rng rng) { return components.get((int) weights.sample(rng)).sample(rng); }
}
