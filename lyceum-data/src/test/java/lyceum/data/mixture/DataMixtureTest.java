package lyceum.data.mixture;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.LyceumException;
import lyceum.data.corpus.Corpora;
import lyceum.data.corpus.Corpus;
import lyceum.data.corpus.Document;
import lyceum.data.curation.NgramModel;
import lyceum.data.mixture.DataMixture.Source;
import lyceum.data.mixture.DataMixture.Unit;
import lyceum.progress.CancelledException;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class DataMixtureTest {

    /** Documents whose text is their length in words, so that counting is cheap. */
    private static Corpus corpus(String name, Rng rng, int n, int shortest, int longest) {
        var documents = new ArrayList<Document>();
        for (int i = 0; i < n; i++) documents.add(Document.of(name + i, String.valueOf(shortest + rng.nextInt(longest - shortest + 1))));
        return Corpus.of(documents);
    }

    private static DataMixture mixture(double... weights) {
        var rng = Rng.of(1);
        return new DataMixture(List.of(new Source("web", corpus("w", rng, 5000, 50, 2000), weights[0]),
                new Source("books", corpus("b", rng, 30, 20_000, 200_000), weights[1]),
                new Source("code", corpus("c", rng, 700, 10, 5000), weights[2]),
                new Source("notes", corpus("n", rng, 211, 1, 60), weights[3]))).withTokens(document -> Long.parseLong(document.text()))
                .withSeed(7);
    }

    @Test
    @Acceptance(topic = "data-mixture", clause = 1) void sharesOfAMillionDrawsAreTheWeights() {
        double[] weights = {0.6, 0.02, 0.3, 0.08};
        int n = 1_000_000;
        var drawn = new long[4];
        try (var stream = mixture(weights).begin()) {
            for (int i = 0; i < n; i++) drawn[stream.next().source()]++;
        }
        double worst = 0;
        for (int i = 0; i < 4; i++)
            worst = Math.max(worst, Math.abs(drawn[i] - n * weights[i]) / Math.sqrt(n * weights[i] * (1 - weights[i])));
        Evidence.of("draws", Arrays.stream(drawn).sum(), exactly(n));
        Evidence.of("largest distance of a domain's draws from its weight in binomial standard errors", worst, atMost(4));

        var tokens = new double[4];
        var documents = new long[4];
        double total = 0;
        try (var stream = mixture(weights).withUnit(Unit.TOKENS).begin()) {
            for (int i = 0; i < n; i++) {
                var draw = stream.next();
                double length = Double.parseDouble(draw.document().text());
                tokens[draw.source()] += length;
                documents[draw.source()]++;
                total += length;
            }
        }
        double gap = 0;
        for (int i = 0; i < 4; i++) gap = Math.max(gap, Math.abs(tokens[i] / total - weights[i]));
        Evidence.of("largest distance of a domain's share of the tokens from its weight", gap, below(0.005));
        Evidence.of("books' share of the documents then", documents[1] / (double) n, below(0.002));
    }

    @Test
    @Acceptance(topic = "data-mixture", clause = 2) void aResumedStreamGoesOnAsTheOneThatWasNotStopped() {
        var rng = Rng.of(2);
        int stops = 0, compared = 0, differ = 0;
        for (var unit : Unit.values()) {
            var mixture = mixture(0.5, 0.2, 0.2, 0.1).withUnit(unit)
                    .withSchedule(DataMixture.Schedule.linear(new double[] {1, 0, 1, 1}, new double[] {1, 1, 0, 1}, 3000));
            var whole = new ArrayList<DataMixture.Draw>();
            try (var stream = mixture.begin()) {
                for (int i = 0; i < 6000; i++) whole.add(stream.next());
            }
            for (int s = 0; s < 50; s++, stops++) {
                int at = rng.nextInt(5500);
                MixtureStream.State state;
                try (var stream = mixture.begin()) {
                    for (int i = 0; i < at; i++) stream.next();
                    state = stream.state();
                }
                try (var stream = mixture.resume(state)) {
                    for (int i = at; i < at + 500; i++, compared++) if (!stream.next().equals(whole.get(i))) differ++;
                }
            }
        }
        Evidence.of("random positions", stops, exactly(100));
        Evidence.of("draws compared", compared, exactly(50_000));
        Evidence.of("of them different", differ, exactly(0));
    }

    /** f_i(x) = (x - c_i)' A_i (x - c_i) / 2: known excess losses, as each domain's own optimum is zero. */
    private record LeastSquaresWorld(double[][] centres, double[][] curvatures) {
        double[] losses(double[] x) {
            var losses = new double[3];
            for (int i = 0; i < 3; i++)
                for (int j = 0; j < 2; j++) losses[i] += 0.5 * curvatures[i][j] * (x[j] - centres[i][j]) * (x[j] - centres[i][j]);
            return losses;
        }

        /** The minimiser of the weighted sum, by solving its normal equations (diagonal here). */
        double[] fit(double[] w) {
            var x = new double[2];
            for (int j = 0; j < 2; j++) {
                double a = 0, b = 0;
                for (int i = 0; i < 3; i++) {
                    a += w[i] * curvatures[i][j];
                    b += w[i] * curvatures[i][j] * centres[i][j];
                }
                x[j] = b / a;
            }
            return x;
        }

        /** min over x of max over i, by looking at a grid of x and refining it. */
        double minimax() {
            double bestX = 0, bestY = 0, best = Double.POSITIVE_INFINITY, width = 6;
            for (int round = 0; round < 8; round++, width /= 5) {
                double cx = bestX, cy = bestY;
                for (int i = -50; i <= 50; i++) for (int j = -50; j <= 50; j++) {
                    double x = cx + width * i / 50, y = cy + width * j / 50;
                    double value = Arrays.stream(losses(new double[] {x, y})).max().orElseThrow();
                    if (value < best) {
                        best = value;
                        bestX = x;
                        bestY = y;
                    }
                }
            }
            return best;
        }
    }

    @Test
    @Acceptance(topic = "data-mixture", clause = 3) void groupDroEqualisesTheWorstLossOnThreeDomains() {
        var rng = Rng.of(3);
        double worst = 0, even = Double.POSITIVE_INFINITY;
        int worlds = 0;
        for (; worlds < 20; worlds++) {
            double[][] centres = new double[3][2], curvatures = new double[3][2];
            for (int i = 0; i < 3; i++) for (int j = 0; j < 2; j++) {
                centres[i][j] = 2 * rng.nextGaussian();
                curvatures[i][j] = 0.2 + 3 * rng.nextDouble();
            }
            var world = new LeastSquaresWorld(centres, curvatures);
            var weights = new GroupDro().withEta(0.01).withSmoothing(0).reweight(3, 20_000, w -> world.losses(world.fit(w))).average();
            double reached = Arrays.stream(world.losses(world.fit(weights))).max().orElseThrow(), optimum = world.minimax();
            worst = Math.max(worst, reached / optimum - 1);
            even = Math.min(even, Arrays.stream(world.losses(world.fit(new double[] {1, 1, 1}))).max().orElseThrow() / optimum - 1);
            assertThat(Arrays.stream(weights).sum()).isCloseTo(1, within(1e-9));
        }
        Evidence.of("worlds", worlds, exactly(20));
        Evidence.of("worst group's loss over the minimax optimum, less 1, largest", worst, atMost(0.05));
        assertThat(even).as("equal weights in the world that suits them best").isGreaterThanOrEqualTo(-1e-9);
    }

    /** Small runs in earnest: word models of three genres, trained on mixtures of them, judged on text held out. */
    @Test
    @Acceptance(topic = "data-mixture", clause = 4) void theFittedLawPicksAPointAsGoodAsTheGridsBest() {
        var names = List.of("learned", "romance", "bible");
        var all = Corpus.concat(List.of(Corpora.brown(), Corpora.kingJames().limit(120)));
        var train = new ArrayList<NgramModel>();
        var heldOut = new ArrayList<List<Document>>();
        for (var name : names) {
            var parts = all.domain(name).split(4, 0.8, 0.2);
            train.add(NgramModel.train(parts.get(0), 1, 40_000));
            heldOut.add(parts.get(1).limit(3).toList());
        }
        var logs = new double[3][][];
        for (int d = 0; d < 3; d++)
            logs[d] = heldOut.get(d).stream().flatMap(doc -> Arrays.stream(doc.text().split("\\s+")))
                    .filter(w -> Character.isLetter(w.charAt(0)))
                    .map(word -> train.stream().mapToDouble(m -> Math.exp(m.score(word))).map(p -> Double.isNaN(p) ? 1e-6 : p).toArray())
                    .toArray(double[][]::new);
        var grid = new ArrayList<double[]>();
        for (int i = 0; i <= 20; i++) for (int j = 0; j <= 20 - i; j++) grid.add(new double[] {i / 20.0, j / 20.0, (20 - i - j) / 20.0});
        double[] importance = {0.2, 0.3, 0.5};
        var losses = grid.stream().map(r -> mixtureLosses(logs, r)).toList();
        var rows = new ArrayList<double[]>();
        var seen = new ArrayList<double[]>();
        for (int i = 0; i < grid.size(); i += 11) {
            rows.add(grid.get(i));
            seen.add(losses.get(i));
        }
        var law = MixtureLaw.fit(rows.toArray(double[][]::new), seen.toArray(double[][]::new));
        var chosen = law.best(importance);
        double best = Double.POSITIVE_INFINITY, worst = 0;
        for (var loss : losses) {
            double value = dot(importance, loss);
            best = Math.min(best, value);
            worst = Math.max(worst, value);
        }
        double reached = dot(importance, mixtureLosses(logs, chosen));
        Evidence.of("runs that the law was fitted to", rows.size(), exactly(21));
        Evidence.of("grid points", grid.size(), exactly(231));
        Evidence.of("loss at the chosen point over the grid's best", reached / best, atMost(1.05));
        Evidence.of("its distance from the grid's best over the spread of the grid", (reached - best) / (worst - best), atMost(0.05));
    }

    private static double[] mixtureLosses(double[][][] probabilities, double[] r) {
        var losses = new double[3];
        for (int d = 0; d < 3; d++) for (var word : probabilities[d]) losses[d] -= Math.log(dot(r, word)) / probabilities[d].length;
        return losses;
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) sum += a[i] * b[i];
        return sum;
    }

    @Test void aLawThatHoldsIsFoundAndItsBestPointIsTheLeast() {
        double[] floors = {1.5, 2.5};
        double[][] exponents = {{-2, 0.5, 0.1}, {0.4, -1.5, 0.2}};
        var truth = new MixtureLaw(floors, exponents);
        var rng = Rng.of(5);
        double[][] weights = new double[24][], losses = new double[24][];
        for (int r = 0; r < 24; r++)
            losses[r] = truth.losses(weights[r] = new double[] {rng.nextDouble(), rng.nextDouble(), rng.nextDouble()});
        var law = MixtureLaw.fit(weights, losses);
        for (int i = 0; i < 50; i++) {
            var r = new double[] {rng.nextDouble(), rng.nextDouble(), rng.nextDouble()};
            for (int d = 0; d < 2; d++) assertThat(law.losses(r)[d]).isCloseTo(truth.losses(r)[d], within(1e-3));
            assertThat(truth.loss(r, new double[] {1, 2}))
                    .isGreaterThan(truth.loss(truth.best(new double[] {1, 2}), new double[] {1, 2}) - 1e-9);
        }
        assertThatThrownBy(() -> MixtureLaw.fit(new double[3][3], new double[3][2])).hasMessageContaining("3 runs");
        assertThatThrownBy(() -> law.best(new double[5])).hasMessageContaining("5 importances");
    }

    @Test void capsEndASourceAndAllCapsEndTheStream() {
        var one = new Source("a", Corpus.of(List.of(Document.of("a0", "x"), Document.of("a1", "x"))), 1).withMaxEpochs(3);
        var two = new Source("b", Corpus.of(List.of(Document.of("b0", "x y z"))), 5).withMaxEpochs(4);
        for (var unit : Unit.values()) {
            var documents = new DataMixture(List.of(one, two)).withUnit(unit).corpus(1000).toList();
            assertThat(documents).hasSize(10);
            assertThat(documents.stream().map(Document::id)).containsOnlyOnce("a0", "a0#1", "a0#2", "a1", "b0", "b0#3");
        }
        assertThat(new DataMixture(List.of(one, two)).withUnit(Unit.TOKENS).corpusOfTokens(7).toList().stream()
                .mapToInt(d -> d.text().split(" ").length).sum()).isBetween(7, 9);
    }

    @Test void temperaturesAndEpochsAreThoseOfTheFormulas() {
        double[] sizes = {900, 90, 10};
        assertThat(DataMixture.temperature(sizes, 1)).containsExactly(new double[] {0.9, 0.09, 0.01}, within(1e-12));
        assertThat(DataMixture.temperature(sizes, 2)).containsExactly(new double[] {0.7035, 0.2225, 0.0742}, within(1e-3));
        assertThat(DataMixture.epochs(new double[] {9, 0.9, 0.1}, 300, sizes)).containsExactly(new double[] {0.3, 0.3, 0.3}, within(1e-12));
        assertThat(DataMixture.temperature(new double[] {0, 5}, 3)).containsExactly(0, 1);
    }

    @Test void badInputIsRefusedByName() {
        var empty = new DataMixture(List.of(new Source("void", Corpus.of(List.of()), 1)));
        assertThatThrownBy(() -> empty.begin().next()).isInstanceOf(LyceumException.class).hasMessageContaining("'void'");
        assertThatThrownBy(() -> new Source("x", Corpora.brown(), Double.NaN)).hasMessageContaining("NaN");
        assertThatThrownBy(() -> new DataMixture(List.of(new Source("x", Corpora.brown(), 0))))
                .hasMessageContaining("all weights are zero");
        assertThatThrownBy(() -> empty.resume(new MixtureStream.State(1, new long[2], new long[2], new double[2])))
                .hasMessageContaining("2 sources");
        var shrunk = new DataMixture(List.of(new Source("s", Corpora.brown().limit(3), 1)));
        assertThatThrownBy(() -> shrunk.resume(new MixtureStream.State(5, new long[1], new long[] {5}, new double[1])).next())
                .hasMessageContaining("only 3 documents");
        assertThatThrownBy(() -> new GroupDro(0, 0)).hasMessageContaining("eta is 0");
        assertThatThrownBy(() -> new GroupDro().reweight(2, 5, w -> new double[] {0, 1}, ((Progress) u -> {}).stoppedBy(() -> true)))
                .isInstanceOf(CancelledException.class);
        assertThat(new GroupDro(1, 0).update(new double[] {0.5, 0.5}, new double[] {Math.log(3), -5}))
                .containsExactly(new double[] {0.75, 0.25}, within(1e-12));
    }
}
