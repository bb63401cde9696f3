package lyceum.models.ssl;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.autograd.FlopCounter;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.models.ssl.MetricObjective.BatchTriplets;
import lyceum.models.ssl.MetricObjective.InBatch;
import lyceum.models.ssl.MetricObjective.Memory;
import lyceum.models.ssl.MetricObjective.MinedNegatives;
import lyceum.models.ssl.MetricObjective.Proxies;
import lyceum.models.ssl.MetricObjective.RandomNegatives;
import lyceum.linalg.Similarity;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.Sequential;
import lyceum.nn.loss.InfoNce;
import lyceum.nn.loss.MarginSoftmax;
import lyceum.nn.loss.PairDistance;
import lyceum.nn.loss.ProxyAnchor;
import lyceum.nn.loss.ProxyLoss;
import lyceum.nn.loss.ProxyNca;
import lyceum.nn.loss.Reduction;
import lyceum.nn.loss.TripletLoss;
import lyceum.nn.loss.TripletMining;
import lyceum.optim.Adam;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricLearnerTest {
    private static final Dataset DIGITS = Datasets.digits().to(DType.F32).scaled(1.0 / 16);
    private static final TripletLoss SEMI_HARD = new TripletLoss().withMargin(0.2).withMining(TripletMining.SEMI_HARD);

    private static MetricLearner learner(int inputs, int width, MetricObjective objective) {
        var rng = Rng.of(1);
        return new MetricLearner(new Linear(inputs, width, rng), width, objective, rng);
    }

    /** The learner's batch loss against PyTorch's, and the gradients of embeddings and proxies. */
    @Acceptance(topic = "metric-learning-at-scale", clause = 1)
    @Test void lossesAndGradientsAreTorchs() {
        var gap = Gap.absolute();
        int turned = 0;
        for (var c : Golden.load("golden/proxies.json").list("cases")) {
            var recipe = new Recipe(c.integer("input.seed"));
            Tensor x = Tensor.of(recipe.matrix(9, 5)), proxies = Tensor.of(recipe.matrix(7, 5)).requiresGrad();
            var labels = Tensor.of(recipe.belows(7, 9));
            ProxyLoss loss = switch (c.text("name")) {
                case "nca" -> new ProxyNca();
                case "nca++" -> new ProxyNca().withScale(9).withProbability(true);
                case "anchor" -> new ProxyAnchor();
                case "cos" -> MarginSoftmax.cosFace();
                case "both" -> new MarginSoftmax(30, 0.3, 0.2, Reduction.MEAN);
                default -> MarginSoftmax.arcFace();
            };
            if (c.text("name").equals("arc turned")) {
                x = x.sub(proxies.detach().rows(labels.toIntArray()).mul(4));
                turned += c.integer("expected.passed");
            }
            x = x.compute().requiresGrad();
            var value = loss.of(x, proxies, labels);
            value.backward();
            gap.see(c, "expected.loss", value.item());
            gap.see(c, "expected.x", x.grad().toDoubleArray());
            gap.see(c, "expected.w", proxies.grad().toDoubleArray());
        }
        Evidence.of("largest gap of proxy and margin losses and gradients to PyTorch", gap, below(1e-6));
        Evidence.of("angles that pass pi among them", turned, above(4));
    }

    /** Written out in plain loops: cross-entropy of scaled cosines. */
    @Acceptance(topic = "metric-learning-at-scale", clause = 1)
    @Test void arcFaceWithoutMarginIsScaledCosineSoftmax() {
        var gap = Gap.absolute();
        for (int run = 0; run < 20; run++) {
            var rng = Rng.of(run);
            double[][] x = Tensor.randn(rng, DType.F64, 8, 4).toRows(), w = Tensor.randn(rng, DType.F64, 6, 4).toRows();
            int[] labels = new int[8];
            double expected = 0;
            for (int i = 0; i < 8; i++) {
                labels[i] = rng.nextInt(6);
                double sum = 0, own = 0;
                for (int c = 0; c < 6; c++) {
                    double dot = 0, a = 0, b = 0;
                    for (int k = 0; k < 4; k++) {
                        dot += x[i][k] * w[c][k];
                        a += x[i][k] * x[i][k];
                        b += w[c][k] * w[c][k];
                    }
                    double logit = 64 * dot / Math.sqrt(a * b);
                    sum += Math.exp(logit);
                    if (c == labels[i]) own = logit;
                }
                expected += (Math.log(sum) - own) / 8;
            }
            gap.see("run " + run, MarginSoftmax.arcFace().withAngle(0).of(Tensor.of(x), Tensor.of(w), Tensor.of(labels)).item(), expected);
        }
        Evidence.of("ArcFace with margin 0 beside the softmax of scaled cosines", gap, below(1e-6));
    }

    @Acceptance(topic = "metric-learning-at-scale", clause = 2)
    @Test void semiHardMinerFindsTheBruteForceSetOn200Batches() {
        var learner = learner(64, 3, new BatchTriplets(SEMI_HARD));
        int differ = 0, found = 0, empty = 0;
        for (int batch = 0; batch < 200; batch++) {
            int[] rows = Rng.of(batch).sample(DIGITS.size(), 6 + batch % 17);
            var z = learner.embed(DIGITS.x().rows(rows), 64);
            double[][] e = z.to(DType.F64).toRows();
            int[] labels = DIGITS.rows(rows).labels();
            var expected = new HashSet<List<Integer>>();
            for (int a = 0; a < rows.length; a++) for (int p = 0; p < rows.length; p++) for (int n = 0; n < rows.length; n++) {
                if (p == a || labels[p] != labels[a] || labels[n] == labels[a]) continue;
                double near = apart(e[a], e[p]), far = apart(e[a], e[n]);
                if (near < far && far < near + 0.2) expected.add(List.of(a, p, n));
            }
            var mined = ((BatchTriplets) learner.objective()).loss().mine(z, DIGITS.y().rows(rows));
            var actual = new HashSet<List<Integer>>();
            for (int i = 0; i < mined.count(); i++) actual.add(List.of(mined.anchors()[i], mined.positives()[i], mined.negatives()[i]));
            if (!actual.equals(expected) || actual.size() != mined.count()) differ++;
            if (expected.isEmpty()) empty++;
            found += expected.size();
        }
        Evidence.of("of 200 batches, those whose mined set differs from brute force", differ, exactly(0));
        Evidence.of("triplets found", found, above(2_000));
        Evidence.of("batches that have some", 200 - empty, above(150));
    }

    private static double apart(double[] x, double[] y) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) sum += Math.pow(x[i] - y[i] + 1e-6, 2);
        return Math.sqrt(sum);
    }

    /** What the learner counts, and what all operations of a step cost, forward and back, with a hundred times the items. */
    @Acceptance(topic = "metric-learning-at-scale", clause = 3)
    @Test void proxiesCompareAsMuchAmong100_000ItemsAsAmong1_000() {
        long[][] counted = new long[3][2];
        double[][] products = new double[3][2];
        MetricObjective[] objectives = {new Proxies(MarginSoftmax.cosFace(), 100), new Proxies(new ProxyAnchor(), 100, 0.2),
                new MinedNegatives(SEMI_HARD, EmbeddingSearch.exact()).withRefresh(1)};
        for (int size = 0; size < 2; size++) {
            int n = size == 0 ? 1_000 : 100_000;
            var data = Dataset.of(Tensor.randn(Rng.of(2), n, 6).compute(), Tensor.arange(n).mod(100).compute());
            for (int o = 0; o < 3; o++) {
                var learner = learner(6, 4, objectives[o]);
                var training = learner.training(data);
                int[] rows = IntStream.range(0, 16).map(i -> i * 7).toArray();
                int steps = o < 2 ? 5 : 1;
                for (int step = 0; step < steps; step++) {
                    var pass = Pass.training(Rng.of(step));
                    var flops = FlopCounter.count(() -> training.of(rows, pass).backward());
                    products[o][size] += (double) flops.products() / steps;
                }
                counted[o][size] = training.distances() / steps;
            }
        }
        for (int o = 0; o < 2; o++) {
            String which = o == 0 ? "all proxies" : "a fifth of the proxies";
            Evidence.of("distances of a step among 100,000 items, " + which, counted[o][1], exactly(16 * (o == 0 ? 100 : 20)));
            Evidence.of("less those among 1,000", counted[o][1] - counted[o][0], exactly(0));
            Evidence.of("multiply-adds of a step that 99,000 more items cost", products[o][1] - products[o][0], exactly(0));
        }
        Evidence.of("an exact search's, for comparison: 100,000 over 1,000 items", (double) counted[2][1] / counted[2][0], above(50));
    }

    /** Writes down what leaves the network, so that no draw of the training need be known. */
    private static final class Watched extends Module {
        private final Linear inner;
        private final List<float[]> seen = new ArrayList<>();

        Watched(Linear inner) { this.inner = inner; }

        @Override protected Tensor compute(Tensor x, Pass pass) {
            var z = inner.forward(x, pass);
            float[] values = Similarity.normalise(z.detach()).toFloatArray();
            int width = (int) z.size(1);
            for (int i = 0; i < values.length; i += width) seen.add(Arrays.copyOfRange(values, i, i + width));
            return z;
        }
    }

    @Acceptance(topic = "metric-learning-at-scale", clause = 4)
    @Test void memoryHoldsTheLastEmbeddingsExactly() {
        long wrong = 0, looked = 0, wrongLabels = 0;
        int full = 0;
        for (int capacity : new int[] {7, 50, 64, 1000}) {
            var watched = new Watched(new Linear(64, 5, Rng.of(3)));
            var learner = new MetricLearner(watched, 5, new Memory(new InfoNce(0.2), capacity), Rng.of(1));
            var training = learner.training(DIGITS);
            var run = new Trainer(new Adam(1e-2), 1).withBatchSize(16).start(learner, DIGITS.size(), training, null, Rng.of(4));
            for (int step = 0; step < 12; step++) {
                run.step();
                float[] held = training.memory().embeddings().toFloatArray();
                int size = training.memory().size(), all = watched.seen.size();
                if (size != Math.min(capacity, all)) wrong++;
                if (size == capacity) full++;
                for (int i = 0; i < size; i++) for (int k = 0; k < 5; k++) {
                    if (held[i * 5 + k] != watched.seen.get(all - size + i)[k]) wrong++;
                    looked++;
                }
                // rows and their partners go in one after the other, so that labels repeat with a period of the batch
                long[] labels = training.memory().labels().toLongArray();
                for (int i = Math.max(0, size - 32); i + 16 < size; i++) if (size >= 32 && labels[i] != labels[i + 16]) wrongLabels++;
                if (labels.length != size) wrongLabels++;
            }
        }
        Evidence.of("numbers of the memory that are not those of the last embeddings, capacities 7 to 1000", wrong, exactly(0));
        Evidence.of("numbers compared", looked, above(10_000));
        Evidence.of("labels that do not fit", wrongLabels, exactly(0));
        Evidence.of("times it was full", full, above(30));
    }

    @Test void memorysLossIsInfoNceAgainstPartnersAndWhatItHeldBefore() {
        var learner = learner(64, 5, new Memory(new InfoNce(0.5), 20));
        var training = learner.training(DIGITS);
        int[] rows = IntStream.range(40, 50).toArray();
        training.of(rows, Pass.training(Rng.of(1)));
        double[][] old = training.memory().embeddings().toRows();
        long[] oldLabels = training.memory().labels().toLongArray();
        double loss = training.of(rows, Pass.training(Rng.of(2))).item();
        double[][] now = training.memory().embeddings().toRows(); // rows, then partners
        int[] labels = DIGITS.rows(rows).labels();
        double expected = 0;
        for (int i = 0; i < 10; i++) {
            double own = Math.exp(dot(now[i], now[10 + i]) / 0.5), sum = own;
            for (int j = 0; j < 10; j++) if (labels[j] != labels[i]) sum += Math.exp(dot(now[i], now[10 + j]) / 0.5);
            for (int j = 0; j < 20; j++) if (oldLabels[j] != labels[i]) sum += Math.exp(dot(now[i], old[j]) / 0.5);
            expected -= Math.log(own / sum) / 10;
        }
        assertThat(loss).isCloseTo(expected, within(1e-5));
        assertThat(training.distances()).isEqualTo(10 * 11 + 10 * 31);
        assertThat(training.steps()).isEqualTo(2);
    }

    private static double dot(double[] x, double[] y) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) sum += x[i] * y[i];
        return sum;
    }

    /** Two spots of two classes each; one item has a twin of another class, as unlabelled positives do. */
    @Test void minedNegativesAreNearStrangersAndTheGuardPassesTwinsOver() {
        var items = Tensor.of(
                new double[][] {{1, 0}, {1, 0.1}, {1, 0.3}, {1, 0.4}, {-1, 0}, {-1, 0.1}, {-1, 0.3}, {-1, 0.4}, {1, 0.0001}, {1, 0.11}});
        var data = Dataset.of(items, Tensor.of(0L, 0, 1, 1, 2, 2, 3, 3, 4, 4));
        var objective = new MinedNegatives(new TripletLoss().withDistance(PairDistance.SQUARED), EmbeddingSearch.exact(), 2, 6, 1);
        for (boolean guard : new boolean[] {false, true}) {
            var learner = new MetricLearner(new Sequential(), 2, guard ? objective.withLimit(0.9999) : objective, Rng.of(1));
            var training = learner.training(data);
            double least = 9;
            for (int i = 0; i < 40; i++) {
                // 1 + |a - p|^2 - |a - n|^2 of the first row, whose partner is the second: the negative can be told from it
                double loss = training.of(new int[] {0}, Pass.training(Rng.of(i))).item();
                least = Math.min(least, 1 + square(0, 1, learner, items) - loss);
            }
            assertThat(least).isCloseTo(square(0, guard ? 9 : 8, learner, items), within(1e-9));
            assertThat(training.refreshes()).isEqualTo(20);
            assertThat(training.guarded() > 0).isEqualTo(guard);
            assertThat(training.unmined()).isZero();
        }
        var alone = new MetricLearner(new Sequential(), 2, objective.withNeighbours(1), Rng.of(1)).training(data);
        alone.of(new int[] {4}, Pass.training(Rng.of(1)));
        assertThat(alone.unmined()).isEqualTo(1);
    }

    private static double square(int a, int b, MetricLearner learner, Tensor items) {
        double[][] z = learner.embed(items, 20).toRows();
        return Math.pow(z[a][0] - z[b][0], 2) + Math.pow(z[a][1] - z[b][1], 2);
    }

    /** By the definitions, sorted lists and all. */
    @Test void retrievalIsScoredByDefinition() {
        var rng = Rng.of(6);
        var x = Tensor.randn(rng, DType.F64, 60, 3).compute();
        int[] labels = new int[60];
        for (int i = 0; i < 59; i++) labels[i] = rng.nextInt(7);
        labels[59] = 9; // alone
        var score = RetrievalScore.of(x, labels, EmbeddingSearch.exact(), 5, 1);
        double[][] rows = x.toRows();
        double one = 0, five = 0, map = 0, precision = 0;
        for (int i = 0; i < 59; i++) {
            int at = i;
            var order = IntStream.range(0, 60).filter(j -> j != at).boxed()
                    .sorted((a, b) -> Double.compare(apart(rows[at], rows[a]), apart(rows[at], rows[b]))).toList();
            int r = (int) IntStream.of(labels).filter(l -> l == labels[at]).count() - 1;
            if (labels[order.getFirst()] == labels[i]) one += 1 / 59.0;
            if (order.subList(0, 5).stream().anyMatch(j -> labels[j] == labels[at])) five += 1 / 59.0;
            for (int k = 1; k <= r; k++) {
                long right = order.subList(0, k).stream().filter(j -> labels[j] == labels[at]).count();
                if (labels[order.get(k - 1)] == labels[i]) map += (double) right / k / r / 59;
                if (k == r) precision += (double) right / r / 59;
            }
        }
        assertThat(score.queries()).isEqualTo(59);
        assertThat(score.recallAt(1)).isCloseTo(one, within(1e-12));
        assertThat(score.recallAt(5)).isCloseTo(five, within(1e-12));
        assertThat(score.mapAtR()).isCloseTo(map, within(1e-12));
        assertThat(score.rPrecision()).isCloseTo(precision, within(1e-12));
        assertThatThrownBy(() -> score.recallAt(2)).hasMessageContaining("[1, 5]");
        assertThatThrownBy(() -> RetrievalScore.of(x, new int[3], EmbeddingSearch.exact(), 1)).hasMessageContaining("3 labels");
    }

    @Test void everyObjectiveLearnsAndSaves(@TempDir Path folder) throws IOException {
        Dataset train = DIGITS.head(400), test = DIGITS.range(400, 800);
        for (var objective : List.of(new Proxies(MarginSoftmax.cosFace().withScale(16), 10), new Proxies(new ProxyAnchor(), 10, 0.5),
                new Proxies(new ProxyNca().withScale(9).withProbability(true), 10), new InBatch(new InfoNce(0.2)),
                new BatchTriplets(SEMI_HARD), new Memory(new InfoNce(0.2), 64), new RandomNegatives(SEMI_HARD),
                new MinedNegatives(SEMI_HARD, EmbeddingSearch.exact()))) {
            var learner = learner(64, 6, objective);
            double before = learner.score(test, EmbeddingSearch.exact(), 1).mapAtR();
            new Trainer(new Adam(1e-2), 3).withBatchSize(40).start(learner, train.size(), learner.training(train), null, Rng.of(2))
                    .finish(Progress.SILENT);
            var after = learner.score(test, EmbeddingSearch.exact(), 1);
            assertThat(after.mapAtR()).as("%s", objective).isGreaterThan(before + 0.05);
            learner.save(folder.resolve("metric.safetensors"));
            var other = learner(64, 6, objective);
            other.load(folder.resolve("metric.safetensors"));
            assertThat(other.embed(test.x(), 256).toDoubleArray()).containsExactly(learner.embed(test.x(), 256).toDoubleArray());
        }
        assertThatThrownBy(() -> learner(64, 6, new Proxies(new ProxyAnchor(), 9)).training(train)).hasMessageContaining("9 proxies");
        assertThatThrownBy(() -> new Proxies(new ProxyAnchor(), 9, 0)).hasMessageContaining("sampled 0.0");
        assertThatThrownBy(() -> MarginSoftmax.arcFace().withAngle(2)).hasMessageContaining("angle 2.0");
        assertThatThrownBy(() -> new ProxyNca().withScale(0)).hasMessageContaining("scale is 0.0");
        assertThatThrownBy(() -> new ProxyAnchor().of(Tensor.ones(2, 3), Tensor.ones(2, 3), Tensor.of(0L, 2)))
                .hasMessageContaining("label 2");
        assertThatThrownBy(() -> new Memory(new InfoNce(), 0)).hasMessageContaining("capacity is 0");
    }
}
