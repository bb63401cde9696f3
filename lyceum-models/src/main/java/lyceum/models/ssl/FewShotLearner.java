package lyceum.models.ssl;

import java.util.Objects;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.linalg.Similarity;
import lyceum.models.ssl.FewShotConfig.Rule;
import lyceum.models.vision.VisionBackbone;
import lyceum.nn.InBatches;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.Loss;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;

/**
 * A space in which one example of a new class is enough, learned by practising: an episode has a few classes, a few examples of each, and queries to be told apart.
 *
 * {@snippet :
 * var learner = new FewShotLearner(new Linear(64, 16, rng), new FewShotConfig(), 16, rng);
 * var sampler = new EpisodeSampler(3, 1, 5);
 * var trainer = new Trainer(new Adam(1e-3), 1).withBatchSize(1);           // rows are numbers of episodes: 500 of them
 * trainer.start(learner, 500, learner.episodes(train, sampler, rng), null, rng).finish(Progress.SILENT);
 * double[] accuracies = learner.accuracies(validation, sampler, 200, Rng.of(1));                           // one a new episode
 * var classifier = learner.register(validation.x().rows(0, 7), 0, 1).registered(validation.x().rows(9), 2);      // no weights change
 * }
 *
 * <p>The encoder takes (n, ..) to (n, width). Scores are computed in F64 of its embeddings, so that the order of examples does not show. State names are the
 * encoder's behind {@code encoder.}, and {@code attention} and {@code bias} of the siamese rule.
 *
 * @see <a href="https://arxiv.org/abs/1703.05175">Snell, Swersky and Zemel (2017)</a>
 * @see <a href="https://arxiv.org/abs/1606.04080">Vinyals, Blundell, Lillicrap, Kavukcuoglu and Wierstra (2016)</a>
 */
public final class FewShotLearner extends Module {
    /**
     * All that a file says of one for pictures.
     *
     * @param encoder of pictures, without a head
     * @param config of the rest
     */
    public record Plan(VisionBackbone encoder, FewShotConfig config) {
        public Plan {
            Objects.requireNonNull(encoder, "encoder");
            Objects.requireNonNull(config, "config");
        }

        public FewShotLearner build(Rng rng) {
            var trunk = encoder.build(rng);
            return new FewShotLearner(trunk.module(), config, trunk.width(), rng);
        }
    }

    private final Module encoder;
    private final FewShotConfig config;
    private final Tensor attention, bias;

    /** @param width of the encoder's embeddings @param rng of the siamese rule's weights */
    public FewShotLearner(Module encoder, FewShotConfig config, int width, Rng rng) {
        if (width < 1) throw new IllegalArgumentException("FewShotLearner: width is " + width + "; it is at least 1");
        this.encoder = Objects.requireNonNull(encoder, "encoder");
        this.config = Objects.requireNonNull(config, "config");
        boolean pairs = config.rule() == Rule.SIAMESE;
        attention = pairs ? Tensor.rand(rng, DType.F32, width).div(Math.sqrt(width)).compute().requiresGrad() : null;
        bias = pairs ? Tensor.ones(DType.F32, 1).compute().requiresGrad() : null;
    }

    public FewShotConfig config() { return config; }

    /** Embeddings (n, width) of items (n, ..). */
    @Override protected Tensor compute(Tensor x, Pass pass) { return encoder.forward(x, pass); }

    /** Embeddings of items, so many at a time, frozen. */
    public Tensor embed(Tensor items, int batch) { return InBatches.of(items, batch, this::forward); }

    /**
     * Scores of queries for classes, in F64, whose softmax are probabilities: differentiable.
     *
     * @param support embeddings (n, width)
     * @param labels of the support, from 0
     * @param queries embeddings (m, width)
     * @param ways classes, each with an example or more
     * @return (m, ways)
     */
    public Tensor scores(Tensor support, int[] labels, Tensor queries, int ways) {
        if (support.rank() != 2 || queries.rank() != 2 || support.size(0) != labels.length || support.size(1) != queries.size(1))
            throw new ShapeException("FewShotLearner: support " + support.shape() + ", " + labels.length + " labels, queries "
                    + queries.shape() + "; they are (n, width), n and (m, width)");
        var shots = new double[ways];
        for (int label : labels) {
            if (label < 0 || label >= ways)
                throw new IllegalArgumentException("FewShotLearner: label " + label + " with " + ways + " ways");
            shots[label]++;
        }
        for (int c = 0; c < ways; c++)
            if (shots[c] == 0) throw new IllegalArgumentException("FewShotLearner: class " + c + " has no example");
        Tensor s = support.to(DType.F64), q = queries.to(DType.F64), of = Tensor.of(labels).oneHot(DType.F64, ways),
                count = Tensor.of(shots);
        return switch (config.rule()) {
            case PROTOTYPICAL -> {
                var prototypes = of.transpose().matmul(s).div(count.unsqueeze(1));
                yield q.unsqueeze(1).sub(prototypes).square().sum(2).mul(-config.scale());
            }
            case MATCHING -> {
                var cosines = Similarity.normalise(q).matmul(Similarity.normalise(s).transpose()).mul(config.scale());
                yield byClass(cosines.logSoftmax(1), of);
            }
            case SIAMESE -> byClass(pairLogits(s, q).neg().softplus().neg(), of).sub(count.log());
        };
    }

