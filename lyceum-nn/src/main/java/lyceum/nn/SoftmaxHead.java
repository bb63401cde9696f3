package lyceum.nn;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.nn.loss.CrossEntropy;
import lyceum.nn.loss.Reduction;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * From a hidden state to a distribution over classes: logits {@code z = W h + b}, perhaps capped to {@code c tanh(z / c)}, and their softmax. Hidden states are
 * (.., width), logits (.., classes).
 *
 * {@snippet :
 * var head = new SoftmaxHead(512, 32_000, rng);
 * head.loss(hidden, targets).backward();                              // the mean; logits never exist as a whole
 * head.sampledLoss(hidden, targets, Negatives.logUniform(32_000, 256, rng));
 * var tied = SoftmaxHead.tied(embedding).capped(30);
 * Tensor p = head.logProbabilities(hidden).exp();
 * }
 *
 * <p>A matrix of log-probabilities of many contexts has rank {@code width + 1} at most ({@code width + 2} with a bias); a cap lifts that. For word vocabularies
 * with a long tail see {@link AdaptiveSoftmax}.
 *
 * @see <a href="https://arxiv.org/abs/1711.03953">Yang, Dai, Salakhutdinov and Cohen (2018): the rank</a>
 * @see <a href="https://arxiv.org/abs/2411.09009">Wijmans et al. (2025): losses without logits</a>
 */
public final class SoftmaxHead extends Module {
    private final Tensor weight, bias;
    private final double cap;

    /** F32, without a bias, uniform within {@code 1 / sqrt(width)}. */
    public SoftmaxHead(long width, long classes, Rng rng) { this(width, classes, false, DType.F32, Init.torchLinear(width), rng); }

    /** @param init of the weight; a bias begins at zero */
    public SoftmaxHead(long width, long classes, boolean withBias, DType dtype, Init init, Rng rng) {
        this(init.sample(rng, dtype, classes, width).compute().requiresGrad(),
                withBias ? Tensor.zeros(dtype, classes).compute().requiresGrad() : null, Double.POSITIVE_INFINITY);
    }

    private SoftmaxHead(Tensor weight, Tensor bias, double cap) {
        this.weight = weight;
        this.bias = bias;
        this.cap = cap;
    }

    /** On the table of an embedding: one parameter for both. */
    public static SoftmaxHead tied(Embedding embedding) { return new SoftmaxHead(embedding.weight(), null, Double.POSITIVE_INFINITY); }

    /** This head on the same parameters, its logits held within {@code cap} by a tanh. */
    public SoftmaxHead capped(double cap) {
        if (!(cap > 0)) throw new IllegalArgumentException("SoftmaxHead.capped: the cap is " + cap + "; it is positive");
        return new SoftmaxHead(weight, bias, cap);
    }

    /** (classes, width). */
    public Tensor weight() { return weight; }

    /** (classes); null if there is none. */
    public Tensor bias() { return bias; }

    /** Infinite for none. */
    public double cap() { return cap; }

    /** The logits. */
    @Override protected Tensor compute(Tensor hidden, Pass pass) { return capped(hidden.affine(weight, bias)); }

    private Tensor capped(Tensor z) { return cap == Double.POSITIVE_INFINITY ? z : z.div(cap).tanh().mul(cap); }

    public Tensor logProbabilities(Tensor hidden) { return forward(hidden).logSoftmax(-1); }

    /** {@link #loss(Tensor, Tensor, long, Reduction, int)} averaged, in blocks of a hundredth of the classes; -100 is ignored. */
    public Tensor loss(Tensor hidden, Tensor targets) { return loss(hidden, targets, -100, Reduction.MEAN, 0); }

    /**
     * The cross-entropy of the logits against class numbers, in nats, block by block: the logits of {@code block} classes exist at once, forward and
     * backward, which computes them anew. Equal to the loss of {@link #forward}'s logits up to rounding; differentiable once.
     *
     * @param targets class numbers, of the hidden states' shape without the last axis
     * @param ignoreIndex a number that does not count
     * @param block classes at once; 0 for a hundredth of them
     */
    public Tensor loss(Tensor hidden, Tensor targets, long ignoreIndex, Reduction reduction, int block) {
        if (block < 0)
            throw new IllegalArgumentException("SoftmaxHead.loss: block is " + block + "; it is at least 1, or 0 for a hundredth");
        checked("SoftmaxHead.loss", hidden, targets, weight.size(0), ignoreIndex);
        var ignored = targets.eq(ignoreIndex).flatten();
        var numbers = ignored.where(targets.flatten().zerosLike(), targets.flatten()).to(DType.I64);
        int blocks = block == 0 ? (int) Math.max(1, weight.size(0) / 100) : block;
        var each = new BlockwiseCrossEntropy(cap, blocks).of(hidden.reshape(-1, weight.size(1)), weight, bias, numbers);
        var losses = ignored.where(each.zerosLike(), each);
        return switch (reduction) {
            case NONE -> losses.reshape(targets.shape().toArray());
            case SUM -> losses.sum();
            case MEAN -> losses.sum().div(ignored.not().to(losses.dtype()).sum());
        };
    }

    static void checked(String what, Tensor hidden, Tensor targets, long classes, long ignoreIndex) {
        if (!Arrays.equals(targets.shape().toArray(), Arrays.copyOf(hidden.shape().toArray(), hidden.rank() - 1)))
            throw new ShapeException(what + ": hidden states " + hidden.shape() + " and targets " + targets.shape()
                    + "; targets have that shape without the last axis");
        for (long t : targets.toLongArray())
            if (t != ignoreIndex && (t < 0 || t >= classes))
                throw new IllegalArgumentException(what + ": target " + t + "; class numbers are 0 to " + (classes - 1));
    }

    /**
     * An estimate of {@link #loss} from the true class and some others: the softmax over the target's logit and those of the negatives, from each of which
     * the logarithm of its expected count is taken. Its sum over classes is that of the full softmax on average, and where all classes are drawn it is the
     * full loss. A negative that is a row's target is left out for that row; rows whose target is -100 do
     * not count.
     *
     * @see <a href="https://arxiv.org/abs/1412.2007">Jean, Cho, Memisevic and Bengio (2015)</a>
     */
    public Tensor sampledLoss(Tensor hidden, Tensor targets, Negatives negatives) {
        checked("SoftmaxHead.sampledLoss", hidden, targets, weight.size(0), -100);
        Tensor rows = hidden.reshape(-1, weight.size(1)), given = targets.flatten().to(DType.I64), drawn = negatives.classes();
        var ignored = given.eq(-100);
        var numbers = ignored.where(given.zerosLike(), given);
        var own = rows.mul(weight.indexSelect(0, numbers)).sum(1, true);
        var others = rows.matmul(weight.indexSelect(0, drawn).transpose());
        if (bias != null) {
            own = own.add(bias.indexSelect(0, numbers).unsqueeze(1));
            others = others.add(bias.indexSelect(0, drawn));
        }
        others = capped(others).sub(negatives.expectedCounts().log().to(rows.dtype()));
        var hits = drawn.eq(numbers.unsqueeze(1));
        var logits = Tensor.concat(1, capped(own), hits.where(Tensor.full(rows.dtype(), Double.NEGATIVE_INFINITY), others));
        return new CrossEntropy().of(logits, ignored.where(given, given.zerosLike()));
    }
}
