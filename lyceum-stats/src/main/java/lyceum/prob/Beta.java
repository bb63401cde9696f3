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

    /**
     * Maximum likelihood. @param x at least two numbers between 0 and 1, not all equal @throws IllegalArgumentException if there is no
     * maximum
     */
    public static Beta fit(double... x) {
        var rows = new double[x.length][];
        for (int i = 0; i < x.length; i++) rows[i] = new double[] {x[i], 1 - x[i]};
        double[] alpha = Dirichlet.fit(rows).alpha();
        return new Beta(alpha[0], alpha[1]);
    }

    /** After observing trials whose success has a probability with this prior. @param successes at least 0 @param failures at least 0 */
    public Beta posterior(double successes, double failures) {
        double[] a = new Dirichlet(alpha, beta).posterior(successes, failures).alpha();
        return new Beta(a[0], a[1]);
    }

    /** {@code (dx/dalpha, dx/dbeta)}: how a draw x moves with the parameters at a fixed cdf, which makes draws differentiable. */
    public double[] pathwise(double x) {
        Arguments.probability("pathwise", "x", x);
        return new double[] {FixedCdf.betaSlope(alpha, beta, x, 1 - x), -FixedCdf.betaSlope(beta, alpha, 1 - x, x)};
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

    @Override public double logDensitySlope(double x) { return (alpha - 1) / x - (beta - 1) / (1 - x); }

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
        // log B(a, b) - (a - 1) digamma(a) - (b - 1) digamma(b) + (n - 2) digamma(n), by what is left of each function beside its
        // logarithms
        double a = alpha, b = beta, n = a + b;
        double stirling = SaddlePoint.stirlingError(a) + SaddlePoint.stirlingError(b) - SaddlePoint.stirlingError(n);
        return 0.5 * (Math.log(2 * Math.PI) + Math.log(a / n) + Math.log(b / n) - Math.log(n)) + stirling
                + (a - 1) * Special.logMinusDigamma(a) + (b - 1) * Special.logMinusDigamma(b) - (n - 2) * Special.logMinusDigamma(n);
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
