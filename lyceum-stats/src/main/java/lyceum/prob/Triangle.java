package lyceum.prob;

import lyceum.random.Rng;

/**
 * The triangular distribution: a density that rises in a line from {@code low} to the mode, and falls to {@code high}.
 *
 * @param low finite
 * @param mode in [low, high]
 * @param high finite, above low
 */
public record Triangle(double low, double mode, double high) implements UnivariateDistribution {
    public Triangle {
        Arguments.finite("Triangle", "low", low);
        Arguments.finite("Triangle", "high", high);
        if (!(low < high && mode >= low && mode <= high)) throw new IllegalArgumentException(
                "Triangle: low is " + low + ", the mode " + mode + " and high " + high + "; they ascend, and low is below high");
    }

    @Override public double logDensity(double x) { return x != x ? x : Math.log(density(x)); }

    @Override public double density(double x) {
        if (!(x >= low && x <= high)) return x != x ? x : 0;
        if (x == mode) return 2 / (high - low);
        return x < mode ? 2 * (x - low) / ((high - low) * (mode - low)) : 2 * (high - x) / ((high - low) * (high - mode));
    }

    @Override public double logDensitySlope(double x) { return x < mode ? 1 / (x - low) : -1 / (high - x); }

    @Override public double cdf(double x) {
        if (!(x > low)) return x != x ? x : 0;
        return x <= mode ? (x - low) / (high - low) * ((x - low) / (mode - low)) : 1 - survival(x);
    }

    @Override public double survival(double x) {
        if (!(x < high)) return x != x ? x : 0;
        return x > mode ? (high - x) / (high - low) * ((high - x) / (high - mode)) : 1 - cdf(x);
    }

    @Override public double quantile(double p) {
        Arguments.probability("quantile", "p", p);
        if (p == 1) return high;
        return p * (high - low) < mode - low ? low + Math.sqrt(p * (high - low) * (mode - low))
                : high - Math.sqrt((1 - p) * (high - low) * (high - mode));
    }

    @Override public double mean() { return (low + mode + high) / 3; }

    @Override public double variance() {
        double a = mode - low, b = high - mode, c = high - low;
        return (a * a + b * b + c * c) / 36;
    }

    @Override public double entropy() { return 0.5 + Math.log((high - low) / 2); }

    @Override public boolean isDiscrete() { return false; }

    @Override public double sample(Rng rng) { return quantile(rng.nextDouble()); }
}
