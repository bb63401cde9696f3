package lyceum.models.ssl;

import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import lyceum.ShapeException;
import lyceum.linalg.Svd;
import lyceum.nn.InBatches;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.Loss;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;
import lyceum.train.Trainer;

/**
 * How a map from things to vectors is learned without labels: by variance, by rebuilding, by filling in what noise took, by two views. All are fitted alike and
 * give a {@link Representation}, which is judged alike.
 *
 * {@snippet :
 * var trainer = new Trainer(new Adam(1e-3), 20).withBatchSize(64);
 * var learners = List.of(new RepresentationLearner.Raw(), new RepresentationLearner.Pca(32), RepresentationLearner.Autoencoder.of(32, trainer));
 * for (RepresentationLearner learner : learners) {
 *     var seen = learner.fit(x, rng, Progress.SILENT);
 *     System.out.println(learner + ": " + seen.probe(train, validation) + ", rank " + seen.effectiveRank(x));
 * }
 * }
 *
 * @see <a href="https://arxiv.org/abs/1206.5538">Bengio, Courville and Vincent (2013)</a>
 */
@FunctionalInterface
public interface RepresentationLearner {
    /** From things (n, ..). Deterministic for one stream. */
    Representation fit(Tensor items, Rng rng, Progress progress);

    /** The numbers as they are: what every other one should beat. */
    record Raw() implements RepresentationLearner {
        @Override public Representation fit(Tensor items, Rng rng, Progress progress) { return Representation::flat; }
    }

    /**
     * Coordinates along the directions of largest variance.
     *
     * @param components at most as many as things and as numbers of a thing
     */
    record Pca(int components) implements RepresentationLearner {
        public Pca { requireWidth("Pca", components); }

        @Override public Representation fit(Tensor items, Rng rng, Progress progress) {
            var x = Representation.flat(items);
            if (components > Math.min(x.size(0), x.size(1)))
                throw new ShapeException("Pca: " + components + " components of things " + items.shape() + "; there are fewer");
            var mean = x.mean(0, true).compute();
            var directions = Svd.of(x.sub(mean)).vt().narrow(0, 0, components).transpose().compute();
            return z -> Representation.flat(z).sub(mean).matmul(directions);
        }
    }

    /**
     * The middle of a network that rebuilds its input through it, by squared error.
     *
     * @param width of the middle
     * @param hidden widths of layers before it; those after it mirror them
     * @param noise deviation of normal noise on the input, in the data's units; the clean input is to be rebuilt (Vincent et al. 2008). 0 for none
     * @param trainer optimiser, epochs, batch size
     */
    record Autoencoder(int width, List<Integer> hidden, double noise, Trainer trainer) implements RepresentationLearner {
        public Autoencoder {
            requireWidth("Autoencoder", width);
            hidden = List.copyOf(hidden);
            if (!(noise >= 0)) throw new IllegalArgumentException("Autoencoder: noise of deviation " + noise + "; it is at least 0");
        }

        /** One hidden layer of four times the width, no noise. */
        public static Autoencoder of(int width, Trainer trainer) { return new Autoencoder(width, List.of(4 * width), 0, trainer); }

        /** The same with noise. */
        public Autoencoder denoising(double deviation) { return new Autoencoder(width, hidden, deviation, trainer); }

        /** Both halves. */
        private static final class Halves extends Module {
            private final Mlp encoder, decoder;

            Halves(Mlp encoder, Mlp decoder) {
                this.encoder = encoder;
                this.decoder = decoder;
            }

            @Override protected Tensor compute(Tensor x, Pass pass) { return decoder.forward(encoder.forward(x, pass), pass); }
        }

        @Override public Representation fit(Tensor items, Rng rng, Progress progress) {
            var x = Representation.flat(items).compute();
            int inputs = Math.toIntExact(x.size(1));
            var encoder = MlpConfig.regressor(inputs, width).withHidden(hidden).withDtype(x.dtype());
            var halves = new Halves(new Mlp(encoder, rng.split(1)),
                    new Mlp(encoder.withInputs(width).withOutputs(inputs).withHidden(hidden.reversed()), rng.split(2)));
            BatchLoss loss = (rows, pass) -> {
                var clean = x.rows(rows);
                var seen = noise == 0 ? clean : clean.add(Tensor.randn(pass.rng().split(1), x.dtype(), clean.shape().toArray()).mul(noise));
                return Loss.mse(halves.forward(seen, pass), clean);
            };
            trainer.start(halves, (int) x.size(0), loss, null, rng.split(3)).finish(progress);
            return z -> InBatches.of(Representation.flat(z), 500, halves.encoder::forward);
        }
    }

    /**
     * An encoder that a {@link TwoViewLearner} trained.
     *
     * @param encoder makes one, things to vectors (n, width)
     * @param width of its vectors
     */
    record TwoViews(Function<Rng, Module> encoder, int width, ViewObjective objective, ViewHeads heads, Views views, Trainer trainer)
            implements RepresentationLearner {
        public TwoViews {
            Objects.requireNonNull(encoder, "encoder");
            requireWidth("TwoViews", width);
        }

        @Override public Representation fit(Tensor items, Rng rng, Progress progress) {
            var learner = new TwoViewLearner(encoder.apply(rng.split(1)), width, objective, heads, rng.split(2));
            learner.fit(items, views, trainer, rng.split(3), progress);
            return z -> learner.features(z, 500);
        }
    }

    private static void requireWidth(String operation, int width) {
        if (width < 1) throw new IllegalArgumentException(operation + ": a width of " + width + "; it is at least 1");
    }
}
