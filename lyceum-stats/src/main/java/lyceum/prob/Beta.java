package lyceum.prob;

import lyceum.math.Incomplete;
import lyceum.math.SaddlePoint;
import lyceum.math.Special;
import lyceum.random.Rng;

/**
 * The beta distribution, {@code x^(alpha-1) (1-x)^(beta-1) / B(alpha, beta)} on [0, 1].
 *
 * @param alpha positive
 * @param beta positive
 */
public record Beta(double alpha, double beta) implements UnivariateDistribution {
    public Beta {
        Arguments.positive("Beta", "alpha", alpha);
        Arguments.positive("Beta", "beta", beta);
    }

    @Override public double logDensity(double x) {
        if (!(x >= 0 && x <= 1)) return x != x ? x : Double.NEGATIVE_INFINITY;
        if (x == 0) return atEnd(alpha, beta);
        if (x == 1) return atEnd(beta, alpha);
        // A binomial mass of real arguments; each case keeps both of them at least 0
        double y = 1 - x;
        if (alpha >= 1 && beta >= 1) return Math.log(alpha + beta - 1) + SaddlePoint.logBinomial(alpha - 1, beta - 1, x, y);
        if (alpha >= 1) return Math.log(beta) - Math.log1p(-x) + SaddlePoint.logBinomial(alpha - 1, beta, x, y);
        if (beta >= 1) return Math.log(alpha) - Math.log(x) + SaddlePoint.logBinomial(alpha, beta - 1, x, y);
        return Math.log(alpha / (alpha + beta) * beta) - Math.log(x) - Math.log1p(-x) + SaddlePoint.logBinomial(alpha, beta, x, y);
    }

    /** The density where the variable with exponent {@code near} vanishes. */
    private static double atEnd(double near, double far) {
        return near < 1 ? Double.POSITIVE_INFINITY : near > 1 ? Double.NEGATIVE_INFINITY : Math.log(far);
    }

    @Override public double cdf(double x) { return Incomplete.regularisedBeta(alpha, beta, x); }

    @Override public double survival(double x) { return Incomplete.regularisedBetaUpper(alpha, beta, x); }

    @Override public double quantile(double p) { return Incomplete.inverseBeta(alpha, beta, Arguments.probability("quantile", "p", p)); }

    @Override public double upperQuantile(double q) {
        return Incomplete.inverseBetaUpper(alpha, beta, Arguments.probability("upperQuantile", "q", q));
    }

    @Override public double mean() { return alpha / (alpha + beta); }

    @Override public double variance() {
        double n = alpha + beta;
        return alpha / n * (beta / n) / (n + 1);
    }

    @Override public double entropy() {
        return Incomplete.logBeta(alpha, beta) - (alpha - 1) * Special.digamma(alpha) - (beta - 1) * Special.digamma(beta)
                + (alpha + beta - 2) * Special.digamma(alpha + beta);
    }

    @Override public double low() { return 0; }

    @Override public double high() { return 1; }

    @Override public boolean isDiscrete() { return false; }

    /** Two gamma draws; in logarithms, since for small parameters both may underflow. */
    @Override public double sample(Rng rng) {
        double a = Gamma.logStandard(rng, alpha), b = Gamma.logStandard(rng, beta);
        return 1 / (1 + Math.exp(b - a));
    }
}
