package lyceum.bayes;

import lyceum.prob.Gamma;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * Groups that resemble each other: {@code y_j ~ N(theta_j, errors_j^2)}, {@code theta_j ~ N(mu, 1 / tau)}, {@code mu ~ N(mean, deviation^2)},
 * {@code tau ~ Gamma(shape, rate)}. The state is {@code {mu, tau, theta_1, ...}}.
 *
 * {@snippet :
 * double[] effects = {28, 8, -3, 7, -1, 1, 18, 12}, errors = {15, 10, 16, 11, 9, 11, 10, 18};
 * var model = new HierarchicalNormal(errors, 0, 20, 2, 100, true);
 * var chains = new Mcmc(model.posterior(effects)).run(Rng.of(1), new double[] {5, 0.01, 0, 0, 0, 0, 0, 0, 0, 0});
 * }
 *
 * @param errors standard error of each group's observation
 * @param mean prior mean of mu
 * @param deviation prior standard deviation of mu
 * @param shape of tau's prior
 * @param rate of tau's prior
 * @param collapsed mu is drawn with the thetas integrated out, then they given it: a block, which mixes much better when tau is large
 */
@Withers
public record HierarchicalNormal(double[] errors, double mean, double deviation, double shape, double rate, boolean collapsed)
        implements GenerativeModel, HierarchicalNormalWithers {
    public HierarchicalNormal {
        if (errors.length == 0) throw new IllegalArgumentException("HierarchicalNormal: no groups");
        for (double e : errors)
            if (!(e > 0)) throw new IllegalArgumentException("HierarchicalNormal: a standard error of " + e + "; they are positive");
        if (!(deviation > 0) || !(shape > 0) || !(rate > 0)) throw new IllegalArgumentException(
                "HierarchicalNormal: deviation " + deviation + ", shape " + shape + ", rate " + rate + "; all are positive");
        errors = errors.clone();
    }

    /** A copy. */
    @Override public double[] errors() { return errors.clone(); }

    @Override public double[] prior(Rng rng) {
        var x = new double[errors.length + 2];
        x[0] = mean + deviation * rng.nextGaussian();
        x[1] = new Gamma(shape, rate).sample(rng);
        for (int j = 2; j < x.length; j++) x[j] = x[0] + rng.nextGaussian() / Math.sqrt(x[1]);
        return x;
    }

    @Override public double[] data(double[] state, Rng rng) {
        var y = new double[errors.length];
        for (int j = 0; j < y.length; j++) y[j] = state[j + 2] + errors[j] * rng.nextGaussian();
        return y;
    }

    @Override public Gibbs posterior(double[] data) {
        int groups = errors.length;
        if (data.length != groups)
            throw new IllegalArgumentException("HierarchicalNormal: " + data.length + " observations for " + groups + " groups");
        double[] y = data.clone();
        Conditional mu = (x, rng) -> {
            double precision = 1 / (deviation * deviation), weighted = mean * precision;
            for (int j = 0; j < groups; j++) {
                double w = collapsed ? 1 / (errors[j] * errors[j] + 1 / x[1]) : x[1];
                precision += w;
                weighted += w * (collapsed ? y[j] : x[j + 2]);
            }
            x[0] = weighted / precision + rng.nextGaussian() / Math.sqrt(precision);
        }, thetas = (x, rng) -> {
            for (int j = 0; j < groups; j++) {
                double w = 1 / (errors[j] * errors[j]), precision = w + x[1];
                x[j + 2] = (w * y[j] + x[1] * x[0]) / precision + rng.nextGaussian() / Math.sqrt(precision);
            }
        }, tau = (x, rng) -> {
            double squares = 0;
            for (int j = 0; j < groups; j++) squares += (x[j + 2] - x[0]) * (x[j + 2] - x[0]);
            x[1] = new Gamma(shape + groups / 2.0, rate + squares / 2).sample(rng);
        };
        return new Gibbs(mu, thetas, tau);
    }
}
