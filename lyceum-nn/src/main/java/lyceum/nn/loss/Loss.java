package lyceum.nn.loss;

import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * What training minimises: a differentiable function of predictions and targets.
 *
 * {@snippet :
 * Loss.mse(prediction, target).backward();
 * Loss.crossEntropy(logits, classNumbers).backward();
 * Loss smoothed = new CrossEntropy().withLabelSmoothing(0.1);      // options live in records that are losses themselves
 * Loss.huber(1).withWeights(w).of(prediction, target);             // weights, class weights, masks, reductions: see WeightedLoss
 * Loss.l1().plus(Loss.dice().times(0.5));
 * trainer.fit(network, Loss::mse, data, Rng.of(1));
 * }
 *
 * <p>Predictions and targets have the same shape (class numbers lack the class axis); they are never broadcast, since (n, 1) minus (n) would
 * give n x n differences and train towards the mean without an error. Static methods on tensors average over all elements; those
 * without arguments return the same losses, with options.
 */
@FunctionalInterface
public interface Loss {

    /** The loss, a scalar unless the reduction is {@link Reduction#NONE}. @throws ShapeException if the shapes do not fit */
    Tensor of(Tensor prediction, Tensor target);

    /** The sum of this loss and another. */
    default Loss plus(Loss other) { return (prediction, target) -> of(prediction, target).add(other.of(prediction, target)); }

    /** This loss times {@code factor}. */
    default Loss times(double factor) { return (prediction, target) -> of(prediction, target).mul(factor); }

    // Of numbers: r = prediction - target.

    /**
     * Mean of {@code (prediction - target)^2} over all elements. For weights, masks, outputs and reductions see {@link MeanSquaredError}.
     *
     * @see <a href="https://archive.org/details/theoriacombinat00gausgoog">Gauss (1823)</a>
     */
    static Tensor mse(Tensor prediction, Tensor target) { return new MeanSquaredError().of(prediction, target); }

    /** Square root of {@link #mse}, in the units of the target. Its gradient is taken as 0 where every residual is zero, as that of a norm is. */
    static Tensor rmse(Tensor prediction, Tensor target) {
        var mse = mse(prediction, target);
        var none = mse.eq(0);
        return none.where(mse.zerosLike(), none.where(mse.onesLike(), mse).sqrt());
    }

    /** Mean of {@code |prediction - target|}; the slope at zero is 0. */
    static Tensor l1(Tensor prediction, Tensor target) { return l1().of(prediction, target); }

    /** {@code |r|}: its best constant is the median. */
    static WeightedLoss l1() { return new WeightedLoss((p, t) -> Elements.residual("l1", p, t).abs()); }

    /** Mean of {@link #huber(double)}. */
    static Tensor huber(Tensor prediction, Tensor target, double delta) { return huber(delta).of(prediction, target); }

    /**
     * {@code r^2 / 2} for residuals within {@code delta}, {@code delta (|r| - delta / 2)} beyond: a squared error that outliers cannot dominate.
     *
     * @param delta above 0
     * @see <a href="https://doi.org/10.1214/aoms/1177703732">Huber (1964)</a>
     */
    static WeightedLoss huber(double delta) {
        Elements.above("huber", "delta", delta, 0);
        return new WeightedLoss((p, t) -> {
            Tensor size = Elements.residual("huber", p, t).abs(), near = size.minimum(delta);
            return near.square().mul(0.5).add(size.sub(near).mul(delta));
        });
    }

    /** {@link #huber} over {@code beta}: slopes of 1 far out, as detectors use it. @param beta at least 0; 0 for {@link #l1()} */
    static WeightedLoss smoothL1(double beta) {
        if (beta == 0) return l1();
        Elements.above("smoothL1", "beta", beta, 0);
        var huber = huber(beta).formula();
        return new WeightedLoss((p, t) -> huber.of(p, t).div(beta));
    }

