package lyceum.text.lm;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import lyceum.FormatException;
import lyceum.format.Safetensors;
import lyceum.random.Rng;
import lyceum.tensor.Temperature;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Fuzz;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import lyceum.text.lm.NGramSmoothing.AbsoluteDiscount;
import lyceum.text.lm.NGramSmoothing.AddK;
import lyceum.text.lm.NGramSmoothing.JelinekMercer;
import lyceum.text.lm.NGramSmoothing.Katz;
import lyceum.text.lm.NGramSmoothing.KneserNey;
import lyceum.text.lm.NGramSmoothing.Mle;
import lyceum.text.lm.NGramSmoothing.StupidBackoff;
import lyceum.text.lm.NGramSmoothing.WittenBell;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NGramLanguageModelTest {
    private static final String TOPIC = "n-gram-lm";
    private static final Golden GOLDEN = Golden.load("golden/n-gram-lm.json");
    static final List<NGramSmoothing> SMOOTHED = List.of(new AddK(1), new JelinekMercer(), new WittenBell(), new AbsoluteDiscount(),
            new AbsoluteDiscount(0.5, false), new KneserNey(false), new KneserNey(), new KneserNey(Double.NaN, false, false),
            new KneserNey(Double.NaN, true, false), new Katz());

    /** The sentences of the script, padded as nltk does. */
    private static List<int[]> padded(int order) {
        var r = new Recipe(145 + order);
        var texts = new ArrayList<int[]>();
        for (int i = 0; i < 60; i++) {
            int length = r.below(9);
            var ids = new int[length + 2 * (order - 1)];
            Arrays.fill(ids, 0, order - 1, 9);
            Arrays.fill(ids, order - 1 + length, ids.length, 10);
            for (int t = 0; t < length; t++) {
                double u = r.uniform();
                ids[order - 1 + t] = (int) (u * u * 9);
            }
            texts.add(ids);
        }
        return texts;
    }

    /** Largest difference from nltk's probabilities, and how many were compared. */
    static double[] gap(String name, NGramSmoothing smoothing, boolean notAfterStart) {
        double worst = 0, compared = 0;
        for (int order = name.equals("kneserNey") ? 2 : 1; order <= 4; order++) {
            var golden = GOLDEN.named("order" + order);
            var model = new NGramEstimator(order, 13).withSmoothing(smoothing).withUniformBase(false).fit(padded(order));
            double[][] expected = golden.matrix("expected." + name);
            int[][] contexts = golden.intMatrix("input.contexts");
            for (int i = 0; i < contexts.length; i++) {
                if (notAfterStart && contexts[i].length > 0 && contexts[i][contexts[i].length - 1] == 9) continue;
                for (int w = 0; w < 12; w++, compared++)
                    worst = Math.max(worst, Math.abs(model.probability(w, contexts[i]) - expected[i][w]));
            }
        }
        return new double[] {worst, compared};
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void probabilitiesAreThoseOfNltk() {
        Evidence.of("MLE less nltk's", gap("mle", new Mle(), false)[0], atMost(1e-10));
        Evidence.of("Lidstone 0.3 less nltk's", gap("lidstone", new AddK(0.3), false)[0], atMost(1e-10));
        Evidence.of("Laplace less nltk's", gap("laplace", new AddK(1), false)[0], atMost(1e-10));
        Evidence.of("interpolated absolute discount less nltk's", gap("absolute", new AbsoluteDiscount(0.75, true), false)[0],
                atMost(1e-10));
        double[] kneser = gap("kneserNey", new KneserNey(0.6, false, true), true);
        Evidence.of("interpolated Kneser-Ney less nltk's", kneser[0], atMost(1e-10));
        Evidence.of("probabilities of Kneser-Ney compared", kneser[1], atLeast(600));
    }

    /** 300 contexts of 0 to 2 words: from held-out verses, or words drawn at random. */
    static List<int[]> contexts() {
        var verses = Verses.WORDS;
        var rng = Rng.of(300);
        var contexts = new ArrayList<int[]>();
        for (int i = 0; i < 300; i++) {
            int[] verse = verses.heldOut().get(rng.nextInt(verses.heldOut().size()));
            int t = rng.nextInt(verse.length);
            if (i % 3 < 2) contexts.add(Arrays.copyOfRange(verse, Math.max(0, t - i % 3 - 1), t));
            else contexts.add(new int[] {2 + rng.nextInt(verses.words().size() - 2), 2 + rng.nextInt(verses.words().size() - 2)});
        }
        return contexts;
    }

    static double worstSum(NGramLanguageModel model, List<int[]> contexts) {
        double worst = 0;
        var rng = Rng.of(1);
        for (var context : contexts) {
            double[] logs = model.after(context).logProbabilities();
            worst = Math.max(worst, Math.abs(1 - Arrays.stream(logs).map(Math::exp).sum()));
            for (int i = 0; i < 20; i++) {
                int id = rng.nextInt(logs.length);
                worst = Math.max(worst, Math.abs(Math.exp(logs[id]) - model.probability(id, context)));
            }
        }
        return worst;
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void smoothedModelsSumToOne() {
        var contexts = contexts();
        var seen = Verses.WORDS.estimator(3).withSmoothing(new Mle()).fit(Verses.WORDS.train().subList(0, 12_000));
        long unseen = contexts.stream()
                .filter(c -> Arrays.stream(seen.after(c).logProbabilities()).allMatch(p -> p == Double.NEGATIVE_INFINITY)).count();
        Evidence.of("contexts", contexts.size(), exactly(300));
        Evidence.of("of them never seen", unseen, atLeast(90));
        Evidence.of("of them seen", 300 - unseen, atLeast(90));
        for (var smoothing : SMOOTHED) {
            var model = Verses.WORDS.estimator(3).withSmoothing(smoothing).fit(Verses.WORDS.train().subList(0, 12_000),
                    Verses.WORDS.heldOut().subList(0, 500));
            Evidence.of("largest |sum - 1|, " + smoothing, worstSum(model, contexts), atMost(1e-9));
        }
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void perplexitiesOnHeldOutVerses() {
        var verses = Verses.WORDS;
        var mle = verses.estimator(3).withSmoothing(new Mle()).fit(verses.train()).evaluate(verses.heldOut());
        double modified = verses.estimator(3).fit(verses.train()).evaluate(verses.heldOut()).perplexity();
        double plain = verses.estimator(3).withSmoothing(new KneserNey(false)).fit(verses.train()).evaluate(verses.heldOut()).perplexity();
        double laplace = verses.estimator(3).withSmoothing(new AddK(1)).fit(verses.train()).evaluate(verses.heldOut()).perplexity();
        Evidence.of("perplexity without smoothing", mle.perplexity(), exactly(Double.POSITIVE_INFINITY));
        Evidence.of("modified Kneser-Ney " + modified + " over Kneser-Ney", modified / plain, below(1));
        Evidence.of("Kneser-Ney " + plain + " over Laplace", plain / laplace, below(1));
        assertThat(mle.impossible()).isPositive();
        assertThat(mle.toString()).contains("probability 0");
        assertThat(modified).isBetween(20.0, 200.0);
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void arpaFilesKeepScores(@TempDir Path folder) throws Exception {
        var verses = Verses.WORDS;
        double worst = 0;
        int scores = 0;
        for (var smoothing : List.of(new KneserNey(), new Katz())) {
            var model = verses.estimator(3).withSmoothing(smoothing).fit(verses.train().subList(0, 4000));
            var path = folder.resolve("model.arpa");
            ArpaFile.write(path, model, verses.words());
            var read = ArpaFile.read(path);
            assertThat(read.words()).isEqualTo(verses.words());
            assertThat(read.model().size(3)).isEqualTo(model.size(3));
            assertThat(read.model().endMark()).isEqualTo(Verses.END);
            for (var verse : verses.heldOut().subList(0, 500)) {
                double[] own = model.logProbabilities(verse), again = read.model().logProbabilities(verse);
                for (int t = 0; t < own.length; t++, scores++) worst = Math.max(worst, Math.abs(own[t] - again[t]));
            }
        }
        Evidence.of("scores of tokens", scores, atLeast(20_000));
        Evidence.of("largest change of a score", worst, atMost(1e-5));
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void stepsOfTheWeightsNeverLowerHeldOutLikelihood() {
        var verses = Verses.WORDS;
        var heldOut = verses.heldOut().subList(0, 200);
        double worst = 0, gain = Double.POSITIVE_INFINITY;
        int steps = 0;
        for (double from : new double[] {0.05, 0.3, 0.6, 0.95}) {
            double before = Double.NEGATIVE_INFINITY, first = 0;
            for (int i = 0; i <= 8; i++, steps++) {
                var model = verses.estimator(3).withSmoothing(new JelinekMercer(from, 8, i)).fit(verses.train().subList(0, 3000), heldOut);
                double reached = model.evaluate(heldOut).logLikelihood();
                if (i == 0) first = reached;
                worst = Math.max(worst, before - reached);
                before = reached;
            }
            gain = Math.min(gain, before - first);
        }
        Evidence.of("models, of 0 to 8 steps from four starts", steps, exactly(36));
        Evidence.of("largest loss of held-out log-likelihood in a step", worst, atMost(1e-6));
        Evidence.of("least gain of eight steps, nats", gain, above(10));
    }

    @Test void runsFromTheStartMarkKeepTheirCounts() {
        var model = new NGramEstimator(3, 4).withMarks(0, 1).withSmoothing(new KneserNey(0.5, false, true))
                .fit(List.of(new int[] {2}, new int[] {2}, new int[] {3}));
        double alone = 0.5 / 4 + 0.5 * 3 / 4 / 3; // 2 stands behind one id of four different pairs
        assertThat(model.probability(2, 0)).isCloseTo(1.5 / 3 + 0.5 * 2 / 3 * alone, within());
    }

    private static final String ARPA = """
            made by hand
            \\data\\
            ngram 1=4
            ngram 2=2

            \\1-grams:
            -1\t</s>
            -99\t<s>\t-0.5
            -0.4\ta\t-0.25
            -0.3\tb

            \\2-grams:
            -0.1\ta b
            -0.2\t<s> a

            \\end\\
            """;

    @Tag("heavy")
    @Test void aHundredThousandMutantsOfFilesAreReadOrRefused(@TempDir Path folder) throws Exception {
        arpaMutants(100_000);
        var small = new NGramEstimator(3, 5).withMarks(0, 1).fit(List.of(new int[] {2, 3, 2, 4}, new int[] {2, 4, 4}));
        small.save(folder.resolve("small"));
        savedMutants(100_000, folder.resolve("small"));
    }

    private static void arpaMutants(int n) {
        Fuzz.of(ARPA.getBytes(StandardCharsets.UTF_8)).allowing(FormatException.class).mutants(n, bytes -> {
            var model = ArpaFile.read(new ByteArrayInputStream(bytes)).model();
            model.after(0).logProbabilities();
        });
    }

    private static void savedMutants(int n, Path path) {
        Fuzz.of(path).allowing(FormatException.class).mutants(n, bytes -> {
            var model = NGramLanguageModel.of(Safetensors.read(MemorySegment.ofArray(bytes)));
            model.after(0, 2 % model.vocabulary()).logProbabilities();
            model.score(0, 0, 0);
        });
    }

    @Test void aFileWrittenByHand(@TempDir Path folder) throws Exception {
        var read = ArpaFile.read(new ByteArrayInputStream(ARPA.getBytes(StandardCharsets.UTF_8)));
        double ten = Math.log(10);
        assertThat(read.model().score(read.ids("a", "b", "</s>")) / ten).as("s a, a b, b backs off").isCloseTo(-0.2 - 0.1 - 1, within());
        assertThat(read.model().score(read.ids("b", "a", "a")) / ten).isCloseTo(-0.5 - 0.3 - 0.4 - 0.25 - 0.4, within());
        assertThatThrownBy(() -> read.ids("c")).hasMessageContaining("no <unk>");
        for (var wrong : Map.of("ngram 1=4", "ngram 1=5", "ngram 2=2", "ngram 2=9999999999", "-0.1\ta b", "-0.1\ta c", "-0.3\tb", "0.3\tb",
                "-0.2\t<s> a", "-0.1\ta b", "\\end\\", "", "-0.4\ta", "NaN\ta").entrySet())
            assertThatThrownBy(() -> ArpaFile
                    .read(new ByteArrayInputStream(ARPA.replace(wrong.getKey(), wrong.getValue()).getBytes(StandardCharsets.UTF_8))))
                    .as(wrong.toString()).isInstanceOf(FormatException.class).hasMessageContaining("at line");
        var odd = read.words().stream().map(w -> w.equals("b") ? "\u2003" : w.equals("a") ? "\u3000a\u2028" : w).toList();
        var copy = folder.resolve("odd.arpa");
        ArpaFile.write(copy, read.model(), odd);
        assertThat(ArpaFile.read(copy).words()).isEqualTo(odd);
        assertThat(ArpaFile.read(copy).model().size(2)).isEqualTo(read.model().size(2));
        assertThatThrownBy(() -> ArpaFile.write(copy, read.model(), odd.stream().map(w -> w.equals("\u2003") ? "x\ud800" : w).toList()))
                .hasMessageContaining("character 1 is half of a surrogate pair");
        arpaMutants(5_000);
    }

    private static org.assertj.core.data.Offset<Double> within() { return org.assertj.core.data.Offset.offset(1e-12); }

    @Test void savedModelsAreTheSame(@TempDir Path folder) throws Exception {
        var verses = Verses.WORDS;
        var path = folder.resolve("model.safetensors");
        for (var smoothing : List.of(new KneserNey(), new AddK(0.1), new StupidBackoff(), new Mle())) {
            var model = verses.estimator(3).withSmoothing(smoothing).fit(verses.train().subList(0, 300));
            model.save(path);
            var again = NGramLanguageModel.load(path);
            for (var verse : verses.heldOut().subList(0, 20))
                assertThat(again.logProbabilities(verse)).isEqualTo(model.logProbabilities(verse));
            assertThat(again.normalised()).isEqualTo(model.normalised());
            assertThat(again.bytes()).isEqualTo(model.bytes());
        }
        var small = new NGramEstimator(3, 5).withMarks(0, 1).fit(List.of(new int[] {2, 3, 2, 4}, new int[] {2, 4, 4}));
        small.save(path);
        var tensors = small.table().tensors();
        int[] starts = tensors.get("1.starts").toIntArray();
        starts[1] = 1_000_000;
        tensors.put("1.starts", Tensor.of(starts));
        assertThatThrownBy(() -> NGramTable.of(tensors, 3, 5, false)).isInstanceOf(FormatException.class)
                .hasMessageContaining("followers end before they begin");
        savedMutants(5_000, path);
    }

    @Test void prunedModelsAreSmallerAndStillSumToOne() {
        var verses = Verses.WORDS;
        var model = verses.estimator(3).fit(verses.train().subList(0, 8000));
        double whole = model.evaluate(verses.heldOut()).perplexity();
        var pruned = model.pruned(1e-6);
        assertThat(pruned.size(3)).isLessThan(model.size(3) / 2).isPositive();
        assertThat(worstSum(pruned, contexts().subList(0, 100))).isLessThan(1e-9);
        assertThat(pruned.evaluate(verses.heldOut()).perplexity()).isLessThan(1.25 * whole);
        var crude = model.pruned(1e-3);
        assertThat(crude.size(3)).isLessThan(pruned.size(3));
        assertThat(crude.evaluate(verses.heldOut()).perplexity()).isGreaterThan(pruned.evaluate(verses.heldOut()).perplexity());
        assertThatThrownBy(() -> verses.estimator(2).withSmoothing(new AddK(1)).fit(verses.train().subList(0, 9)).pruned(0))
                .hasMessageContaining("does not hand");
    }

    @Test void marksUnknownsSamplesAndBadInput() {
        var model = new NGramEstimator(2, 5).withMarks(0, 1).withUnknown(2).fit(List.of(new int[] {3, 4, 3}, new int[] {3, 99}));
        assertThat(model.score(3, 77, 1)).isEqualTo(model.score(3, 2, 1));
        assertThat(model.probability(0, 3)).as("the start mark").isZero();
        assertThat(model.sample(new int[] {3}, 10, new Temperature(1), Rng.of(4)))
                .isEqualTo(model.sample(new int[] {3}, 10, new Temperature(1), Rng.of(4))).doesNotContain(0, 1);
        int first = 0;
        for (int i = 0; i < 2000; i++) {
            int[] drawn = model.sample(new int[0], 1, new Temperature(1), Rng.of(i));
            if (drawn.length == 1 && drawn[0] == 3) first++;
        }
        assertThat(first / 2000.0).isCloseTo(model.probability(3, 0), org.assertj.core.data.Offset.offset(0.04));
        assertThat(model.scores(List.of(new int[] {3}, new int[] {4, 1}))).containsExactly(model.score(3), model.score(4, 1));
        var refusing = new NGramEstimator(2, 5).fit(List.of(new int[] {3, 4}));
        assertThatThrownBy(() -> refusing.score(3, 9)).hasMessageContaining("was given 9");
        assertThatThrownBy(() -> new NGramEstimator(2, 5).withMarks(0, 1).fit(List.of(new int[] {0, 3})))
                .hasMessageContaining("start mark 0 stands");
        assertThatThrownBy(() -> new NGramEstimator(2, 5).fit(List.of())).hasMessageContaining("no token");
        assertThatThrownBy(() -> new NGramEstimator(9, 5)).hasMessageContaining("order is 9");
        assertThatThrownBy(() -> new NGramEstimator(2, 5).withMarks(7, 1)).hasMessageContaining("marks");
        assertThatThrownBy(() -> new AbsoluteDiscount(1.5, true)).hasMessageContaining("discount is 1.5");
        assertThatThrownBy(() -> new AddK(Double.NaN)).hasMessageContaining("k is NaN");
        assertThatThrownBy(() -> refusing.evaluate(List.of(new int[] {3}))).hasMessageContaining("no token to predict");
        assertThatThrownBy(() -> ArpaFile.write(Path.of("never"), model, List.of("a"))).hasMessageContaining("1 words for 5 ids");
    }
}
