package lyceum.bayes;

import lyceum.prob.Gamma;
import lyceum.prob.StudentT;
import lyceum.random.Rng;
import lyceum.stats.Descriptive;

/**
 * Normal data whose mean and precision are unknown: {@code tau ~ Gamma(shape, rate)}, {@code mu | tau ~ N(mean, 1 / (strength tau))}. The state of the
 * Gibbs sampler is {@code {mu, tau}}.
 *
 * {@snippet :
 * double[] data = {4.1, 5.3, 3.9, 4.6};
 * var model = new NormalModel(0, 0.01, 1, 1, data.length);
 * var chains = new Mcmc(model.posterior(data)).run(Rng.of(1), new double[] {0, 1});
 * model.meanGiven(data);     // what chains.mean(0) converges to, and more: Student's law
 * }
 *
 * @param mean prior mean of mu
 * @param strength how many observations it is worth, above 0
 * @param shape of tau's prior
 * @param rate of tau's prior
 * @param n observations
 */
public record NormalModel(double mean, double strength, double shape, double rate, int n) implements GenerativeModel {
    public NormalModel {
        if (!(strength > 0) || !(shape > 0) || !(rate > 0)) throw new IllegalArgumentException(
                "NormalModel: strength " + strength + ", shape " + shape + ", rate " + rate + "; all are positive");
        if (n < 1) throw new IllegalArgumentException("NormalModel: " + n + " observations; at least 1 is needed");
    }

    @Override public double[] prior(Rng rng) {
        double tau = new Gamma(shape, rate).sample(rng);
        return new double[] {mean + rng.nextGaussian() / Math.sqrt(strength * tau), tau};
    }

    @Override public double[] data(double[] state, Rng rng) {
        var y = new double[n];
        for (int i = 0; i < n; i++) y[i] = state[0] + rng.nextGaussian() / Math.sqrt(state[1]);
        return y;
    }

    private void require(double[] data) {
        if (data.length != n) throw new IllegalArgumentException("NormalModel: " + data.length + " observations for a model of " + n);
    }

    /** Draws mu given tau, then tau given mu. */
    @Override public Gibbs posterior(double[] data) {
        require(data);
        double sum = Descriptive.sum(data), weight = strength + n, centre = (strength * mean + sum) / weight;
        double[] y = data.clone();
        return new Gibbs((x, rng) -> x[0] = centre + rng.nextGaussian() / Math.sqrt(weight * x[1]), (x, rng) -> {
            double squares = strength * (x[0] - mean) * (x[0] - mean);
            for (double v : y) squares += (v - x[0]) * (v - x[0]);
            x[1] = new Gamma(shape + (n + 1) / 2.0, rate + squares / 2).sample(rng);
        });
    }

    /** The posterior of tau, mu integrated out. */
    public Gamma precisionGiven(double[] data) {
        require(data);
        double m = Descriptive.mean(data), squares = strength * n / (strength + n) * (m - mean) * (m - mean);
        for (double v : data) squares += (v - m) * (v - m);
        return new Gamma(shape + n / 2.0, rate + squares / 2);
    }

    /** The posterior of mu, tau integrated out. */
    public StudentT meanGiven(double[] data) {
        var tau = precisionGiven(data);
        double weight = strength + n;
        return new StudentT(2 * tau.shape(), (strength * mean + Descriptive.sum(data)) / weight,
                Math.sqrt(tau.rate() / (tau.shape() * weight)));
    }
}
