package lyceum.nn;

import java.util.Objects;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.nn.loss.Loss;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * What turns a backbone's features into an answer: pooling over positions, dropout, perhaps a hidden layer, and a classifier. Features are (batch, positions,
 * width), or (batch, width) where there is nothing to pool; answers are (batch, outputs): logits, or numbers.
 *
 * {@snippet :
 * var head = new ClassificationHead(new ClassificationHead.Config(768, 3).withPooling(ClassificationHead.Pooling.MEAN).withDropout(0.1), rng);
 * var model = head.on(backbone);                                  // one module; backbone.freeze("*") trains the head alone
 * head.loss(head.forward(features, mask, pass), labels).backward();
 * var other = model.with(new ClassificationHead(head.config().withOutputs(10), rng));
 * }
 *
 * <p>Parameters are {@code attention.weight}, {@code dense.weight}, {@code dense.bias}, {@code out.weight}, {@code out.bias}.
 *
 * @see <a href="https://arxiv.org/abs/1810.04805">Devlin, Chang, Lee and Toutanova (2019)</a>
 * @see <a href="https://arxiv.org/abs/1804.09458">Gidaris and Komodakis (2018): cosine classifier</a>
 */
public final class ClassificationHead extends Module {

    /** How many positions become one vector; those that a mask leaves out never count. */
    public enum Pooling {
        /** The first position: a class token's. */
        FIRST,
        /** The last position that counts: a causal model's summary. */
        LAST,
        /** {@code sum m h / sum m}. */
        MEAN,
        /** The largest of each feature. */
        MAX,
        /** A mean weighted by the softmax of learned scores {@code v' h}. */
        ATTENTION
    }

    /** The last layer. */
    public enum Classifier {
        LINEAR,
        /** A learned scale times the cosine between features and each class's vector; no bias. */
        COSINE
    }

    /** What an answer means, and with that the loss. */
    public enum Problem {
        /** One class; cross-entropy of the softmax against class numbers. */
        ONE_CLASS,
        /** Any classes; a sigmoid each, binary cross-entropy against zeros and ones. */
        LABELS,
        /** Numbers; mean squared error. */
        NUMBERS
    }

    /**
     * A head's shape.
     *
     * @param width of the features
     * @param outputs classes, labels or numbers
     * @param pooling for features with positions
     * @param dropout before each layer, while learning
     * @param hidden width of a hidden layer; 0 for none
     * @param activation of the hidden layer
     * @param classifier the last layer
     * @param problem what the outputs mean
     * @param dtype of the parameters
     */
    @Withers
    public record Config(int width, int outputs, Pooling pooling, double dropout, int hidden, Activation activation, Classifier classifier,
            Problem problem, DType dtype) implements ClassificationHeadConfigWithers {
        public Config {
            if (width < 1 || outputs < 1 || hidden < 0) throw new IllegalArgumentException("ClassificationHead: width " + width
                    + ", hidden " + hidden + ", outputs " + outputs + "; width and outputs are positive, hidden is at least 0");
            new Dropout(dropout);
            Objects.requireNonNull(pooling, "pooling");
        }

        /** Mean pooling, a linear classifier of one class, F32. */
        public Config(int width, int outputs) {
            this(width, outputs, Pooling.MEAN, 0, 0, Activation.TANH, Classifier.LINEAR, Problem.ONE_CLASS, DType.F32);
        }
    }

    /** A scale that cosines begin with: they lie in [-1, 1], too flat for a softmax. */
    private static final double COSINE_SCALE = 10;
    private final Config config;
    private final Linear attention, dense, out;
    private final Tensor scale;

    public ClassificationHead(Config config, Rng rng) {
        this.config = config;
        int width = config.hidden == 0 ? config.width : config.hidden;
        boolean cosine = config.classifier == Classifier.COSINE;
        attention = config.pooling == Pooling.ATTENTION ? linear(config.width, 1, false, rng) : null;
        dense = config.hidden == 0 ? null : linear(config.width, config.hidden, true, rng);
        out = linear(width, config.outputs, !cosine, rng);
        scale = cosine ? Tensor.full(config.dtype, COSINE_SCALE).compute().requiresGrad() : null;
    }

    private Linear linear(int inputs, int outputs, boolean bias, Rng rng) {
        return new Linear(inputs, outputs, bias, config.dtype, Init.torchLinear(inputs), rng);
    }