    /** {@code log cosh r}: squares near 0, {@code |r| - log 2} far out, smooth everywhere and never infinite. */
    static WeightedLoss logCosh() {
        return new WeightedLoss((p, t) -> {
            var size = Elements.residual("logCosh", p, t).abs();
            return size.add(size.mul(-2).softplus()).sub(Math.log(2));
        });
    }

    /**
     * {@code tau (target - prediction)} where the prediction is too low, {@code (1 - tau) (prediction - target)} where it is too high: its
     * best constant is the quantile {@code tau}.
     *
     * @param tau between 0 and 1
     * @see <a href="https://doi.org/10.2307/1913643">Koenker and Bassett (1978)</a>
     */
    static WeightedLoss pinball(double tau) {
        if (!(tau > 0 && tau < 1)) throw new IllegalArgumentException("pinball: tau is " + tau + "; it lies strictly between 0 and 1");
        return new WeightedLoss((p, t) -> {
            var r = Elements.residual("pinball", p, t);
            return r.relu().mul(1 - tau).add(r.neg().relu().mul(tau));
        });
    }

    /** {@code max(0, |r| - epsilon)}, support vector regression's. @param epsilon at least 0, in units of the target */
    static WeightedLoss epsilonInsensitive(double epsilon) {
        if (!(epsilon >= 0)) throw new IllegalArgumentException("epsilonInsensitive: epsilon is " + epsilon + "; it is at least 0");
        return new WeightedLoss((p, t) -> Elements.residual("epsilonInsensitive", p, t).abs().sub(epsilon).relu());
    }

    // Of distributions: minus the log-likelihood.

    /**
     * Mean negative log-likelihood of normal distributions, {@code (log(2 pi s^2) + (target - mean)^2 / s^2) / 2}, in nats.
     *
     * @param variance s^2, above 0: of the shape of the mean, or a scalar. With one fixed value this is mse / (2 s^2) + log(s sqrt(2 pi))
     */
    static Tensor gaussianNll(Tensor mean, Tensor variance, Tensor target) {
        if (variance.count() != 1 && !variance.shape().equals(mean.shape()))
            throw new ShapeException("gaussianNll: variance " + variance.shape() + " for a mean of shape " + mean.shape());
        var r = Elements.residual("gaussianNll", mean, target);
        return r.square().div(variance).add(variance.mul(2 * Math.PI).log()).mul(0.5).mean();
    }

    /** Mean of {@link #nll()} for log-probabilities (n, classes) and class numbers (n). */
    static Tensor nll(Tensor logProbabilities, Tensor target) { return nll().of(logProbabilities, target); }

    /**
     * {@code -log p[target]} of log-probabilities (classes), (n, classes) or (n, classes, ..) and class numbers without the class axis; no
     * logarithm is taken here. As in PyTorch, class weights divide the mean too, and a target of -100 does not count.
     */
    static WeightedLoss nll() { return ClassRows.loss("nll", (rows, target) -> ClassRows.own(rows, target).neg()); }

    /**
     * {@code -log p(target)} under a distribution whose parameters the network predicts: predictions (.., parameters), targets (..).
     *
     * @see Likelihood
     */
    static WeightedLoss nll(Likelihood likelihood) { return new WeightedLoss((p, t) -> likelihood.logDensity(p, t).neg()); }

    /**
     * {@code exp(x) - target x} of the logarithm x of a rate: a Poisson's without the terms that no rate changes
     * ({@link Likelihood#poisson} has them).
     */
    static WeightedLoss poisson() {
        return new WeightedLoss((x, t) -> {
            Elements.same("poisson", x, t);
            return x.exp().sub(x.mul(t.to(x.dtype())));
        });
    }

    /** {@link #poisson()} of the rate itself, {@code x - target log(x + 1e-8)}. */
    static WeightedLoss poissonOfRate() {
        return new WeightedLoss((x, t) -> {
            Elements.same("poissonOfRate", x, t);
            return x.sub(x.add(1e-8).log().mul(t.to(x.dtype())));
        });
    }

