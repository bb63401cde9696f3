package lyceum.text.vector;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.prob.AliasTable;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.text.vector.EmbeddingGeometry.AnalogyQuestion;
import lyceum.text.vector.EmbeddingTable.Analogy;
import lyceum.text.vector.Word2Vec.Mode;
import lyceum.text.vector.Word2Vec.Output;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class Word2VecTest {
    private static final String TOPIC = "word2vec";

    /** Sentences of words "w0" to "w(n-1)" with falling frequencies. */
    static List<List<String>> zipf(long seed, int words, int sentences, int length) {
        var rng = Rng.of(seed);
        return IntStream.range(0, sentences)
                .mapToObj(_ -> IntStream.range(0, length).mapToObj(_ -> "w" + (int) (words * Math.pow(rng.nextDouble(), 2))).toList())
                .toList();
    }

    /** Multiples of 2^-16 in [-1, 1], which floats hold exactly, and so they do 2^-8 more or less. */
    private static void grid(float[][] rows, Rng rng) {
        for (var row : rows) for (int d = 0; d < row.length; d++) row[d] = (rng.nextInt(1 << 17) - (1 << 16)) * 0x1p-16f;
    }

    static double difference(Word2VecModel model, float[] row, int d, int[] inputs, int target, int[] negatives) {
        float at = row[d], h = 0x1p-8f;
        var f = new double[5];
        for (int k = -2; k <= 2; k++) {
            row[d] = at + k * h;
            f[k + 2] = model.gradient(inputs, target, negatives).loss();
        }
        row[d] = at;
        return (f[0] - 8 * f[1] + 8 * f[3] - f[4]) / (12 * h);
    }

    /** Largest difference of gradient and finite difference over the example's largest entry. */
    static double gradientGap(Word2Vec settings, long seed) {
        var rng = Rng.of(seed);
        var model = Word2VecModel.start(settings, IndexedText.of("test", zipf(seed, 30, 50, 20), 1), rng);
        grid(model.in, rng);
        grid(model.out, rng);
        int n = model.words().size();
        double worst = 0;
        for (int example = 0; example < 20; example++) {
            int[] inputs = settings.mode() == Mode.CBOW ? new int[] {rng.nextInt(n), rng.nextInt(n), rng.nextInt(5), rng.nextInt(5)}
                    : new int[] {rng.nextInt(n)};
            int target = rng.nextInt(n);
            int[] negatives = settings.output() == Output.NEGATIVE_SAMPLING ? new int[] {rng.nextInt(n), rng.nextInt(4), rng.nextInt(4)}
                    : new int[0];
            var g = model.gradient(inputs, target, negatives);
            double size = 0, gap = 0;
            for (int d = 0; d < settings.dimension(); d++) {
                for (int word : inputs) { // an input that stands twice counts twice
                    double whole = g.input()[d] * Arrays.stream(inputs).filter(w -> w == word).count();
                    gap = Math.max(gap, Math.abs(whole - difference(model, model.in[word], d, inputs, target, negatives)));
                    size = Math.max(size, Math.abs(whole));
                }
                for (int row : g.rows()) {
                    double whole = 0;
                    for (int j = 0; j < g.rows().length; j++) if (g.rows()[j] == row) whole += g.output()[j][d];
                    gap = Math.max(gap, Math.abs(whole - difference(model, model.out[row], d, inputs, target, negatives)));
                    size = Math.max(size, Math.abs(whole));
                }
            }
            worst = Math.max(worst, gap / size);
        }
        return worst;
    }

    private static List<Word2Vec> combinations(int dimension) {
        var all = new ArrayList<Word2Vec>();
        for (var mode : Mode.values())
            for (var output : List.of(Output.NEGATIVE_SAMPLING, Output.HIERARCHICAL_SOFTMAX))
                all.add(Word2Vec.skipGram(dimension).withMode(mode).withOutput(output).withMinCount(1).withSubsample(0));
        return all;
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void gradientsPassFiniteDifferences() {
        for (var settings : combinations(7))
            Evidence.of(settings.mode() + " with " + settings.output() + ", relative", gradientGap(settings, 4), below(1e-7));
    }

    /** What a step does to the vectors is the gradient that the finite differences have passed, times the rate. */
    @Test void stepsGoAgainstTheGradient() {
        var settings = Word2Vec.skipGram(6).withMode(Mode.CBOW).withMinCount(1);
        var model = Word2VecModel.start(settings, IndexedText.of("test", zipf(3, 12, 30, 10), 1), Rng.of(1));
        grid(model.in, Rng.of(2));
        grid(model.out, Rng.of(3));
        var noise = new AliasTable(0, 0, 0, 0, 0, 1); // only word 5 is drawn
        var g = model.gradient(new int[] {1, 2}, 3, 5, 5, 5, 5, 5);
        float[] v = model.in[1].clone(), u = model.out[3].clone(), w = model.out[5].clone();
        var step = new Word2VecStep(model, noise, 5, Rng.of(0));
        step.rate = 0.5;
        step.take(new int[] {1, 3, 2}, 1, 0, 3);
        assertThat(step.loss).isEqualTo(g.loss());
        for (int d = 0; d < 6; d++) {
            assertThat((double) model.in[1][d]).isCloseTo(v[d] - 0.5 * g.input()[d], within(1e-6));
            assertThat((double) model.out[3][d]).isCloseTo(u[d] - 0.5 * g.output()[0][d], within(1e-6));
            assertThat((double) model.out[5][d]).isCloseTo(w[d] - 2.5 * g.output()[1][d], within(1e-6));
        }
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void theTreeGivesProbabilities() {
        double worst = 0;
        int leaves = 0;
        for (var mode : Mode.values()) {
            var settings = Word2Vec.skipGram(20).withMode(mode).withOutput(Output.HIERARCHICAL_SOFTMAX).withMinCount(1).withEpochs(2)
                    .withLearningRate(0.5);
            var model = settings.fit(zipf(5, 800, 400, 25));
            leaves += model.words().size();
            for (int i = 0; i < 50; i++) {
                double[] p = model.probabilities(mode == Mode.CBOW ? new int[] {i, 2 * i, 3} : new int[] {i});
                for (double each : p) assertThat(each).isBetween(0.0, 1.0);
                worst = Math.max(worst, Math.abs(Arrays.stream(p).sum() - 1));
            }
        }
        assertThat(leaves).isGreaterThan(1400);
        Evidence.of("largest |sum - 1|", worst, atMost(1e-9));
    }

    /** Sentences of a chain over n words, each of which some {@code followers} follow, common ones and rare ones. */
    static List<List<String>> chain(long seed, int n, int sentences, int length, int followers) {
        var rng = Rng.of(seed);
        double[] common = IntStream.range(0, n).mapToDouble(_ -> rng.nextGaussian()).toArray();
        var follow = new AliasTable[n];
        for (int i = 0; i < n; i++) {
            var weights = new double[n];
            for (int j = 0; j < n; j++) weights[j] = rng.nextInt(n) < followers ? Math.exp(common[j] + 0.3 * rng.nextGaussian()) : 0;
            follow[i] = new AliasTable(weights);
        }
        return IntStream.range(0, sentences).mapToObj(_ -> {
            var text = new ArrayList<String>();
            for (int i = rng.nextInt(n); text.size() < length; i = follow[i].sample(rng)) text.add("w" + i);
            return (List<String>) text;
        }).toList();
    }

    static double correlation(double[] a, double[] b) {
        double ma = Arrays.stream(a).average().orElseThrow(), mb = Arrays.stream(b).average().orElseThrow(), ab = 0, aa = 0, bb = 0;
        for (int i = 0; i < a.length; i++) {
            ab += (a[i] - ma) * (b[i] - mb);
            aa += (a[i] - ma) * (a[i] - ma);
            bb += (b[i] - mb) * (b[i] - mb);
        }
        return ab / Math.sqrt(aa * bb);
    }

    @Tag("slow")
    @Acceptance(topic = TOPIC, clause = 3)
    @Test void scoresTendToShiftedPointwiseInformation() {
        int n = 60, window = 1, k = 5;
        var sentences = chain(8, n, 1000, 30, 6);
        for (double power : new double[] {0.75, 1}) {
            var model = Word2Vec.skipGram(n).withWindow(window).withDynamicWindow(false).withSubsample(0).withMinCount(1).withNegatives(k)
                    .withNoisePower(power).withEpochs(40).withLearningRate(0.05).fit(sentences);
            assertThat(model.words()).hasSize(n);
            var pairs = new HashMap<List<String>, Integer>();
            var centres = new HashMap<String, Integer>();
            var counts = new HashMap<String, Integer>();
            for (var s : sentences) {
                for (int i = 0; i < s.size(); i++) {
                    counts.merge(s.get(i), 1, Integer::sum);
                    for (int j = 0; j < s.size(); j++) {
                        if (i == j || Math.abs(i - j) > window) continue;
                        pairs.merge(List.of(s.get(i), s.get(j)), 1, Integer::sum);
                        centres.merge(s.get(i), 1, Integer::sum);
                    }
                }
            }
            double noise = counts.values().stream().mapToDouble(c -> Math.pow(c, power)).sum();
            var own = new double[pairs.size()];
            var expected = new double[pairs.size()];
            int at = 0;
            var v = model.vectors();
            var u = model.contexts();
            for (var pair : pairs.entrySet()) {
                String w = pair.getKey().get(0), c = pair.getKey().get(1);
                own[at] = EmbeddingTable.dot(v.get(w), u.get(c));
                expected[at++] = Math.log(pair.getValue() / (k * centres.get(w) * Math.pow(counts.get(c), power) / noise));
            }
            assertThat(own.length).isGreaterThan(500);
            Evidence.of("correlation over observed pairs, noise count^" + power, correlation(own, expected), atLeast(0.98));
        }
    }

    private static String word(int sex, int rank, int number) { return "x" + sex + rank + number; }

    /** Each word among words that go with its sex, its rank and its number. */
    static List<List<String>> attributes(long seed, int ranks, int sentences) {
        var rng = Rng.of(seed);
        return IntStream.range(0, sentences).mapToObj(_ -> {
            int sex = rng.nextInt(2), rank = rng.nextInt(ranks), number = rng.nextInt(2);
            var s = new ArrayList<>(List.of(word(sex, rank, number), "sex" + sex + rng.nextInt(4), "rank" + rank + rng.nextInt(4),
                    "number" + number + rng.nextInt(4), "other" + rng.nextInt(20)));
            int[] order = rng.permutation(5);
            return Arrays.stream(order).mapToObj(s::get).toList();
        }).toList();
    }

    /** All questions in which one of the three changes and both others differ between the two pairs, or rank alone for a rank's. */
    static List<AnalogyQuestion> questions(int ranks) {
        var all = new ArrayList<AnalogyQuestion>();
        for (int s = 0; s < 2; s++) for (int r = 0; r < ranks; r++) for (int n = 0; n < 2; n++) for (int q = 0; q < ranks; q++) {
            if (q == r) continue;
            all.add(new AnalogyQuestion(word(s, r, n), word(1 - s, r, n), word(s, q, 1 - n), word(1 - s, q, 1 - n)));
            all.add(new AnalogyQuestion(word(s, r, n), word(s, r, 1 - n), word(1 - s, q, n), word(1 - s, q, 1 - n)));
            all.add(new AnalogyQuestion(word(s, r, n), word(s, q, n), word(1 - s, r, 1 - n), word(1 - s, q, 1 - n)));
        }
        return all;
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void analogiesOfAttributesAreRight() {
        double least = 1;
        for (var output : List.of(Output.NEGATIVE_SAMPLING, Output.HIERARCHICAL_SOFTMAX)) {
            var model = Word2Vec.skipGram(20).withOutput(output).withSubsample(0).withMinCount(1).withEpochs(8).withLearningRate(0.1)
                    .fit(attributes(2, 5, 4000));
            double right = EmbeddingGeometry.analogyAccuracy(model.vectors(), questions(5), Analogy.ADD);
            least = Math.min(least, right);
        }
        Evidence.of("questions", questions(5).size(), exactly(240));
        Evidence.of("share of analogies right, the worse of both outputs", least, atLeast(0.85));
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void oneThreadRepeatsItself() {
        int wrong = 0, runs = 0;
        var text = attributes(1, 3, 300);
        for (var settings : combinations(8)) {
            var some = settings.withSubsample(0.01).withSeed(7);
            var a = some.fit(text).vectors().vectors().toFloatArray();
            for (int again = 0; again < 3; again++, runs++)
                if (!Arrays.equals(a, some.fit(text).vectors().vectors().toFloatArray())) wrong++;
            assertThat(some.withSeed(8).fit(text).vectors().vectors().toFloatArray()).isNotEqualTo(a);
        }
        Evidence.of("runs again", runs, exactly(12));
        Evidence.of("runs with other bits", wrong, exactly(0));
    }

    @Test void threadsLearnTheSameThing() {
        var model = Word2Vec.skipGram(20).withSubsample(0).withMinCount(1).withEpochs(8).withLearningRate(0.1).withThreads(2)
                .fit(attributes(2, 5, 4000));
        assertThat(EmbeddingGeometry.analogyAccuracy(model.vectors(), questions(5), Analogy.ADD)).isGreaterThan(0.8);
    }

    @Test void phrasesAreJoined() {
        var sentences = new ArrayList<List<String>>();
        for (int i = 0; i < 20; i++)
            sentences.add(List.of("new", "york", "x" + i % 7, "in", "a", "in", "in", "new", "y" + i % 7, "a", "new"));
        var phrases = new PhraseDetector(5, 2, 5).find(sentences);
        // 220 words, "new" 60, "york" 20, together 20; the next best, "in a", has (20 - 5) 220 / (60 40)
        assertThat(phrases.found()).containsExactly(new PhraseDetector.Phrase("new", "york", (20 - 5) * 220.0 / (60 * 20)));
        assertThat(phrases.join(List.of("york", "new", "york", "new", "york", "a", "new"))).containsExactly("york", "new_york", "new_york",
                "a", "new");
        assertThat(new PhraseDetector(21, 0, 0).find(sentences).found()).isEmpty();
    }

    @Test void badInputIsRefused() {
        assertThatThrownBy(() -> Word2Vec.skipGram(0)).hasMessageContaining("dimension is 0");
        assertThatThrownBy(() -> Word2Vec.skipGram(5).withNegatives(0)).hasMessageContaining("negatives is 0");
        assertThatThrownBy(() -> Word2Vec.skipGram(5).withLearningRate(Double.NaN)).hasMessageContaining("learningRate is NaN");
        assertThatThrownBy(() -> Word2Vec.skipGram(5).fit(List.of(List.of("a", "b"))))
                .hasMessageContaining("0 of 2 words stand at least 5");
        var model = Word2Vec.skipGram(5).withMinCount(1).fit(List.of(List.of("a", "b", "a"), List.of()));
        assertThat(model.words()).containsExactly("a", "b");
        assertThatThrownBy(() -> model.probabilities(0)).hasMessageContaining("negative sampling does not learn them");
        assertThatThrownBy(() -> model.gradient(new int[0], 0)).hasMessageContaining("no input");
        var tree = Word2Vec.cbow(5).withOutput(Output.HIERARCHICAL_SOFTMAX).withMinCount(1).fit(List.of(List.of("a", "b", "a")));
        assertThatThrownBy(tree::contexts).hasMessageContaining("Huffman");
    }
}