    /** {@code log of the sum of exp} over each class's columns: (m, n) to (m, ways). */
    private static Tensor byClass(Tensor logs, Tensor of) {
        var outside = of.transpose().eq(0); // (ways, n)
        return logs.unsqueeze(1).maskedFill(outside, Double.NEGATIVE_INFINITY).logSumExp(2);
    }

    private Tensor pairLogits(Tensor support, Tensor queries) {
        var apart = queries.unsqueeze(1).sub(support).abs().mul(attention.to(DType.F64)).sum(2);
        return bias.to(DType.F64).sub(apart).mul(config.scale());
    }

    /** The mean loss of an episode's queries: cross-entropy of the scores, or of each pair under the siamese rule, matching pairs and mismatches weighing alike. */
    public Tensor loss(Dataset data, EpisodeSampler.Episode episode, Pass pass) {
        int n = episode.support().length, ways = episode.classes().length;
        var both = new int[n + episode.queries().length];
        System.arraycopy(episode.support(), 0, both, 0, n);
        System.arraycopy(episode.queries(), 0, both, n, both.length - n);
        var all = forward(data.x().rows(both), pass);
        Tensor support = all.narrow(0, 0, n), queries = all.narrow(0, n, both.length - n), asked = Tensor.of(episode.queryLabels());
        if (config.rule() != Rule.SIAMESE)
            return Loss.crossEntropy(scores(support, episode.supportLabels(), queries, ways), asked.to(DType.I64));
        var same = asked.unsqueeze(1).eq(Tensor.of(episode.supportLabels()));
        var logits = pairLogits(support.to(DType.F64), queries.to(DType.F64));
        var surprise = same.where(logits.neg(), logits).softplus();
        return surprise.mul(same.where(Tensor.scalar(0.5 * ways), Tensor.scalar(0.5 * ways / (ways - 1)))).mean();
    }

    /**
     * Training by practice, for a {@link lyceum.train.Trainer} whose rows are numbers of episodes.
     *
     * @param rng episode i is drawn from its i-th stream
     */
    public BatchLoss episodes(Dataset data, EpisodeSampler sampler, Rng rng) {
        var source = sampler.over(data);
        return (rows, pass) -> {
            var sum = Tensor.scalar(0.0);
            for (int row : rows) sum = sum.add(loss(data, source.draw(rng.split(row)), pass));
            return sum.div(rows.length);
        };
    }

    /** The class of each query of an episode. */
    public int[] answers(Dataset data, EpisodeSampler.Episode episode) {
        return Autograd.noGrad(() -> {
            Tensor support = embed(data.x().rows(episode.support()), 256), queries = embed(data.x().rows(episode.queries()), 256);
            return scores(support, episode.supportLabels(), queries, episode.classes().length).argmax(1).toIntArray();
        });
    }

    /** The share of right answers in each of so many episodes, drawn from the streams of {@code rng}: the same ones for any learner. */
    public double[] accuracies(Dataset data, EpisodeSampler sampler, int episodes, Rng rng) {
        if (episodes < 1) throw new IllegalArgumentException("FewShotLearner: " + episodes + " episodes; at least 1");
        var source = sampler.over(data);
        var embedded = Dataset.of(embed(data.x(), 256), data.y());
        var shares = new double[episodes];
        for (int i = 0; i < episodes; i++) {
            var episode = source.draw(rng.split(i));
            int[] truth = episode.queryLabels(), said = Autograd.noGrad(() -> scores(embedded.x().rows(episode.support()),
                    episode.supportLabels(), embedded.x().rows(episode.queries()), sampler.ways()).argmax(1).toIntArray());
            for (int j = 0; j < truth.length; j++) if (truth[j] == said[j]) shares[i] += 1.0 / truth.length;
        }
        return shares;
    }

    /** A classifier of these classes, from one example of each or more. @param labels of the examples, from 0, each class with one at least */
    public FewShotClassifier register(Tensor examples, int... labels) { return new FewShotClassifier(this, embed(examples, 256), labels); }
}
