package lyceum.text.vector;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import lyceum.text.vector.Word2Vec.Output;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class SkipGramTest {
    private static final String TOPIC = "skip-gram";
    private static final Golden GOLDEN = Golden.load("golden/skip-gram.json");

    private static final Word2Vec SOFTMAX = Word2Vec.skipGram(20).withOutput(Output.SOFTMAX).withSubsample(0).withMinCount(1)
            .withDynamicWindow(false);

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void pairsAreThoseOfTheWindow() {
        var rng = Rng.of(1);
        int wrong = 0, sentences = 0;
        long pairs = 0;
        for (; sentences < 500; sentences++) {
            int window = 1 + rng.nextInt(6), n = rng.nextInt(20);
            int[] text = IntStream.range(0, n).map(_ -> rng.nextInt(8)).toArray();
            var expected = new ArrayList<String>();
            for (int i = 0; i < n; i++)
                for (int j = 0; j < n; j++) if (i != j && Math.abs(i - j) <= window) expected.add(text[i] + " " + text[j]);
            var found = Arrays.stream(SkipGramPairs.within(window).list(text, rng)).map(p -> p[0] + " " + p[1]).toList();
            if (!found.equals(expected)) wrong++;
            pairs += found.size();
        }
        Evidence.of("sentences", sentences, exactly(500));
        Evidence.of("sentences with other pairs", wrong, exactly(0));
        assertThat(pairs).isGreaterThan(10_000);
        double worst = 0;
        for (int window : new int[] {2, 5, 10}) {
            int n = 1000, repeats = 1500;
            int[] text = IntStream.range(0, n).toArray();
            var counts = new long[2 * window + 1];
            var dynamic = SkipGramPairs.within(window).withDynamicWindow(true);
            for (int r = 0; r < repeats; r++) dynamic.forEach(text, rng, (a, b) -> counts[b - a + window]++);
            for (int d = 1; d <= window; d++) {
                double expected = (window - d + 1.0) / window * (n - d) * repeats;
                for (int side = -d; side <= d; side += 2 * d) worst = Math.max(worst, Math.abs(counts[side + window] / expected - 1));
            }
        }
        Evidence.of("counts at each distance over (w - d + 1) / w of all, largest |ratio - 1|", worst, atMost(0.01));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void fullSoftmaxGradientsAreThoseOfDifferencesAndPyTorch() {
        Evidence.of("gradient less finite differences, relative", Word2VecTest.gradientGap(SOFTMAX, 6), below(1e-7));
        var r = new Recipe(128);
        var gap = Gap.relativeBeyondOne();
        for (var c : GOLDEN.list("cases")) {
            int words = c.integer("input.words"), d = c.integer("input.dimension");
            var text = List.of(IntStream.range(0, words).mapToObj(i -> "w" + i).toList());
            var model = Word2VecModel.start(SOFTMAX.withDimension(d), IndexedText.of("test", text, 1), Rng.of(0));
            for (var rows : List.of(model.in, model.out))
                for (var row : rows) for (int j = 0; j < d; j++) row[j] = (r.below(1 << 12) - (1 << 11)) * 0x1p-10f;
            int centre = r.below(words), target = r.below(words);
            assertThat(List.of(centre, target)).isEqualTo(List.of(c.integer("input.centre"), c.integer("input.target")));
            var g = model.gradient(new int[] {centre}, target);
            gap.see(c, "expected.loss", g.loss());
            gap.see(c, "expected.input", g.input());
            gap.see(c, "expected.output", Arrays.stream(g.output()).flatMapToDouble(Arrays::stream).toArray());
        }
        Evidence.of("loss and gradients less PyTorch's", gap.worst(), atMost(1e-10));
    }

    @Tag("slow")
    @Acceptance(topic = TOPIC, clause = 2)
    @Test void theTrainedModelKnowsTheCounts() {
        int n = 50, window = 1;
        var sentences = Word2VecTest.chain(3, n, 150, 40, 4);
        var model = SOFTMAX.withDimension(n).withWindow(window).withEpochs(80).withLearningRate(0.1).fit(sentences);
        assertThat(model.words()).hasSize(n);
        var counts = new double[n][n];
        for (var s : sentences)
            for (int i = 0; i < s.size(); i++)
                for (int j = 0; j < s.size(); j++)
                    if (i != j && Math.abs(i - j) <= window) counts[model.words().indexOf(s.get(i))][model.words().indexOf(s.get(j))]++;
        double divergence = 0, total = 0, flat = 0;
        for (int w = 0; w < n; w++) {
            double row = Arrays.stream(counts[w]).sum();
            double[] p = model.probabilities(w);
            for (int c = 0; c < n; c++) {
                if (counts[w][c] == 0) continue;
                divergence += counts[w][c] * Math.log(counts[w][c] / row / p[c]);
                flat += counts[w][c] * Math.log(counts[w][c] / row * n);
            }
            total += row;
        }
        assertThat(flat / total).as("divergence of a model that knows nothing").isGreaterThan(0.3);
        Evidence.of("count-weighted mean divergence of the model from the counts, nats", divergence / total, below(0.01));
    }

    /** Ten classes of twenty common words and ten rare ones, which stand among words of their class and a few of any. */
    private static List<List<String>> classes(long seed) {
        var rng = Rng.of(seed);
        var rare = new ArrayList<String>();
        for (int c = 0; c < 10; c++) for (int i = 0; i < 10; i++) for (int k = 0; k < 4 + rng.nextInt(7); k++) rare.add("r" + c + "_" + i);
        Collections.shuffle(rare, rng);
        var sentences = new ArrayList<List<String>>();
        for (int s = 0; s < 2000; s++) {
            boolean with = s < rare.size();
            int c = with ? rare.get(s).charAt(1) - '0' : rng.nextInt(10);
            var text = new ArrayList<String>();
            for (int i = 0; i < 8; i++) text.add(rng.nextInt(10) < 3 ? "any" + rng.nextInt(50) : "c" + c + "_" + rng.nextInt(20));
            if (with) text.set(rng.nextInt(8), rare.get(s));
            sentences.add(text);
        }
        Collections.shuffle(sentences, rng);
        return sentences;
    }

    /** Share of the ten nearest words of each rare one, common or rare, that are of its class. */
    private static double precision(EmbeddingTable table) {
        int right = 0, all = 0;
        for (var word : table.names()) {
            if (word.charAt(0) != 'r') continue;
            for (var near : table.nearest(word, 10)) {
                all++;
                if (near.name().charAt(0) != 'a' && near.name().charAt(1) == word.charAt(1)) right++;
            }
        }
        return (double) right / all;
    }

    @Tag("slow")
    @Acceptance(topic = TOPIC, clause = 3)
    @Test void rareWordsFareBetterThanUnderCbow() {
        double least = 1;
        for (int seed = 0; seed < 5; seed++) {
            var text = classes(seed);
            var skip = Word2Vec.skipGram(30).withSubsample(0).withMinCount(1).withEpochs(4).withSeed(seed);
            var counts = skip.withEpochs(1).fit(text);
            var seen = new HashSet<Long>();
            for (int i = 0; i < counts.words().size(); i++) if (counts.words().get(i).charAt(0) == 'r') seen.add(counts.counts()[i]);
            assertThat(seen).allMatch(c -> c <= 10);
            double own = precision(skip.learn(text)),
                    cbow = precision(Word2Vec.cbow(30).withSubsample(0).withMinCount(1).withEpochs(4).withSeed(seed).learn(text));
            least = Math.min(least, own - cbow);
        }
        Evidence.of("class precision of rare words less CBOW's, the least of 5 seeds", least, atLeast(0.1));
    }

    @Test void thinningGoesBeforeTheWindow() {
        var keep = new double[] {1, 0, 1};
        var pairs = new SkipGramPairs(1, false, keep).list(new int[] {0, 1, 2}, Rng.of(0));
        assertThat(pairs).isDeepEqualTo(new int[][] {{0, 2}, {2, 0}});
        var kept = SkipGramPairs.keeping(new long[] {50, 50, 99_900}, 1e-3);
        assertThat(kept[0]).isEqualTo(1);
        assertThat(kept[2]).isEqualTo(Math.sqrt(1e-3 / 0.999) + 1e-3 / 0.999);
        int[] n = {0};
        for (int i = 0; i < 1000; i++) new SkipGramPairs(1, false, new double[] {0.3}).forEach(new int[101], Rng.of(i), (_, _) -> n[0]++);
        assertThat(n[0] / 2000.0 / 100).isBetween(0.28, 0.31);
        assertThat(SkipGramPairs.within(Integer.MAX_VALUE).list(new int[] {1, 2, 3}, Rng.of(0)).length).isEqualTo(6);
        assertThat(SkipGramPairs.within(2).list(new int[0], Rng.of(0))).isEmpty();
        assertThatThrownBy(() -> SkipGramPairs.within(0)).hasMessageContaining("window is 0");
        assertThatThrownBy(() -> SkipGramPairs.keeping(new long[] {1}, -1)).hasMessageContaining("-1");
    }
}