    /**
     * {@code target (log target - prediction)} of log-probabilities and probabilities, summed over classes the divergence of prediction
     * from target. The mean is over all elements, classes included; a mean over examples is the sum over their number.
     */
    static WeightedLoss klDivergence() {
        return new WeightedLoss((p, t) -> {
            Elements.same("klDivergence", p, t);
            Tensor q = t.to(p.dtype()), none = q.eq(0);
            return q.mul(none.where(q.onesLike(), q).log().sub(none.where(p.zerosLike(), p)));
        });
    }

    // Of two classes.

    /** Mean of {@link #bce()}. */
    static Tensor bce(Tensor logits, Tensor target) { return bce().of(logits, target); }

    /**
     * Binary cross-entropy of logits z, {@code -t log s(z) - (1 - t) log(1 - s(z))} with the sigmoid s: exact and finite for any finite
     * logits. Targets in [0, 1] have the shape of the logits: several labels are independent questions.
     *
     * @see <a href="https://www.jstor.org/stable/2984087">Good (1952)</a>
     */
    static WeightedLoss bce() { return new WeightedLoss((z, t) -> Elements.binary("bce", z, t, null)); }

    /**
     * {@link #bce()} whose first term is multiplied, for rare positives.
     * @param positiveWeight above 0: a scalar, or one a label (the last axis)
     */
    static WeightedLoss bce(Tensor positiveWeight) {
        return new WeightedLoss((z, t) -> Elements.binary("bce", z, t, positiveWeight.to(z.dtype())));
    }

    /**
     * {@link #bce()} of probabilities p in [0, 1], each logarithm at least -100 as in PyTorch. Where that limit applies the gradient is 0: a
     * confident error teaches nothing, so prefer {@link #bce()} on logits.
     */
    static WeightedLoss bceOfProbabilities() {
        return new WeightedLoss((p, t) -> {
            Elements.same("bceOfProbabilities", p, t);
            var y = t.to(p.dtype());
            return y.mul(Elements.limitedLog(p)).add(y.rsub(1).mul(Elements.limitedLog(p.rsub(1)))).neg();
        });
    }

    /** {@code log(1 + exp(-t z))} for targets of -1 and 1: {@link #bce()} of other labels. */
    static WeightedLoss softMargin() { return new WeightedLoss((z, t) -> Elements.margin("softMargin", z, t).neg().softplus()); }

    /** {@link #hinge(double)} with margin 1. */
    static WeightedLoss hinge() { return hinge(1); }

    /**
     * {@code max(0, margin - t f)} of scores f and targets t of -1 and 1; the slope at the corner is 0. Of differences of two scores it is
     * the ranking hinge: t says which shall be larger.
     *
     * @see <a href="https://doi.org/10.1007/BF00994018">Cortes and Vapnik (1995)</a>
     */
    static WeightedLoss hinge(double margin) { return new WeightedLoss((f, t) -> Elements.margin("hinge", f, t).rsub(margin).relu()); }

    /** {@link #squaredHinge(double)} with margin 1. */
    static WeightedLoss squaredHinge() { return squaredHinge(1); }

    /** {@code max(0, margin - t f)^2}. */
    static WeightedLoss squaredHinge(double margin) {
        return new WeightedLoss((f, t) -> Elements.margin("squaredHinge", f, t).rsub(margin).relu().square());
    }

    /**
     * The hinge with its corner rounded: {@code (1 - t f)^2 / (2 width)} where the shortfall {@code 1 - t f} is within {@code width},
     * {@code width / 2} below the hinge beyond.
     *
     * @param width above 0; 1 for Rennie and Srebro's (2005)
     */
    static WeightedLoss smoothedHinge(double width) {
        Elements.above("smoothedHinge", "width", width, 0);
        return new WeightedLoss((f, t) -> {
            Tensor shortfall = Elements.margin("smoothedHinge", f, t).rsub(1).relu(), near = shortfall.minimum(width);
            return near.square().div(2 * width).add(shortfall.sub(near));
        });
    }

