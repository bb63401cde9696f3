package lyceum.bayes;

import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import lyceum.prob.MultivariateDistribution;
import lyceum.random.Rng;
import lyceum.theory.JensenGap;

/**
 * The evidence lower bound of a finite latent variable, {@code sum_z q(z) log(p(x, z) / q(z)) <= log p(x)}, and what it is made of.
 *
 * {@snippet :
 * double[] prior = {0.5, 0.3, 0.2}, likelihood = {0.1, 0.4, 0.3};
 * var elbo = Elbo.of(prior, likelihood, q);
 * elbo.value();                 // energy + entropy = reconstruction - toPrior = logEvidence - gap
 * Elbo.importanceWeighted(prior, likelihood, q, 5);   // nearer to log p(x)
 * }
 *
 * @param value the bound, in nats
 * @param logEvidence {@code log p(x) = log sum_z p(x, z)}
 * @param energy {@code E_q log p(x, z)}
 * @param entropy of q
 * @param reconstruction {@code E_q log p(x | z)}
 * @param toPrior {@code KL(q || p(z))}
 * @param gap {@code KL(q || p(z | x))}, from its own definition
 * @see <a href="https://doi.org/10.1023/A:1007665907178">Jordan, Ghahramani, Jaakkola and Saul (1999)</a>
 * @see <a href="https://arxiv.org/abs/1509.00519">Burda, Grosse and Salakhutdinov (2016), for several samples</a>
 */
public record Elbo(double value, double logEvidence, double energy, double entropy, double reconstruction, double toPrior, double gap) {

    /**
     * @param prior p(z), sums to 1
     * @param likelihood p(x | z) of what was seen, or its density
     * @param q sums to 1; where it is above 0 the joint should be, or the bound is {@code -Infinity}
     */
    public static Elbo of(double[] prior, double[] likelihood, double[] q) {
        requireModel(prior, likelihood, q);
        double evidence = 0;
        for (int z = 0; z < q.length; z++) evidence += prior[z] * likelihood[z];
        if (evidence == 0) throw new IllegalArgumentException("Elbo: no state of positive prior makes x possible");
        double value = 0, energy = 0, entropy = 0, reconstruction = 0, toPrior = 0, gap = 0;
        for (int z = 0; z < q.length; z++) {
            if (q[z] == 0) continue;
            double joint = prior[z] * likelihood[z];
            value += q[z] * Math.log(joint / q[z]);
            energy += q[z] * Math.log(joint);
            entropy -= q[z] * Math.log(q[z]);
            reconstruction += q[z] * Math.log(likelihood[z]);
            toPrior += q[z] * Math.log(q[z] / prior[z]);
            gap += q[z] * Math.log(q[z] / (joint / evidence));
        }
        return new Elbo(value, Math.log(evidence), energy, entropy, reconstruction, toPrior, gap);
    }

    private static void requireModel(double[] prior, double[] likelihood, double[] q) {
        requireDistribution("prior", prior, prior.length);
        requireDistribution("q", q, prior.length);
        if (likelihood.length != prior.length)
            throw new IllegalArgumentException("Elbo: " + likelihood.length + " likelihoods for " + prior.length + " latent states");
        for (int z = 0; z < q.length; z++)
            if (!(likelihood[z] >= 0))
                throw new IllegalArgumentException("Elbo: the likelihood of state " + z + " is " + likelihood[z] + "; it is at least 0");
    }

    private static void requireDistribution(String name, double[] p, int n) {
        double sum = 0;
        for (double v : p) sum += v >= 0 ? v : Double.NaN;
        if (p.length != n || !(Math.abs(sum - 1) <= 1e-9)) throw new IllegalArgumentException("Elbo: " + name + " has " + p.length
                + " entries for " + n + " latent states, that sum to " + sum + "; it is a distribution over them");
    }

    /** The posterior p(z | x), at which the bound touches the evidence. */
    public static double[] posterior(double[] prior, double[] likelihood) {
        return BayesRule.prior(prior).update(likelihood).probabilities();
    }

