package lyceum.models.sequence;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.nn.BeamSearch;
import lyceum.nn.Embedding;
import lyceum.nn.Gru;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.RnnConfig;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Schedule;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class PointerNetworkTest {

    @Acceptance(topic = "pointer-network", clause = 1)
    @Test void probabilitiesSumToOneOverWhatIsOpen() {
        double worst = 0, closed = 0;
        int lengths = 0, masked = 0;
        for (int n = 3; n <= 30; n++) for (var reader : PointerConfig.Reader.values()) {
            var network = new PointerNetwork(new PointerConfig(2, 8).withReader(reader), Rng.of(n));
            int shorter = 2 + n / 3;
            var x = PointerTasks.points(Rng.of(n), 2, n);
            int[] order = Rng.of(n).permutation(shorter);
            var places = Tensor.of(IntStream.concat(Arrays.stream(order), Arrays.stream(order)).asLongStream().toArray(), 2, shorter);
            var p = network.forward(x, new int[] {n, shorter}, places, Pass.inference()).exp();
            worst = Math.max(worst, p.sum(2).sub(1.0).abs().max().item());
            for (int t = 0; t < shorter; t++) {
                for (int before = 0; before < t; before++)
                    for (int b = 0; b < 2; b++, masked++) closed = Math.max(closed, p.item(b, t, order[before]));
                for (int j = shorter; j < n; j++, masked++) closed = Math.max(closed, p.item(1, t, j));
            }
            lengths++;
        }
        Evidence.of("lengths 3 to 30 with both readers", lengths, exactly(56));
        Evidence.of("masked places looked at", masked, above(1000));
        Evidence.of("largest gap of a sum from 1", worst, below(1e-5));
        Evidence.of("largest probability of padding or of what was pointed at", closed, exactly(0));
    }

    private static void train(Module network, int updates, double rate, IntFunction<Tensor> loss) {
        Fitting.train(network, new Adam(rate), new Schedule.Cosine(updates).warmedUp(20), updates, loss);
    }

    private static double exact(int[][] found, Tensor places) {
        int right = 0, n = (int) places.size(1);
        long[] truth = places.toLongArray();
        for (int i = 0; i < found.length; i++) {
            int row = i * n;
            if (IntStream.range(0, n).allMatch(t -> found[row / n][t] == truth[row + t])) right++;
        }
        return (double) right / found.length;
    }

    /** The same encoder and a decoder of cells with attention, whose answers are numbers of a vocabulary of eight places. */
    private static final class FixedVocabulary extends Module {
        private final Linear embedding, head;
        private final SourceEncoder encoder;
        private final TargetDecoder decoder;
        private final Embedding table;

        FixedVocabulary(PointerConfig config, Rng rng) {
            int w = config.width();
            embedding = new Linear(1, w, rng);
            encoder = config.encoder(rng);
            decoder = new TargetDecoder.Recurrent(new RnnConfig(w, w), true, TargetDecoder.Look.GENERAL, false, w, rng);
            table = new Embedding(9, w, rng);
            head = new Linear(w, 8, rng);
        }

        Tensor logits(Tensor x, Tensor places) {
            var begin = Tensor.full(DType.I64, 8L, x.size(0), 1);
            var given = places.size(1) == 1 ? begin : Tensor.concat(1, begin, places.narrow(1, 0, places.size(1) - 1));
            return head.forward(
                    decoder.whole(table.forward(given), encoder.encode(embedding.forward(x), null, Pass.inference()), Pass.inference()));
        }

        int[][] greedy(Tensor x) {
            int batch = (int) x.size(0), n = (int) x.size(1);
            var places = new long[batch * n];
            for (int t = 0; t < n; t++) {
                long[] next = logits(x, Tensor.of(places, batch, n)).argmax(-1).toLongArray();
                for (int b = 0; b < batch; b++) places[b * n + t] = next[b * n + t];
            }
            return IntStream.range(0, batch).mapToObj(b -> IntStream.range(0, n).map(t -> (int) places[b * n + t]).toArray())
                    .toArray(int[][]::new);
        }

        @Override protected Tensor compute(Tensor x, Pass pass) { return encoder.forward(embedding.forward(x), pass); }
    }

    @Tag("slow")
    @Acceptance(topic = "pointer-network", clause = 2)
    @Test void pointersSortAndGoBeyondTheLengthsTheyLearned() {
        var config = new PointerConfig(1, 24);
        Tensor[] six = parts(PointerTasks.sorting(Rng.of(8), 500, 6, 0.05)), eight = parts(PointerTasks.sorting(Rng.of(9), 500, 8, 0.05));
        double untrained = 1, trained = 1, beyond = 1, vocabulary = 0;
        for (int seed = 1; seed <= 3; seed++) {
            var network = new PointerNetwork(config, Rng.of(seed));
            // A score that grows or falls with the number sorts one way or the other before anything is learned.
            untrained = Math.min(untrained, exact(network.greedy(six[0], null, 6), six[1]));
            var data = Rng.of(20 + seed);
            train(network, 200, 0.01, i -> {
                var batch = PointerTasks.sorting(data, 64, 6, 0);
                return network.loss(batch.x(), null, batch.places(), Pass.inference());
            });
            trained = Math.min(trained, exact(network.greedy(six[0], null, 6), six[1]));
            beyond = Math.min(beyond, exact(network.greedy(eight[0], null, 8), eight[1]));
        }
        var fixed = new FixedVocabulary(config, Rng.of(1));
        var data = Rng.of(21);
        train(fixed, 200, 0.01, i -> {
            var batch = PointerTasks.sorting(data, 64, 6, 0);
            return Loss.crossEntropy(fixed.logits(batch.x(), batch.places()).reshape(-1, 8), batch.places().flatten());
        });
        assertThat((double) fixed.parameterCount() / new PointerNetwork(config, Rng.of(1)).parameterCount()).isBetween(0.8, 1.25);
        vocabulary = Autograd.noGrad(() -> exact(fixed.greedy(eight[0]), eight[1]));
        Evidence.of("untrained, worst of 3 seeds", untrained, atMost(0.1));
        Evidence.of("six numbers: exact share, worst of 3 seeds", trained, atLeast(0.95));
        Evidence.of("eight numbers: exact share, worst of 3 seeds", beyond, above(0));
        Evidence.of("above that of a decoder with a vocabulary of places", beyond - vocabulary, above(0));
    }

    private static Tensor[] parts(PointerTasks.Batch batch) { return new Tensor[] {batch.x(), batch.places()}; }

    @Tag("slow")
    @Acceptance(topic = "pointer-network", clause = 3)
    @Test void toursAreValidAndNearTheShortest() {
        var network = new PointerNetwork(new PointerConfig(2, 24).withLayers(2), Rng.of(1));
        var data = Rng.of(2);
        train(network, 300, 0.005, i -> {
            var batch = PointerTasks.tours(data, 64, 5);
            return network.loss(batch.x(), null, batch.places(), Pass.inference());
        });
        var fresh = PointerTasks.tours(Rng.of(9), 500, 5);
        var random = new PointerNetwork(new PointerConfig(2, 24).withLayers(2), Rng.of(1));
        double found = 0, best = 0, untrained = 0;
        int valid = 0;
        int[][] tours = network.greedy(fresh.x(), null, 5), others = random.greedy(fresh.x(), null, 5);
        for (int i = 0; i < 500; i++) {
            if (Arrays.equals(Arrays.stream(tours[i]).sorted().toArray(), new int[] {0, 1, 2, 3, 4})) valid++;
            double[][] points = fresh.x().get(i).toRows();
            found += PointerTasks.length(points, tours[i]);
            untrained += PointerTasks.length(points, others[i]);
            best += PointerTasks.length(points, PointerTasks.shortestTour(points));
        }
        Evidence.of("valid tours of 500", valid, exactly(500));
        Evidence.of("mean length over the shortest by Held and Karp", found / best, atMost(1.15));
        Evidence.of("what is too long, over what it is before training", (found - best) / (untrained - best), atMost(0.7));
        var beams = new BeamSearch(6, 0, 5).search(network.steps(fresh.x().narrow(0, 0, 1), null), -1).getFirst();
        assertThat(beams).allMatch(f -> f.tokens().stream().distinct().count() == 5);
    }

    /** A text of names and what each has, one to three words; the question is the first token: (batch, T) and spans. */
    private static Tensor[] texts(Rng rng, int batch) {
        int n = 1 + 4 * 5;
        long[] x = new long[batch * n], spans = new long[batch * 2];
        for (int b = 0; b < batch; b++) {
            int[] names = rng.sample(10, 4);
            int asked = rng.nextInt(4), at = b * n + 1;
            x[b * n] = 1 + names[asked];
            for (int i = 0; i < 4; i++) {
                int words = 1 + rng.nextInt(3);
                x[at++] = 1 + names[i];
                if (i == asked) {
                    spans[2 * b] = at - b * n;
                    spans[2 * b + 1] = at - b * n + words - 1;
                }
                for (int w = 0; w < words; w++) x[at++] = 12 + rng.nextInt(20);
                x[at++] = 11;
            }
        }
        return new Tensor[] {Tensor.of(x, batch, n), Tensor.of(spans, batch, 2)};
    }

    private static final class Reader extends Module {
        private final Embedding words = new Embedding(32, 16, Rng.of(1));
        private final Gru first = new Gru(new RnnConfig(32, 24).withBidirectional(true), Rng.of(2));
        private final SpanHead head = new SpanHead(48, Rng.of(3));

        /** Every word beside the question. */
        Tensor states(Tensor ids) {
            var e = words.forward(ids);
            return first.forward(Tensor.concat(2, e, e.mul(e.narrow(1, 0, 1))));
        }

        @Override protected Tensor compute(Tensor ids, Pass pass) { return head.forward(states(ids), pass); }
    }

    @Tag("slow")
    @Acceptance(topic = "pointer-network", clause = 4)
    @Test void spansOfGeneratedTextAreFound() {
        var reader = new Reader();
        var data = Rng.of(4);
        var fresh = texts(Rng.of(9), 500);
        Evidence.of("untrained", spans(reader, fresh), atMost(0.1));
        train(reader, 300, 0.01, i -> {
            var batch = texts(data, 32);
            var seen = batch[0].ne(0);
            return reader.head.loss(reader.states(batch[0]), seen, batch[1], Pass.inference());
        });
        Evidence.of("exact spans of 500 fresh texts", spans(reader, fresh), atLeast(0.95));
    }

    private static double spans(Reader reader, Tensor[] texts) {
        var found = SpanHead.best(Autograd.noGrad(() -> reader.head.logs(reader.states(texts[0]), texts[0].ne(0), Pass.inference())), 5);
        int right = 0;
        for (int i = 0; i < found.length; i++)
            if (found[i].first() == texts[1].itemLong(i, 0) && found[i].last() == texts[1].itemLong(i, 1)) right++;
        return (double) right / found.length;
    }

    @Test void reinforceShortensTours() {
        var network = new PointerNetwork(new PointerConfig(2, 16), Rng.of(1));
        var rng = Rng.of(2);
        var fresh = PointerTasks.points(Rng.of(9), 200, 5);
        double before = mean(network, fresh);
        train(network, 100, 0.01, i -> {
            var x = PointerTasks.points(rng, 64, 5);
            var drawn = network.sample(x, null, 5, rng, Pass.inference());
            return drawn.surrogate(
                    IntStream.range(0, 64).mapToDouble(b -> PointerTasks.length(x.get(b).toRows(), drawn.places()[b])).toArray());
        });
        assertThat(mean(network, fresh)).isLessThan(before - 0.02);
    }

    private static double mean(PointerNetwork network, Tensor x) {
        var tours = network.greedy(x, null, 5);
        return IntStream.range(0, tours.length).mapToDouble(b -> PointerTasks.length(x.get(b).toRows(), tours[b])).average().orElseThrow();
    }

    @Test void stepsBeyondALengthCountForNothing() {
        for (boolean once : new boolean[] {true, false}) {
            var network = new PointerNetwork(new PointerConfig(2, 8).withOnce(once), Rng.of(1));
            var x = PointerTasks.points(Rng.of(2), 2, 5);
            var lengths = new int[] {5, 3};
            var loss = network.loss(x, lengths, Tensor.of(new long[] {4, 2, 0, 1, 3, 1, 2, 0, 0, 0}, 2, 5), Pass.inference());
            network.zeroGrad();
            loss.backward();
            network.parameters().forEach((name, p) -> assertThat(p.grad().isFinite().all().item()).as(name).isEqualTo(1));
            if (!once) continue;
            var first = network.loss(x.narrow(0, 0, 1), null, Tensor.of(new long[] {4, 2, 0, 1, 3}, 1, 5), Pass.inference()).item();
            var second = network.loss(x.narrow(0, 1, 1), new int[] {3}, Tensor.of(new long[] {1, 2, 0}, 1, 3), Pass.inference()).item();
            assertThat(loss.item()).isCloseTo((5 * first + 3 * second) / 8, offset(1e-5));
        }
    }

    @Test void tasksHaveTheRightAnswers() {
        for (int seed = 1; seed <= 30; seed++) {
            double[][] p = PointerTasks.points(Rng.of(seed), 1, 6).get(0).toRows();
            double best = Double.POSITIVE_INFINITY;
            for (int code = 0; code < 720; code++) best = Math.min(best, PointerTasks.length(p, permutation(code, 6)));
            assertThat(PointerTasks.length(p, PointerTasks.shortestTour(p))).isCloseTo(best, offset(1e-12));
            int[] hull = PointerTasks.hull(p);
            assertThat(hull[0]).isEqualTo(Arrays.stream(hull).min().orElseThrow());
            for (int i = 0; i < hull.length; i++) for (int j = 0; j < 6; j++) {
                double[] a = p[hull[i]], b = p[hull[(i + 1) % hull.length]];
                assertThat((b[0] - a[0]) * (p[j][1] - a[1]) - (b[1] - a[1]) * (p[j][0] - a[0])).isGreaterThan(-1e-12);
            }
        }
        assertThatThrownBy(() -> PointerTasks.sorting(Rng.of(1), 1, 30, 0.05)).hasMessageContaining("do not fit");
        assertThatThrownBy(() -> PointerTasks.shortestTour(new double[13][2])).hasMessageContaining("13 points");
        assertThatThrownBy(() -> new PointerNetwork(new PointerConfig(2, 8), Rng.of(1)).forward(Tensor.ones(1, 3, 3)))
                .hasMessageContaining("(1, 3, 3)");
        assertThatThrownBy(() -> new PointerConfig(2, 6)).hasMessageContaining("width 6");
    }

    private static int[] permutation(int code, int n) {
        var left = new ArrayList<>(IntStream.range(0, n).boxed().toList());
        var p = new int[n];
        for (int i = 0; i < n; i++) {
            p[i] = left.remove(code % (n - i));
            code /= n - i;
        }
        return p;
    }
}