    /** Of distances x: x itself for targets of 1, {@code max(0, margin - x)} for -1. Not the hinge of scores. */
    static WeightedLoss hingeEmbedding(double margin) {
        return new WeightedLoss((x, t) -> {
            Elements.same("hingeEmbedding", x, t);
            return t.gt(0).where(x, x.rsub(margin).relu());
        });
    }

    /**
     * Focal loss of logits, {@code -(1 - p)^gamma log p} with p the probability of the true class: the many easy examples
     * count little. Targets are 0 or 1 of the shape of the logits (sigmoid), or class numbers (softmax, class axis 1). The paper's alpha
     * are class weights, its 0.25 {@code withClassWeights(Tensor.of(0.75, 0.25))}; its divisor is the number of positives: take the sum and
     * divide.
     *
     * @param gamma at least 0; 0 for {@link #bce()} or {@link #crossEntropy}
     * @see <a href="https://arxiv.org/abs/1708.02002">Lin, Goyal, Girshick, He and Dollar (2017)</a>
     */
    static WeightedLoss focal(double gamma) {
        if (!(gamma >= 0)) throw new IllegalArgumentException("focal: gamma is " + gamma + "; it is at least 0");
        return new WeightedLoss((z, t) -> {
            if (t.rank() < z.rank()) {
                var surprise = new CrossEntropy().withReduction(Reduction.NONE).of(z, t);
                return Elements.focused(surprise, surprise.neg().expm1().neg(), gamma);
            }
            Tensor surprise = Elements.binary("focal", z, t, null), y = t.to(z.dtype());
            return Elements.focused(surprise, y.mul(z.neg().sigmoid()).add(y.rsub(1).mul(z.sigmoid())), gamma);
        }).withIgnoreIndex(-100);
    }

    // Of several classes.

    /**
     * Cross-entropy of the softmax of {@code logits} against class numbers or class probabilities, in nats, averaged over examples. Logits
     * are (classes), (n, classes) or (n, classes, ..); class numbers have that shape without the class axis, probabilities the whole shape.
     * For weights, smoothing, an ignored class, other axes, reductions and chunks see {@link CrossEntropy}.
     */
    static Tensor crossEntropy(Tensor logits, Tensor target) { return new CrossEntropy().of(logits, target); }

    /**
     * {@code sum_k (softmax(z)_k - [k = target])^2}, Brier's score of logits (classes), (n, classes) or (n, classes, ..) and class numbers.
     *
     * @see <a href="https://doi.org/10.1175/1520-0493(1950)078%3C0001:VOFEIT%3E2.0.CO;2">Brier (1950)</a>
     */
    static WeightedLoss brier() {
        return ClassRows.loss("brier", (rows, target) -> {
            var p = rows.softmax(-1);
            return p.sub(ClassRows.hits(rows, target).to(p.dtype())).square().sum(-1);
        });
    }

    /**
     * {@code max(0, margin + s_j - s_target)} for the best rival j: scores and class numbers as for {@link #brier()}.
     *
     * @see <a href="https://www.jmlr.org/papers/v2/crammer01a.html">Crammer and Singer (2001)</a>
     */
    static WeightedLoss crammerSinger(double margin) {
        return ClassRows.loss("crammerSinger", (rows, target) -> {
            var rivals = ClassRows.hits(rows, target).where(Tensor.full(rows.dtype(), Double.NEGATIVE_INFINITY), rows);
            return rivals.max(-1).sub(ClassRows.own(rows, target)).add(margin).relu();
        });
    }

    /** {@code sum_j max(0, margin + s_j - s_target)} over all rivals j. Weston and Watkins (1999). */
    static WeightedLoss westonWatkins(double margin) {
        return ClassRows.loss("westonWatkins", (rows, target) -> ClassRows.shortfalls(rows, target, margin).sum(-1));
    }

