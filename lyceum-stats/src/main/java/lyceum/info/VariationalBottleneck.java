package lyceum.info;

import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A network's layer as a bottleneck: for each row the encoder gives means and log-variances of a normal code t, the rest of the network reads a draw of it, and
 *
 * <pre>
 * loss = mean -ln q(y|t) + lambda mean KL(q(t|x) | N(0, I))
 * </pre>
 *
 * The second term is at least I(X;T), and H(Y) less the first at most I(T;Y): with lambda = 1 / beta the loss bounds the bottleneck's objective from above.
 *
 * {@snippet :
 * var head = new VariationalBottleneck(1e-3);
 * Tensor mean = Tensor.zeros(32, 8), logVariance = Tensor.zeros(32, 8);   // from a network, for 32 rows
 * Tensor code = VariationalBottleneck.draw(mean, logVariance, Rng.of(1)); // to the rest of it
 * Tensor loss = head.loss(code.square().sum(1), mean, logVariance);       // with its negative log-likelihoods, one a row
 * }
 *
 * @param lambda price of a nat of description; begin small, 1e-4, and raise it: above a critical value the code carries nothing
 * @see <a href="https://arxiv.org/abs/1612.00410">Alemi, Fischer, Dillon and Murphy (2017)</a>
 */
public record VariationalBottleneck(double lambda) {
    public VariationalBottleneck {
        if (!(lambda >= 0)) throw new IllegalArgumentException("VariationalBottleneck: lambda is " + lambda + "; at least 0");
    }

    /** {@code mean + exp(logVariance / 2) noise}: differentiable in both. */
    public static Tensor draw(Tensor mean, Tensor logVariance, Rng rng) {
        return mean.add(logVariance.div(2).exp().mul(Tensor.randn(rng, mean.dtype(), mean.shape().toArray())));
    }

    /** {@code KL(N(mean, variance) | N(0, I))} of each row in nats: {@code sum (mean^2 + variance - 1 - ln variance) / 2} over the last axis. */
    public static Tensor rate(Tensor mean, Tensor logVariance) { return rates(mean, logVariance).sum(-1); }

    /** The terms of {@link #rate}, one for each number of the code. */
    public static Tensor rates(Tensor mean, Tensor logVariance) {
        return mean.square().add(logVariance.expm1().sub(logVariance)).div(2); // near variance 1, exp less 1 would lose its digits
    }

    /** The mean over rows. @param surprisal {@code -ln q(y|t)} of each row, (n) @param mean (n, k), as is logVariance */
    public Tensor loss(Tensor surprisal, Tensor mean, Tensor logVariance) {
        return surprisal.mean().add(rate(mean, logVariance).mean().mul(lambda));
    }

    /** {@code lambda}'s beta: on the other term. */
    public double beta() { return 1 / lambda; }
}