    public Config config() { return config; }

    /** A model of this head on a backbone, whose output (batch, positions, width) or (batch, width) it reads. */
    public HeadedModel on(Layer backbone) { return new HeadedModel(backbone, this); }

    /** All positions count. */
    @Override protected Tensor compute(Tensor features, Pass pass) { return answer(features, null, pass); }

    /** @param mask (batch, positions), true where a position counts; null for all. What stands elsewhere is never read, be it NaN */
    public Tensor forward(Tensor features, Tensor mask, Pass pass) { return emit(features, answer(features, mask, pass), pass); }

    private Tensor answer(Tensor features, Tensor mask, Pass pass) {
        if (features.rank() < 2 || features.rank() > 3 || features.size(-1) != config.width)
            throw new ShapeException("ClassificationHead: features " + features.shape() + "; they are (batch, positions, " + config.width
                    + ") or (batch, " + config.width + ")");
        var dropout = new Dropout(config.dropout);
        var h = features.rank() == 2 ? features : pass.point(this, "pooled", pooled(features, mask, pass));
        if (dense != null) h = config.activation.forward(dense.forward(dropout.forward(h, pass), pass), pass);
        h = dropout.forward(h, pass);
        if (config.classifier == Classifier.LINEAR) return out.forward(h, pass);
        return unit(h).matmul(unit(out.weight()).transpose()).mul(scale);
    }

    private static Tensor unit(Tensor rows) { return rows.div(rows.square().sum(-1, true).add(1e-12).sqrt()); }

    private Tensor pooled(Tensor h, Tensor mask, Pass pass) {
        long batch = h.size(0), positions = h.size(1);
        if (mask != null && (mask.dtype() != DType.BOOL || mask.rank() != 2 || mask.size(0) != batch || mask.size(1) != positions))
            throw new ShapeException("ClassificationHead: a mask " + mask.dtype() + " " + mask.shape() + " for features " + h.shape()
                    + "; it is BOOL (batch, positions)");
        if (mask != null && !mask.any(1).all().toBooleanArray()[0])
            throw new IllegalArgumentException("ClassificationHead: a row of the mask leaves out every position; at least one counts");
        if (config.pooling == Pooling.FIRST) return at(h, mask == null ? Tensor.zeros(DType.I64, batch) : mask.to(DType.U8).argmax(1));
        if (config.pooling == Pooling.LAST) return at(h,
                mask == null ? Tensor.full(DType.I64, positions - 1, batch) : mask.to(DType.U8).flip(1).argmax(1).rsub(positions - 1));
        var counts = mask == null ? null : mask.unsqueeze(2);
        if (config.pooling == Pooling.MAX)
            return (mask == null ? h : counts.where(h, Tensor.full(h.dtype(), Double.NEGATIVE_INFINITY))).max(1);
        var seen = mask == null ? h : counts.where(h, h.zerosLike());
        if (config.pooling == Pooling.MEAN) return mask == null ? h.mean(1) : seen.sum(1).div(mask.to(h.dtype()).sum(1, true));
        var scores = attention.forward(seen, pass);
        var weights = (mask == null ? scores : counts.where(scores, Tensor.full(h.dtype(), Double.NEGATIVE_INFINITY))).softmax(1);
        return pass.point(this, "weights", weights).mul(seen).sum(1);
    }

    /** One position a row. */
    private static Tensor at(Tensor h, Tensor position) {
        long[] shape = {h.size(0), 1, h.size(2)};
        return h.gather(1, position.to(DType.I64).reshape(-1, 1, 1).expand(shape)).squeeze(1);
    }

    /** The mean loss that the problem calls for. @param target class numbers (batch), or zeros and ones or numbers (batch, outputs) */
    public Tensor loss(Tensor answer, Tensor target) {
        return switch (config.problem) {
            case ONE_CLASS -> Loss.crossEntropy(answer, target);
            case LABELS -> Loss.bce(answer, target);
            case NUMBERS -> Loss.mse(answer, target);
        };
    }

    /** What an answer says: probabilities that sum to 1, one probability a label, or the numbers. */
    public Tensor prediction(Tensor answer) {
        return switch (config.problem) {
            case ONE_CLASS -> answer.softmax(-1);
            case LABELS -> answer.sigmoid();
            case NUMBERS -> answer;
        };
    }
}