    /** {@code sum_j max(0, margin + s_j - s_target)^power / classes}, as PyTorch has it. @param power 1 or 2 */
    static WeightedLoss multiMargin(int power, double margin) {
        if (power != 1 && power != 2) throw new IllegalArgumentException("multiMargin: power is " + power + "; it is 1 or 2");
        return ClassRows.loss("multiMargin", (rows, target) -> {
            var shortfall = ClassRows.shortfalls(rows, target, margin);
            return (power == 1 ? shortfall : shortfall.square()).sum(-1).div(rows.size(-1));
        });
    }

    /** {@link #ldam(double, double, long...)} with margins up to 0.5 and scale 30. */
    static WeightedLoss ldam(long... counts) { return ldam(0.5, 30, counts); }

    /**
     * Cross-entropy that asks rare classes for larger margins: of {@code scale z}, where the logit of the true class is less by a margin in
     * proportion to {@code count^(-1/4)}.
     *
     * @param largest margin, the rarest class's
     * @param counts examples of each class, at least 1
     * @see <a href="https://arxiv.org/abs/1906.07413">Cao, Wei, Gaidon, Arechiga and Ma (2019)</a>
     */
    static WeightedLoss ldam(double largest, double scale, long... counts) {
        var roots = FrequencyWeights.counts("ldam", counts).pow(-0.25);
        var margins = roots.mul(largest).div(roots.max());
        return ClassRows.loss("ldam", (rows, target) -> {
            var asked = ClassRows.hits(rows, target).to(rows.dtype()).mul(margins.to(rows.dtype()));
            return new CrossEntropy().withAxis(-1).withReduction(Reduction.NONE).of(rows.sub(asked).mul(scale), target);
        });
    }

    /**
     * {@link #tversky} with both errors counted half: one minus the F1 score of soft predictions, with 1 added to numerator and denominator. Milletari et
     * al. (2016).
     */
    static WeightedLoss dice() { return tversky(0.5, 0.5, 0.5); }

    /**
     * One minus the overlap of prediction and truth, {@code 1 - (TP + smooth) / (TP + a FP + b FN + smooth)}, with counts of probabilities over
     * all that belongs to an example. Logits (n, ..) and targets 0 or 1 of their shape give a value an example; logits (n, classes, ..) and
     * class numbers (n, ..) one for each of its classes, (n, classes). Where the truth is empty and nothing is predicted, the loss is 0. A mask has the
     * target's shape, or its first axes: places where it is false, and those of class -100, are left out of all counts.
     *
     * @param falsePositives a, at least 0
     * @param falseNegatives b, at least 0: above a, what is missed costs more than what is invented
     * @param smooth at least 0; above it, an empty truth has a slope
     * @see <a href="https://arxiv.org/abs/1706.05721">Salehi, Erdogmus and Gholipour (2017)</a>
     */
    static WeightedLoss tversky(double falsePositives, double falseNegatives, double smooth) {
        if (!(falsePositives >= 0 && falseNegatives >= 0 && smooth >= 0))
            throw new IllegalArgumentException("tversky: weights of errors are " + falsePositives + " and " + falseNegatives
                    + ", smooth is " + smooth + "; all are at least 0");
        return new WeightedLoss(new Overlap(falsePositives, falseNegatives, smooth)).withIgnoreIndex(-100);
    }

    /**
     * {@code H(p, q) = -sum p log q} along {@code axis}, in nats: what a message from p costs in a code made for q. Infinite where q is 0
     * and p is not. {@code H(p, q) = H(p) + KL(p || q)}, least at q = p.
     *
     * @see <a href="https://doi.org/10.1002/j.1538-7305.1948.tb01338.x">Shannon (1948)</a>
     */
    static Tensor crossEntropyOf(Tensor p, Tensor q, int axis) {
        Elements.same("crossEntropyOf", p, q);
        var none = p.eq(0); // 0 log 0 is 0, and so is its slope
        return p.mul(none.where(q.onesLike(), q).log()).sum(axis).neg();
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
}
