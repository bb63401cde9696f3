package lyceum.prob;

import lyceum.random.Rng;

/**
 * The Pareto distribution: {@code P(X > x) = (minimum / x)^exponent} from the minimum on.
 *
 * @param exponent positive
 * @param minimum positive
 */
public record Pareto(double exponent, double minimum) implements UnivariateDistribution {
    public Pareto {
        Arguments.positive("Pareto", "exponent", exponent);
        Arguments.positive("Pareto", "minimum", minimum);
    }

    @Override public double logDensity(double x) {
        if (!(x >= minimum) || x == Double.POSITIVE_INFINITY) return x != x ? x : Double.NEGATIVE_INFINITY;
        return Math.log(exponent / x) - exponent * Math.log(x / minimum);
    }

    @Override public double logDensitySlope(double x) { return -(exponent + 1) / x; }

    @Override public double cdf(double x) { return x > minimum ? -Math.expm1(-exponent * Math.log(x / minimum)) : x != x ? x : 0; }

    @Override public double survival(double x) { return x > minimum ? Math.pow(minimum / x, exponent) : x != x ? x : 1; }

    @Override public double quantile(double p) {
        return minimum * Math.exp(-Math.log1p(-Arguments.probability("quantile", "p", p)) / exponent);
    }

    @Override public double upperQuantile(double q) {
        return minimum * Math.exp(-Math.log(Arguments.probability("upperQuantile", "q", q)) / exponent);
    }

    /** Infinite for an exponent of at most 1. */
    @Override public double mean() { return exponent > 1 ? minimum * exponent / (exponent - 1) : Double.POSITIVE_INFINITY; }

    /** Infinite for an exponent of at most 2, NaN for one of at most 1. */
    @Override public double variance() {
        if (exponent > 2) return minimum * minimum * exponent / ((exponent - 1) * (exponent - 1) * (exponent - 2));
        return exponent > 1 ? Double.POSITIVE_INFINITY : Double.NaN;
    }

    @Override public double entropy() { return Math.log(minimum / exponent) + 1 + 1 / exponent; }

    @Override public double low() { return minimum; }

    @Override public double high() { return Double.POSITIVE_INFINITY; }

    @Override public boolean isDiscrete() { return false; }

    @Override public double sample(Rng rng) { return upperQuantile(rng.nextDoublePositive()); }
}
