package lyceum.train.peft;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.memory.Scope;
import lyceum.nn.Activation;
import lyceum.nn.Embedding;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.TransformerConfig;
import lyceum.nn.TransformerEncoder;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Schedule;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class BottleneckAdapterTest {
    private static TinyText model(TransformerConfig.Placement placement, int layers) {
        return new TinyText(TinyText.config(16, 2, 24).withPlacement(placement), layers, 11, 20, 3, true, Rng.of(1));
    }

    private static Tensor tokens(long seed) { return Tensor.randint(Rng.of(seed), 0, 11, 6, 9).compute(); }

    @Acceptance(topic = "houlsby-adapters", clause = 1)
    @Test void fromZeroTheyChangeNothing() {
        long differ = 0, seen = 0;
        for (var placement : TransformerConfig.Placement.values()) for (boolean parallel : new boolean[] {false, true}) {
            var model = model(placement, 2);
            byte[] before = TinyText.bits(model.forward(tokens(2)));
            Peft.of(model, new BottleneckAdapter(4).withParallel(parallel), "a", Rng.of(3));
            differ += Arrays.equals(before, TinyText.bits(model.forward(tokens(2)))) ? 0 : 1;
            seen++;
        }
        Evidence.of("placements of norms, after and beside the sublayers", seen, exactly(8));
        Evidence.of("models whose output differs in a bit", differ, exactly(0));
    }

    @Acceptance(topic = "houlsby-adapters", clause = 2)
    @Test void theCountIsThatOfTheirTwoLayers() {
        long wrong = 0, seen = 0;
        int d = 16;
        for (int layers : new int[] {1, 3}) for (int m : new int[] {1, 5, 8}) for (boolean norms : new boolean[] {false, true}) {
            var model = model(TransformerConfig.Placement.PRE, layers);
            var tuning = Peft.of(model, new BottleneckAdapter(m).withNorms(norms), "a", Rng.of(3));
            long expected = 2L * layers * (2 * d * m + d + m) + (norms ? (2L * layers + 1) * 2 * d : 0);
            wrong += model.parameterCount() == expected && tuning.parameterCount() == expected ? 0 : 1;
            seen++;
        }
        Evidence.of("models seen", seen, exactly(12));
        Evidence.of("counts other than 2 L (2 d m + d + m) and the norms", wrong, exactly(0));
    }

    private static Dataset random(long seed) {
        return new Dataset(tokens(seed), Tensor.randint(Rng.of(seed), 0, 3, 6).compute(), List.of(), List.of("a", "b", "c"), "random");
    }

    @Acceptance(topic = "houlsby-adapters", clause = 3)
    @Acceptance(topic = "houlsby-adapters", clause = 5)
    @Test void trainingLeavesTheBackboneAndSwitchingIsExact() {
        var model = model(TransformerConfig.Placement.PRE, 2);
        var before = TinyText.bits(model);
        var x = tokens(7);
        byte[] base = TinyText.bits(model.forward(x));
        var registry = new AdapterRegistry(model);
        for (var name : List.of("A", "B")) {
            var tuning = Peft.of(model, new BottleneckAdapter(4), name, Rng.of(name.hashCode()));
            new Trainer(new Adam(0.02), 20).fit(model, Loss::crossEntropy, random(name.hashCode()), Rng.of(4));
            Evidence.of("backbone tensors that training " + name + " changed", TinyText.changed(before, model), exactly(0));
            registry.add(tuning);
        }
        registry.use("A");
        byte[] a = TinyText.bits(model.forward(x));
        registry.use("B");
        byte[] b = TinyText.bits(model.forward(x));
        registry.use("A");
        Evidence.of("A again after B differs", Arrays.equals(a, TinyText.bits(model.forward(x))) ? 0 : 1, exactly(0));
        assertThat(b).isNotEqualTo(a);
        assertThat(a).isNotEqualTo(base);
        registry.use("");
        assertThat(TinyText.bits(model.forward(x))).isEqualTo(base);
    }

    /** Reviews of three clauses, "the NOUN is [not] ADJECTIVE", which agree in mood more often than not. */
    private static final class Reviews {
        static final int NOUNS = 10, ADJECTIVES = 10, MASK = 0, THE = 1, IS = 2, NOT = 3, NOUN = 4, GOOD = NOUN + NOUNS,
                BAD = GOOD + ADJECTIVES, WORDS = BAD + ADJECTIVES;

        /** Words, and whether most clauses praise. */
        static Dataset draw(Rng rng, int rows, double agreeing) {
            var x = new int[rows * 15];
            var y = new long[rows];
            for (int row = 0; row < rows; row++) {
                boolean mood = rng.nextDouble() < 0.5;
                int praise = 0, at = row * 15;
                for (int c = 0; c < 3; c++) {
                    boolean praises = rng.nextDouble() < agreeing == mood, negated = rng.nextDouble() < 0.3;
                    praise += praises ? 1 : 0;
                    int adjective = (praises != negated ? GOOD : BAD) + rng.nextInt(ADJECTIVES);
                    for (int word : new int[] {THE, NOUN + rng.nextInt(NOUNS), IS, negated ? NOT : THE, adjective}) x[at++] = word;
                }
                y[row] = praise >= 2 ? 1 : 0;
            }
            return new Dataset(Tensor.of(x).reshape(rows, 15), Tensor.of(y), List.of(), List.of("blame", "praise"), "reviews");
        }
    }

    private static final class Masked extends Module {
        private final TransformerEncoder encoder;
        private final Embedding embedding;
        private final Tensor positions;
        private final Linear words;

        Masked(TransformerConfig config, int layers, Rng rng) {
            embedding = new Embedding(Tensor.randn(rng, Reviews.WORDS, config.width()).mul(0.3));
            positions = Tensor.randn(rng, 15, config.width()).mul(0.3).compute().requiresGrad();
            encoder = new TransformerEncoder(config, layers, rng);
            words = new Linear(config.width(), Reviews.WORDS, rng);
        }

        Tensor features(Tensor x, Pass pass) { return encoder.forward(embedding.forward(x, pass).add(positions), pass); }

        @Override protected Tensor compute(Tensor x, Pass pass) { return words.forward(features(x, pass), pass); }

        /** Guesses hidden words. */
        void pretrain(int steps, Rng rng) {
            // adjectives more often than the rest: guessing them takes what negations mean
            Tensor rates = Tensor.of(0.1f, 0.1f, 0.1f, 0.1f, 0.4f).repeat(0, 3).unsqueeze(0).compute();
            var optimizer = new Adam(2e-3).over(parameters()).scheduledBy(new Schedule.Cosine(steps));
            for (int step = 0; step < steps; step++) {
                try (var scope = Scope.open("step")) {
                    var x = Reviews.draw(rng, 64, 1).x();
                    var hidden = Tensor.rand(rng, 64, 15).lt(rates).compute();
                    var logits = forward(Tensor.where(hidden, x.zerosLike(), x)).reshape(-1, Reviews.WORDS);
                    var each = logits.logSoftmax(1).gather(1, x.flatten().unsqueeze(1).to(DType.I64)).neg().squeeze(1);
                    optimizer.zeroGrad();
                    each.mul(hidden.flatten().to(DType.F32)).sum().div(hidden.to(DType.F32).sum()).backward();
                    optimizer.step();
                    optimizer.zeroGrad();
                }
            }
        }
    }

    /** A head on the mean of the features. */
    private static final class Classifier extends Module {
        private final Masked body;
        private final Linear head;

        Classifier(Masked body, Rng rng) {
            this.body = body;
            head = new Linear(body.positions.size(1), 2, rng);
        }

        @Override protected Tensor compute(Tensor x, Pass pass) { return head.forward(body.features(x, pass).mean(1, false), pass); }
    }

    @Tag("heavy")
    @Acceptance(topic = "houlsby-adapters", clause = 4)
    @Test void onATextTaskTheyComeNearFullTuning() {
        double head = 0, adapters = 0, full = 0, share = 0;
        for (int seed = 600; seed < 603; seed++) {
            var masked = new Masked(TinyText.config(48, 4, 96), 2, Rng.of(seed)); // an encoder for each seed
            masked.pretrain(5000, Rng.of(10 + seed));
            Dataset train = Reviews.draw(Rng.of(20 + seed), 1000, 0.9), test = Reviews.draw(Rng.of(30 + seed), 2000, 0.9);
            for (int way = 0; way < 3; way++) {
                var model = new Classifier(Module.copy(masked), Rng.of(40 + seed));
                if (way == 0) model.freeze("body.*");
                if (way == 1) {
                    var tuning = Peft.of(model, new BottleneckAdapter(3).withNorms(true), "mood", Rng.of(50 + seed));
                    model.unfreeze("head.*");
                    share = (double) model.parameterCount() / tuning.report().all();
                }
                new Trainer(new Adam(way == 2 ? 1e-3 : 5e-3), 40).withBatchSize(50).withSchedule(new Schedule.Cosine(800)).fit(model,
                        Loss::crossEntropy, train, Rng.of(60 + seed));
                double accuracy = accuracy(model, test) / 3;
                if (way == 0) head += accuracy;
                else if (way == 1) adapters += accuracy;
                else full += accuracy;
            }
        }
        Evidence.of("share of the parameters that are trained", share, atMost(0.05));
        Evidence.of("full tuning's accuracy less that of adapters, mean of 3 seeds", full - adapters, atMost(0.015));
        Evidence.of("accuracy of adapters less that of the head alone", adapters - head, atLeast(0.01));
        Evidence.of("accuracy of full tuning", full, above(0.8));
    }

    private static double accuracy(Module model, Dataset data) {
        return Autograd.noGrad(() -> model.forward(data.x()).argmax(1).eq(data.y()).to(DType.F64).mean().item());
    }

    @Test void aParallelOneReadsTheInputAndScales() {
        var layer = new Linear(3, 3, Rng.of(1));
        var x = Tensor.randn(Rng.of(2), 4, 3).compute();
        var tuning = Peft.of(layer, new BottleneckAdapter(2, Activation.IDENTITY, 0.5, 3, true, false, List.of("*")), "a", Rng.of(3));
        var p = tuning.parameters();
        var expected = x.affine(layer.weight(), layer.bias()).add(
                x.affine(p.get("adapter_down.weight"), p.get("adapter_down.bias")).matmul(p.get("adapter_up.weight").transpose()).mul(3));
        assertThat(layer.forward(x).sub(expected).abs().max().item()).isLessThan(1e-6);
    }
}
