package lyceum.models.generative;

import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** The law of data around what a decoder says, each number on its own: p(x | z). */
public sealed interface Observation {
    /** Law of 0 and 1: the decoder says logits. Values between count as that part of a 1, which is a loss but no density. */
    Observation BERNOULLI = new Bernoulli();

    /** The mean of the data by what the decoder says. */
    Tensor mean(Tensor said);

    /**
     * Logarithm of the density at x, complete and in nats, summed over all axes but the first: (n).
     *
     * @param said by the decoder, of x's shape
     * @param logVariance one number, for {@link Gaussian} alone
     */
    Tensor logDensity(Tensor x, Tensor said, Tensor logVariance);

    /** Data drawn around means. */
    Tensor draw(Tensor mean, Tensor logVariance, Rng rng);

    /** Coins. */
    record Bernoulli() implements Observation {
        @Override public Tensor mean(Tensor said) { return said.sigmoid(); }

        @Override public Tensor logDensity(Tensor x, Tensor said, Tensor logVariance) { return perRow(x.mul(said).sub(said.softplus())); }

        @Override public Tensor draw(Tensor mean, Tensor logVariance, Rng rng) {
            return Tensor.rand(rng, mean.dtype(), mean.shape().toArray()).lt(mean).to(mean.dtype());
        }
    }

    /**
     * Normal with one deviation for all numbers: the decoder says means.
     *
     * @param deviation of the data around the means, above 0
     * @param learned whether it is only where a parameter {@code log_variance} begins. A fixed one weighs reconstruction against code as beta does: half the variance is half the beta
     * @see <a href="https://arxiv.org/abs/2006.13202">Rybkin, Daniilidis and Levine (2021), on learned deviations</a>
     */
    record Gaussian(double deviation, boolean learned) implements Observation {
        public Gaussian {
            if (!(deviation > 0 && deviation < Double.POSITIVE_INFINITY))
                throw new IllegalArgumentException("Gaussian: deviation is " + deviation + "; above 0");
        }

        /** Fixed. */
        public Gaussian(double deviation) { this(deviation, false); }

        @Override public Tensor mean(Tensor said) { return said; }

        @Override public Tensor logDensity(Tensor x, Tensor said, Tensor logVariance) {
            double each = (double) x.count() / Math.max(1, x.size(0));
            var squares = perRow(x.sub(said).square()).mul(logVariance.neg().exp());
            return squares.add(logVariance.add(Math.log(2 * Math.PI)).mul(each)).mul(-0.5);
        }

        @Override public Tensor draw(Tensor mean, Tensor logVariance, Rng rng) {
            return mean.add(Tensor.randn(rng, mean.dtype(), mean.shape().toArray()).mul(logVariance.div(2).exp()));
        }
    }

    private static Tensor perRow(Tensor terms) { return terms.reshape(terms.size(0), -1).sum(1); }
}
