package lyceum.nn.loss;

import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * What training minimises: a differentiable function of what a model says and what is true.
 *
 * {@snippet :
 * Loss.mse(prediction, target).backward();
 * Loss.crossEntropy(logits, classNumbers).backward();
 * Loss smoothed = new CrossEntropy().withLabelSmoothing(0.1);      // options live in records that are losses themselves
 * trainer.fit(network, Loss::mse, data, Rng.of(1));
 * }
 *
 * <p>Predictions and targets have one shape (class numbers lack the class axis); they are never broadcast, since (n, 1) minus (n) would make a
 * table of n x n differences and train towards the mean without an error. Static methods average over all elements.
 */
@FunctionalInterface
public interface Loss {

    /** The loss, a scalar unless the reduction is {@link Reduction#NONE}. @throws ShapeException if the shapes do not fit */
    Tensor of(Tensor prediction, Tensor target);

    /**
     * Mean of {@code (prediction - target)^2} over all elements. For weights, masks, outputs and reductions see {@link MeanSquaredError}.
     *
     * @see <a href="https://archive.org/details/theoriacombinat00gausgoog">Gauss (1823)</a>
     */
    static Tensor mse(Tensor prediction, Tensor target) { return new MeanSquaredError().of(prediction, target); }

    /** Square root of {@link #mse}, in the units of the target. Its gradient is infinite where every residual is zero. */
    static Tensor rmse(Tensor prediction, Tensor target) { return mse(prediction, target).sqrt(); }

    /** Mean of {@code |prediction - target|}; the slope at zero is 0. */
    static Tensor l1(Tensor prediction, Tensor target) { return residual("l1", prediction, target).abs().mean(); }

    /**
     * Mean of {@code r^2 / 2} for residuals within {@code delta}, {@code delta (|r| - delta / 2)} beyond: squares that outliers cannot own.
     *
     * @param delta above 0
     * @see <a href="https://doi.org/10.1214/aoms/1177703732">Huber (1964)</a>
     */
    static Tensor huber(Tensor prediction, Tensor target, double delta) {
        if (!(delta > 0)) throw new IllegalArgumentException("huber: delta is " + delta + "; it is above 0");
        var r = residual("huber", prediction, target);
        var size = r.abs();
        return size.le(delta).where(r.square().mul(0.5), size.sub(delta / 2).mul(delta)).mean();
    }

    /**
     * Mean negative log-likelihood of normal distributions, {@code (log(2 pi s^2) + (target - mean)^2 / s^2) / 2}, in nats.
     *
     * @param variance s^2, above 0: of the shape of the mean, or a scalar. With one fixed value this is mse / (2 s^2) + log(s sqrt(2 pi))
     */
    static Tensor gaussianNll(Tensor mean, Tensor variance, Tensor target) {
        if (variance.count() != 1 && !variance.shape().equals(mean.shape()))
            throw new ShapeException("gaussianNll: variance " + variance.shape() + " for a mean of shape " + mean.shape());
        var r = residual("gaussianNll", mean, target);
        return r.square().div(variance).add(variance.mul(2 * Math.PI).log()).mul(0.5).mean();
    }

    /**
     * Cross-entropy of the softmax of {@code logits} against class numbers or class probabilities, in nats, averaged over examples. Logits are
     * (classes), (n, classes) or (n, classes, ..); class numbers have that shape without the class axis, probabilities the whole shape. For
     * weights, smoothing, an ignored class, other axes, reductions and chunks see {@link CrossEntropy}.
     */
    static Tensor crossEntropy(Tensor logits, Tensor target) { return new CrossEntropy().of(logits, target); }

    /** Mean of {@code -log p[target]} for log-probabilities (n, classes) and class numbers (n). */
    static Tensor nll(Tensor logProbabilities, Tensor target) {
        if (logProbabilities.rank() != 2 || target.rank() != 1 || target.size(0) != logProbabilities.size(0))
            throw new ShapeException("nll: log-probabilities " + logProbabilities.shape() + " and targets " + target.shape()
                    + "; they are (n, classes) and (n)");
        return logProbabilities.gather(1, target.unsqueeze(1)).mean().neg();
    }

    /** {@link #binaryCrossEntropyWithLogits(Tensor, Tensor, double)} with equal weights. */
    static Tensor binaryCrossEntropyWithLogits(Tensor logits, Tensor target) { return binaryCrossEntropyWithLogits(logits, target, 1); }

    /**
     * Mean of {@code -w t log s(x) - (1 - t) log(1 - s(x))} over logits x, with s the sigmoid: never infinite, whatever the logits.
     *
     * @param target in [0, 1], of the shape of the logits
     * @param positiveWeight w, for rare positives; 1 for none
     */
    static Tensor binaryCrossEntropyWithLogits(Tensor logits, Tensor target, double positiveWeight) {
        same("binaryCrossEntropyWithLogits", logits, target);
        var t = target.to(logits.dtype());
        var l = t.mul(positiveWeight - 1).add(1);
        return t.rsub(1).mul(logits).add(l.mul(logits.neg().softplus())).mean();
    }

    /**
     * {@code H(p, q) = -sum p log q} along {@code axis}, in nats: what a message from p costs in a code made for q. Infinite where q is 0 and p is
     * not. {@code H(p, q) = H(p) + KL(p || q)}, least at q = p.
     *
     * @see <a href="https://doi.org/10.1002/j.1538-7305.1948.tb01338.x">Shannon (1948)</a>
     */
    static Tensor crossEntropyOf(Tensor p, Tensor q, int axis) {
        same("crossEntropyOf", p, q);
        return p.eq(0).where(p.zerosLike(), p.mul(q.log())).sum(axis).neg();
    }

    /** Mean triplet margin loss of anchors, positives and negatives (n, d), Euclidean, with margin 1; see {@link TripletLoss}. */
    static Tensor triplet(Tensor anchor, Tensor positive, Tensor negative) { return new TripletLoss().of(anchor, positive, negative); }

    /** Contrastive loss of queries (n, d) and their keys (n, d) by cosine, the other keys being the negatives; see {@link InfoNce}. */
    static Tensor infoNce(Tensor queries, Tensor keys, double temperature) { return new InfoNce(temperature).of(queries, keys); }

    /** Noise-contrastive loss of log densities (n), (n), (n, k) and (n, k) of a model that normalises itself; see {@link NoiseContrastive}. */
    static Tensor nce(Tensor modelAtData, Tensor noiseAtData, Tensor modelAtDraws, Tensor noiseAtDraws) {
        return new NoiseContrastive().of(modelAtData, noiseAtData, modelAtDraws, noiseAtDraws);
    }

    /** Mean cross-entropy of logits (batch, time, vocabulary) and the ids (batch, time) that come next; see {@link CausalLmLoss}. */
    static Tensor causalLm(Tensor logits, Tensor ids) { return new CausalLmLoss().of(logits, ids); }

    private static Tensor residual(String operation, Tensor prediction, Tensor target) {
        same(operation, prediction, target);
        return prediction.sub(target.to(prediction.dtype()));
    }

    /** Refuses to broadcast. */
    private static void same(String operation, Tensor prediction, Tensor target) {
        if (!prediction.shape().equals(target.shape())) throw new ShapeException(operation + ": prediction " + prediction.shape()
                + " and target " + target.shape() + " differ; reshape one, losses do not broadcast");
    }
}
