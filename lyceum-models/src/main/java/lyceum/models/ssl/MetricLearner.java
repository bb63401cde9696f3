package lyceum.models.ssl;

import java.util.Objects;
import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.linalg.Similarity;
import lyceum.models.vision.VisionBackbone;
import lyceum.nn.InBatches;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * An encoder whose distances shall say who is alike, learned where there are too many items and classes to compare all with all: proxies, negatives of the batch or
 * of a memory, or hard ones from an index.
 *
 * {@snippet :
 * var objective = new MetricObjective.Proxies(MarginSoftmax.cosFace().withScale(16), train.classes()).withSampled(0.1);
 * var learner = new MetricLearner(new Linear(64, 16, rng), 16, objective, rng);
 * var training = learner.training(train);
 * var trainer = new Trainer(new Adam(1e-3), 5).withBatchSize(64);
 * trainer.start(learner, train.size(), training, null, rng).finish(Progress.SILENT);
 * long compared = training.distances();
 * double recall = learner.score(validation, EmbeddingSearch.exact(), 1, 10).recallAt(1);
 * }
 *
 * <p>Gives embeddings of length 1. State names are the encoder's behind {@code encoder.}, and {@code proxies} (classes, width) where the objective has them.
 *
 * @see <a href="https://arxiv.org/abs/2003.08505">Musgrave, Belongie and Lim (2020)</a>
 * @see RetrievalScore
 */
public final class MetricLearner extends Module {
    /**
     * All that a file says of one for pictures.
     *
     * @param encoder of pictures, without a head
     * @param objective that is learned
     */
    public record Plan(VisionBackbone encoder, MetricObjective objective) {
        public Plan {
            Objects.requireNonNull(encoder, "encoder");
            Objects.requireNonNull(objective, "objective");
        }

        public MetricLearner build(Rng rng) {
            var trunk = encoder.build(rng);
            return new MetricLearner(trunk.module(), trunk.width(), objective, rng);
        }
    }

    private final Module encoder;
    private final MetricObjective objective;
    private final Tensor proxies;
    private final int width;

    /** @param encoder (n, ..) to (n, width) @param width of embeddings @param rng of the proxies' first directions */
    public MetricLearner(Module encoder, int width, MetricObjective objective, Rng rng) {
        if (width < 1) throw new IllegalArgumentException("MetricLearner: width is " + width + "; it is at least 1");
        this.encoder = Objects.requireNonNull(encoder, "encoder");
        this.objective = Objects.requireNonNull(objective, "objective");
        this.width = width;
        proxies = objective instanceof MetricObjective.Proxies(var loss, int classes, double sampled)
                ? Similarity.normalise(Tensor.randn(rng, DType.F32, classes, width)).compute().requiresGrad() : null;
    }

    public MetricObjective objective() { return objective; }

    public int width() { return width; }

    /** The classes' learned vectors (classes, width), of any length; null where the objective has none. */
    public Tensor proxies() { return proxies; }

    /** Embeddings (n, width) of length 1. */
    @Override protected Tensor compute(Tensor x, Pass pass) { return Similarity.normalise(encoder.forward(x, pass)); }

    /** Embeddings of items, so many at a time, frozen. */
    public Tensor embed(Tensor items, int batch) { return InBatches.of(items, batch, this::forward); }

    /** The loss of batches of these data, with what it remembers from one to the next: for one {@link lyceum.train.Trainer} run of one shard. */
    public MetricTraining training(Dataset data) { return new MetricTraining(this, data); }

    /** How well classes are retrieved among these data, each item in turn being the query. @param ks of recall, each at least 1 */
    public RetrievalScore score(Dataset data, EmbeddingSearch search, int... ks) {
        return RetrievalScore.of(embed(data.x(), 256), data.labels(), search, ks);
    }
}