    /** The gap as Jensen's: {@code -E_q log w + log E_q w} of the weights {@code w = p(x, z) / q(z)}. Wherever the joint has mass q must have some. */
    public static double jensenGap(double[] prior, double[] likelihood, double[] q) {
        requireModel(prior, likelihood, q);
        var weights = new double[q.length];
        for (int z = 0; z < q.length; z++) weights[z] = q[z] == 0 ? 1 : prior[z] * likelihood[z] / q[z];
        return JensenGap.of(w -> -Math.log(w), weights, q);
    }

    /**
     * {@code E log(1/K sum_k w_k)} over K independent draws from q, by enumerating all {@code n^K} of them.
     *
     * @param samples K, at least 1; {@code n^K} at most 10 million
     */
    public static double importanceWeighted(double[] prior, double[] likelihood, double[] q, int samples) {
        requireModel(prior, likelihood, q);
        int n = q.length;
        if (samples < 1 || Math.pow(n, samples) > 1e7) throw new IllegalArgumentException(
                "Elbo: " + samples + " samples of " + n + " states; at least 1, and at most 10 million combinations");
        return enumerate(prior, likelihood, q, samples, samples, 1, 0);
    }

    private static double enumerate(double[] prior, double[] likelihood, double[] q, int samples, int left, double probability,
            double sum) {
        if (left == 0) return probability * Math.log(sum / samples);
        double total = 0;
        for (int z = 0; z < q.length; z++)
            if (q[z] > 0)
                total += enumerate(prior, likelihood, q, samples, left - 1, probability * q[z], sum + prior[z] * likelihood[z] / q[z]);
        return total;
    }

    /** A mean of independent draws and its standard error. */
    public record Estimate(double mean, double standardError) {
        static Estimate of(int draws, Function<Rng, Double> one, Rng rng) {
            if (draws < 2) throw new IllegalArgumentException("Elbo: " + draws + " draws; a standard error needs at least 2");
            double mean = 0, squares = 0;
            for (int i = 0; i < draws; i++) {
                double value = one.apply(rng), change = value - mean;
                mean += change / (i + 1);
                squares += change * (value - mean);
            }
            return new Estimate(mean, Math.sqrt(squares / (draws - 1) / draws));
        }
    }

    /**
     * The bound of K samples for any latent vector, by Monte Carlo: the mean of {@code log(1/K sum_k p(x, z_k) / q(z_k))}.
     *
     * @param logJoint {@code log p(x, z)} of z
     * @param q to draw z from
     * @param samples K; 1 for the plain bound
     * @param draws sets of K samples
     */
    public static Estimate estimate(ToDoubleFunction<double[]> logJoint, MultivariateDistribution q, int samples, int draws, Rng rng) {
        if (samples < 1) throw new IllegalArgumentException("Elbo: " + samples + " samples; at least 1 is needed");
        var logs = new double[samples];
        return Estimate.of(draws, r -> {
            double most = Double.NEGATIVE_INFINITY, sum = 0;
            for (int k = 0; k < samples; k++) {
                double[] z = q.sample(r);
                most = Math.max(most, logs[k] = logJoint.applyAsDouble(z) - q.logDensity(z));
            }
            if (most == Double.NEGATIVE_INFINITY) return most;
            for (double log : logs) sum += Math.exp(log - most);
            return most + Math.log(sum / samples);
        }, rng);
    }

    /** The same for a finite latent variable. */
    public static Estimate estimate(double[] prior, double[] likelihood, double[] q, int samples, int draws, Rng rng) {
        requireModel(prior, likelihood, q);
        if (samples < 1) throw new IllegalArgumentException("Elbo: " + samples + " samples; at least 1 is needed");
        var cumulative = q.clone();
        for (int z = 1; z < q.length; z++) cumulative[z] += cumulative[z - 1];
        return Estimate.of(draws, r -> {
            double sum = 0;
            for (int k = 0; k < samples; k++) {
                double u = r.nextDouble() * cumulative[q.length - 1];
                int z = 0;
                while (cumulative[z] <= u) z++;
                sum += prior[z] * likelihood[z] / q[z];
            }
            return Math.log(sum / samples);
        }, rng);
    }
}
