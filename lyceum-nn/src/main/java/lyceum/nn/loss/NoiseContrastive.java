package lyceum.nn.loss;

import java.util.Objects;
import java.util.function.UnaryOperator;
import lyceum.ShapeException;
import lyceum.prob.UnivariateDistribution;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Fits an unnormalised density by telling data from noise of a known density: with k draws a datum and logits
 * {@code G(u) = log p(u) + c - log(k q(u))}, the loss of a datum is {@code -log s(G(x)) - sum_j log(1 - s(G(y_j)))}, s the sigmoid.
 *
 * {@snippet :
 * var c = Tensor.scalar(0).requiresGrad();
 * var loss = new NoiseContrastive().withLogNormaliser(c);
 * loss.of(modelAtData, noiseAtData, modelAtDraws, noiseAtDraws).backward();       // (n), (n), (n, k), (n, k): log densities
 * loss.of(x -> x.square().mul(-0.5), new Normal(0, 2), data, 10, rng).backward();
 * }
 *
 * <p>At the truth c is minus the log of the normaliser: unlike under maximum likelihood it may be learned as any parameter.
 *
 * @param form of the game
 * @param logNormaliser c, a scalar; null for 0, a model that normalises itself
 * @param reduction {@link Reduction#NONE} gives one loss a datum
 * @see <a href="https://www.jmlr.org/papers/v13/gutmann12a.html">Gutmann and Hyvärinen (2012)</a>
 */
@Withers
public record NoiseContrastive(Form form, Tensor logNormaliser, Reduction reduction) implements NoiseContrastiveWithers {
    /** Which question is asked about datum and noise. */
    public enum Form {
        /** Each alone: data or noise? Estimates the density, and its normaliser. */
        BINARY,
        /**
         * Each alone, with {@code log p(u) + c} itself as the logit (word2vec's negative sampling): for embeddings, not densities; at its optimum the logit is
         * {@code log(p / (k q))}. The noise's densities are not read and may be null.
         */
        NEGATIVE_SAMPLING,
        /** All at once: which of the 1 + k is the datum? Softmax over {@code log p(u) - log q(u)}; c falls out, and with it the normaliser (Ma and Collins 2018). */
        RANKING
    }

    public NoiseContrastive {
        Objects.requireNonNull(form, "form");
        Objects.requireNonNull(reduction, "reduction");
        if (logNormaliser != null && logNormaliser.count() != 1)
            throw new ShapeException("NoiseContrastive: logNormaliser has shape " + logNormaliser.shape() + "; it is a scalar");
    }

    /** Binary, no normaliser, the mean. */
    public NoiseContrastive() { this(Form.BINARY, null, Reduction.MEAN); }

    /**
     * @param modelAtData {@code log p} at the data (n), unnormalised
     * @param noiseAtData {@code log q} there
     * @param modelAtDraws {@code log p} at the draws (n, k), k for each datum
     * @param noiseAtDraws {@code log q} there
     */
    public Tensor of(Tensor modelAtData, Tensor noiseAtData, Tensor modelAtDraws, Tensor noiseAtDraws) {
        boolean sampling = form == Form.NEGATIVE_SAMPLING;
        if (modelAtData.rank() != 1 || modelAtDraws.rank() != 2 || modelAtDraws.size(0) != modelAtData.size(0) || modelAtDraws.size(1) == 0)
            throw new ShapeException("NoiseContrastive: the model's log densities have shapes " + modelAtData.shape() + " and "
                    + modelAtDraws.shape() + "; they are (n) at data and (n, k) at draws");
        if (!sampling && (!noiseAtData.shape().equals(modelAtData.shape()) || !noiseAtDraws.shape().equals(modelAtDraws.shape())))
            throw new ShapeException("NoiseContrastive: the noise's log densities have shapes " + noiseAtData.shape() + " and "
                    + noiseAtDraws.shape() + ", the model's " + modelAtData.shape() + " and " + modelAtDraws.shape());
        Tensor data = modelAtData, draws = modelAtDraws;
        if (!sampling) {
            data = data.sub(noiseAtData.to(data.dtype()));
            draws = draws.sub(noiseAtDraws.to(draws.dtype()));
        }
        if (form == Form.RANKING) return reduction.of(Tensor.concat(1, data.unsqueeze(1), draws).logSumExp(1).sub(data));
        if (logNormaliser != null) {
            var c = logNormaliser.to(data.dtype()).reshape();
            data = data.add(c);
            draws = draws.add(c);
        }
        if (form == Form.BINARY) {
            double logK = Math.log(draws.size(1));
            data = data.sub(logK);
            draws = draws.sub(logK);
        }
        return reduction.of(data.neg().softplus().add(draws.softplus().sum(1)));
    }

    /**
     * With k draws a datum from a distribution on the line.
     *
     * @param logDensity of points of any shape, unnormalised and differentiable
     * @param data (n)
     */
    public Tensor of(UnaryOperator<Tensor> logDensity, UnivariateDistribution noise, Tensor data, int k, Rng rng) {
        if (data.rank() != 1 || k < 1) throw new ShapeException(
                "NoiseContrastive: data " + data.shape() + " and " + k + " draws for each; data are (n), and k is at least 1");
        long n = data.size(0);
        var draws = noise.sample(rng, Math.toIntExact(n * k)).to(data.dtype()).reshape(n, k);
        return of(logDensity.apply(data), logDensity(noise, data), logDensity.apply(draws), logDensity(noise, draws));
    }

    private static Tensor logDensity(UnivariateDistribution noise, Tensor x) { return noise.logDensity(x.detach()).to(x.dtype()); }
}
