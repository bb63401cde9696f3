package lyceum.bayes;

/** Gamma(2.5, 3) x Beta(2, 0.8), independent, with their gradients. */
final class GammaTimesBeta implements LogDensity {
    @Override public double at(double[] x) { return at(x, new double[2]); }

    @Override public double at(double[] x, double[] g) {
        g[0] = 1.5 / x[0] - 3;
        g[1] = 1 / x[1] + 0.2 / (1 - x[1]);
        return 1.5 * Math.log(x[0]) - 3 * x[0] + Math.log(x[1]) - 0.2 * Math.log1p(-x[1]);
    }
}
