package lyceum.models.ssl;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.data.augment.ImageAugment;
import lyceum.models.ssl.EpisodeSampler.Episode;
import lyceum.models.ssl.FewShotConfig.Rule;
import lyceum.nn.Activation;
import lyceum.nn.Conv2d;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.MaxPool2d;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.Sequential;
import lyceum.optim.Adam;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.stats.ConfidenceInterval;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FewShotLearnerTest {
    private static final Dataset DIGITS = Datasets.digits().to(DType.F32).scaled(1.0 / 16);

    private static FewShotLearner learner(Rule rule, Rng rng) {
        return new FewShotLearner(new Linear(64, 24, rng).then(Activation.TANH).then(new Linear(24, 12, rng)), new FewShotConfig(rule), 12,
                rng);
    }

    /** The rule is asked, the nearest example is found by loops over the embeddings. */
    @Acceptance(topic = "one-shot-learning", clause = 1)
    @Test void withOneShotPrototypesAreNearestNeighbours() {
        int differ = 0, asked = 0;
        var said = new HashSet<Integer>();
        for (int ways = 2; ways <= 10; ways += 4) {
            var learner = learner(Rule.PROTOTYPICAL, Rng.of(ways));
            var source = new EpisodeSampler(ways, 1, 15).over(DIGITS);
            for (int i = 0; i < 40; i++) {
                var episode = source.draw(Rng.of(i));
                int[] answers = learner.answers(DIGITS, episode);
                double[][] support = learner.embed(DIGITS.x().rows(episode.support()), 64).toRows(),
                        queries = learner.embed(DIGITS.x().rows(episode.queries()), 64).toRows();
                for (int q = 0; q < queries.length; q++) {
                    int nearest = 0;
                    for (int s = 1; s < ways; s++) if (apart(queries[q], support[s]) < apart(queries[q], support[nearest])) nearest = s;
                    if (answers[q] != episode.supportLabels()[nearest]) differ++;
                    said.add(nearest);
                    asked++;
                }
            }
        }
        Evidence.of("queries where the prototypical rule and the nearest neighbour differ", differ, exactly(0));
        Evidence.of("queries", asked, exactly(40 * 15 * (2 + 6 + 10)));
        assertThat(said).hasSize(10);
    }

    private static double apart(double[] x, double[] y) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) sum += (x[i] - y[i]) * (x[i] - y[i]);
        return sum;
    }

    @Tag("slow")
    @Acceptance(topic = "one-shot-learning", clause = 2)
    @Test void practiceOnSomeDigitsTellsOthersApartByOneExample() {
        var canvas = ImageAugment.placed(DIGITS.withX(DIGITS.x().reshape(-1, 8, 8)), 16, 16, Rng.of(1));
        Dataset train = EpisodeSampler.only(canvas, 0, 1, 2, 3, 4, 5, 6), test = EpisodeSampler.only(canvas, 7, 8, 9);
        var rng = Rng.of(2);
        var learner = new FewShotLearner(new Sequential(new Conv2d(1, 16, 3, rng), Activation.RELU, new MaxPool2d(2),
                new Conv2d(16, 32, 3, rng), Activation.RELU, Layer.of(x -> x.max(new int[] {2, 3}, false)), new Linear(32, 32, rng)),
                new FewShotConfig(), 32, rng);
        int episodes = 500;
        new Trainer(new Adam(3e-3), 1).withBatchSize(1)
                .start(learner, episodes, learner.episodes(train, new EpisodeSampler(5, 1, 6), rng.split(5)), null, rng)
                .finish(Progress.SILENT);
        var pixels = new FewShotLearner(new Sequential(Layer.of(x -> x.reshape(x.size(0), -1))), new FewShotConfig(), 256, rng);
        var sampler = new EpisodeSampler(3, 1, 10);
        double[] learned = learner.accuracies(test, sampler, 500, Rng.of(3)), plain = pixels.accuracies(test, sampler, 500, Rng.of(3));
        var gain = ConfidenceInterval.paired(learned, plain, 0.95);
        double mean = Arrays.stream(learned).average().orElseThrow() - Arrays.stream(plain).average().orElseThrow();
        Evidence.of("points of 3-way 1-shot accuracy beyond the nearest neighbour of raw pixels, 500 episodes", 100 * mean, atLeast(10));
        Evidence.of("lower end of its 95% interval", 100 * gain.low(), above(0));
    }

    /** Each side's tasks are drawn in number; what classes they have is read from the whole data by their pictures. */
    @Acceptance(topic = "one-shot-learning", clause = 3)
    @Test void classesNeverMixBetweenTrainAndTest() {
        int mixed = 0, wrong = 0, drawn = 0;
        var original = new HashSet<String>();
        for (int seed = 0; seed < 20; seed++) {
            var sides = EpisodeSampler.split(DIGITS, Rng.of(seed), 5, 2, 3);
            var seen = new ArrayList<Set<Integer>>();
            for (int side = 0; side < 3; side++) {
                var classes = new HashSet<Integer>();
                var data = sides.get(side);
                int ways = side == 1 ? 2 : 3;
                var source = new EpisodeSampler(ways, 2, 4).over(data);
                int[] labels = data.labels();
                for (int i = 0; i < 50; i++) {
                    var episode = source.draw(Rng.of(seed).split(100 * side + i));
                    var rows = new HashSet<Integer>();
                    var own = new HashSet<Integer>();
                    for (int part = 0; part < 2; part++) {
                        int[] of = part == 0 ? episode.support() : episode.queries();
                        int[] numbers = part == 0 ? episode.supportLabels() : episode.queryLabels();
                        for (int j = 0; j < of.length; j++) {
                            classes.add(labels[of[j]]);
                            own.add(labels[of[j]]);
                            if (!rows.add(of[j]) || labels[of[j]] != episode.classes()[numbers[j]]) wrong++;
                        }
                    }
                    if (own.size() != ways || rows.size() != ways * 6) wrong++;
                    drawn++;
                }
                seen.add(classes);
            }
            for (int a = 0; a < 3; a++) for (int b = 0; b < a; b++) for (int c : seen.get(a)) if (seen.get(b).contains(c)) mixed++;
            original.add(seen.toString());
            assertThat(seen.get(0)).hasSize(5);
            assertThat(seen.get(2)).hasSize(3);
        }
        Evidence.of("classes that occur on two sides, of 20 splits and 3,000 episodes", mixed, exactly(0));
        Evidence.of("rows twice in an episode, of a wrong class, or classes missing", wrong, exactly(0));
        Evidence.of("episodes", drawn, exactly(3000));
        assertThat(original).hasSizeGreaterThan(15);
    }

    @Acceptance(topic = "one-shot-learning", clause = 4)
    @Test void theOrderOfExamplesDoesNotShow() {
        double moved = 0, spread = 0;
        int changed = 0, asked = 0;
        for (var rule : Rule.values()) {
            var learner = learner(rule, Rng.of(4));
            var source = new EpisodeSampler(5, 5, 6).over(DIGITS);
            for (int i = 0; i < 40; i++) {
                var episode = source.draw(Rng.of(i));
                int[] order = Rng.of(i).split(1).permutation(25), support = new int[25], labels = new int[25];
                for (int j = 0; j < 25; j++) {
                    support[j] = episode.support()[order[j]];
                    labels[j] = episode.supportLabels()[order[j]];
                }
                var queries = DIGITS.x().rows(episode.queries());
                FewShotClassifier first = learner.register(DIGITS.x().rows(episode.support()), episode.supportLabels()),
                        second = learner.register(DIGITS.x().rows(support), labels);
                double[] a = first.scores(queries).toDoubleArray(), b = second.scores(queries).toDoubleArray();
                for (int j = 0; j < a.length; j++) moved = Math.max(moved, Math.abs(a[j] - b[j]));
                int[] p = first.predict(queries), q = second.predict(queries);
                for (int j = 0; j < p.length; j++) if (p[j] != q[j]) changed++;
                asked += p.length;
                spread = Math.max(spread, Arrays.stream(a).max().orElseThrow() - Arrays.stream(a).min().orElseThrow());
            }
        }
        Evidence.of("largest move of a class score by permuting the support, all rules", moved, atMost(1e-6));
        Evidence.of("predictions that change", changed, exactly(0));
        Evidence.of("predictions", asked, exactly(3 * 40 * 30));
        assertThat(spread).isGreaterThan(0.1);
    }

    /** By loops, from the papers' formulas. */
    @Test void rulesScoreAsTheirPapersHaveIt() {
        var rng = Rng.of(5);
        double[][] s = Tensor.randn(rng, DType.F64, 5, 3).toRows(), q = Tensor.randn(rng, DType.F64, 4, 3).toRows();
        int[] labels = {1, 0, 1, 2, 1};
        double[] weight = {0.5, 1.5, 0.25};
        for (var rule : Rule.values()) {
            var learner = new FewShotLearner(new Sequential(), new FewShotConfig(rule).withScale(2), 3, rng);
            if (rule == Rule.SIAMESE) learner.load(Map.of("attention", Tensor.of(weight).to(DType.F32), "bias", Tensor.of(0.75f)));
            double[][] scores = learner.scores(Tensor.of(s), labels, Tensor.of(q), 3).toRows();
            var gap = Gap.absolute();
            for (int i = 0; i < 4; i++) for (int c = 0; c < 3; c++) {
                double expected = 0, count = 0, all = 0;
                var mean = new double[3];
                for (int j = 0; j < 5; j++) {
                    double dot = 0, first = 0, second = 0, apart = 0;
                    for (int k = 0; k < 3; k++) {
                        dot += q[i][k] * s[j][k];
                        first += q[i][k] * q[i][k];
                        second += s[j][k] * s[j][k];
                        apart += weight[k] * Math.abs(q[i][k] - s[j][k]);
                    }
                    double attended = Math.exp(2 * dot / Math.sqrt(first * second));
                    all += attended;
                    if (labels[j] != c) continue;
                    count++;
                    for (int k = 0; k < 3; k++) mean[k] += s[j][k];
                    expected += rule == Rule.MATCHING ? attended : 1 / (1 + Math.exp(-2 * (0.75 - apart)));
                }
                for (int k = 0; k < 3; k++) mean[k] /= count;
                gap.see(rule + " " + i + " " + c, scores[i][c], switch (rule) {
                    case PROTOTYPICAL -> -2 * apart(q[i], mean);
                    case MATCHING -> Math.log(expected / all);
                    case SIAMESE -> Math.log(expected / count);
                });
            }
            assertThat(gap.worst()).as("%s", rule).isLessThan(1e-6);
        }
    }

    @Test void everyRuleLearnsFromEpisodes() {
        for (var rule : Rule.values()) {
            var learner = learner(rule, Rng.of(6));
            var sampler = new EpisodeSampler(4, 2, 4);
            double before = loss(learner, sampler);
            new Trainer(new Adam(5e-3), 1).withBatchSize(2)
                    .start(learner, 60, learner.episodes(DIGITS, sampler, Rng.of(7)), null, Rng.of(8)).finish(Progress.SILENT);
            assertThat(loss(learner, sampler)).as("%s", rule).isLessThan(0.8 * before);
        }
    }

    private static double loss(FewShotLearner learner, EpisodeSampler sampler) {
        double sum = 0;
        for (int i = 0; i < 20; i++) sum += learner.loss(DIGITS, sampler.over(DIGITS).draw(Rng.of(i)), Pass.inference()).item();
        return sum;
    }

    @Test void registersANewClassFromOneExampleAndKnowsWhatItDoesNotKnow(@TempDir Path folder) throws IOException {
        Module space = new Sequential();
        var learner = new FewShotLearner(space, new FewShotConfig(), 2, Rng.of(1));
        var two = learner.register(Tensor.of(new double[][] {{0, 0}, {4, 0}}), 0, 1);
        var three = two.registered(Tensor.of(new double[][] {{0, 4}}), 2);
        var asked = Tensor.of(new double[][] {{0.5, 0}, {3, 0}, {0, 3}, {9, 9}});
        assertThat(two.predict(asked)).containsExactly(0, 1, 0, 1);
        assertThat(three.predict(asked, -2)).containsExactly(0, 1, 2, FewShotClassifier.UNKNOWN);
        assertThat(two.classes()).isEqualTo(2);
        assertThat(three.registered(Tensor.of(new double[][] {{0, 8}}), 2).scores(Tensor.of(new double[][] {{0, 6}})).item(0, 2))
                .isCloseTo(0, within(1e-12));
        var siamese = learner(Rule.SIAMESE, Rng.of(2));
        siamese.save(folder.resolve("few.safetensors"));
        var other = learner(Rule.SIAMESE, Rng.of(3));
        other.load(folder.resolve("few.safetensors"));
        var episode = new EpisodeSampler(5, 1, 5).over(DIGITS).draw(Rng.of(1));
        assertThat(other.answers(DIGITS, episode)).containsExactly(siamese.answers(DIGITS, episode));
        assertThatThrownBy(() -> learner.register(asked, 0, 2, 2, 0)).hasMessageContaining("class 1 has no example");
        assertThatThrownBy(() -> learner.register(asked, 0, 1)).hasMessageContaining("2 labels");
        assertThatThrownBy(() -> new EpisodeSampler(1, 1, 1)).hasMessageContaining("1 ways");
        assertThatThrownBy(() -> new EpisodeSampler(5, 1, 1).over(EpisodeSampler.only(DIGITS, 1, 2)))
                .hasMessageContaining("2 classes have 2 rows");
        assertThatThrownBy(() -> EpisodeSampler.split(DIGITS, Rng.of(1), 8, 3)).hasMessageContaining("[8, 3]");
        assertThatThrownBy(() -> new FewShotConfig().withScale(-1)).hasMessageContaining("scale is -1.0");
        assertThat(new Episode(new int[] {3, 4}, new int[4], new int[2]).supportLabels()).containsExactly(0, 0, 1, 1);
    }
}
