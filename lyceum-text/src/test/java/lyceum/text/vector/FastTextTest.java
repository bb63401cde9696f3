package lyceum.text.vector;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.FormatException;
import lyceum.data.Datasets;
import lyceum.data.SparseCounts;
import lyceum.data.Split;
import lyceum.progress.CancelledException;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Fuzz;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.text.vector.EmbeddingTable.Neighbour;
import lyceum.text.vector.FastTextClassifier.Labelled;
import lyceum.text.vector.FastTextSettings.Loss;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FastTextTest {
    private static final String TOPIC = "fasttext";
    private static final Golden GOLDEN = Golden.load("golden/fasttext.json");
    private static final List<String> FILES = List.of("skipgram", "cbow", "softmax", "letters", "independent");

    private static byte[] file(String name) {
        try (var in = FastTextTest.class.getResourceAsStream("/golden/fasttext-" + name + ".bin")) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static FastTextModel model(String name) {
        try {
            return FastTextFile.read(new ByteArrayInputStream(file(name)), file(name).length);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void piecesOfWhere() {
        Evidence.that("the 3-grams of 'where' are <wh, whe, her, ere, re>",
                new SubwordBuckets(3, 3, 10).pieces("where").equals(List.of("<wh", "whe", "her", "ere", "re>")));
        int compared = 0;
        for (var name : List.of("skipgram", "cbow")) {
            var expected = GOLDEN.named(name).texts("expected.pieces");
            for (int i = 0; i < 3; i++, compared++)
                assertThat(model(name).pieces(List.of("where", "né", "日本").get(i))).as(name).isEqualTo(List.of(expected.get(i).split(" ")));
        }
        assertThat(compared).isEqualTo(6);
        assertThat(new SubwordBuckets(3, 6, 10).pieces("where")).hasSize(14);
        assertThat(new SubwordBuckets(1, 1, 10).pieces("a😀")).containsExactly("a", "😀");
        assertThat(new SubwordBuckets(0, 0, 10).pieces("where")).isEmpty();
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void hashesAreThoseOfTheProgram() {
        Evidence.of("FNV-1a of 'a'", Integer.toUnsignedLong(SubwordBuckets.hash("a")), exactly(0xE40C292CL));
        var golden = GOLDEN.named("hashes");
        int differ = 0;
        var texts = golden.texts("input.texts");
        for (int i = 0; i < texts.size(); i++)
            if (Integer.toUnsignedLong(SubwordBuckets.hash(texts.get(i))) != golden.longs("expected.hashes")[i]) differ++;
        Evidence.of("hashes that differ from the rule's, of " + texts.size(), differ, exactly(0));
        // what the program itself prints for words beyond ASCII, from a file that it wrote
        var gap = Gap.relative();
        for (var name : List.of("skipgram", "cbow")) {
            var model = model(name);
            var words = GOLDEN.named(name).texts("input.words");
            double[][] printed = GOLDEN.named(name).matrix("expected.printed");
            for (int i = 0; i < words.size(); i++)
                if (!words.get(i).matches("\\p{ASCII}+"))
                    gap.see(name + " " + words.get(i), doubles(model.vector(words.get(i))), printed[i]);
        }
        assertThat(gap.seen()).isGreaterThan(50);
        Evidence.of("largest gap of vectors of words beyond ASCII to those that fasttext prints with five digits", gap, atMost(5.1e-5));
    }

    private static double[] doubles(float[] x) { return IntStream.range(0, x.length).mapToDouble(i -> x[i]).toArray(); }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void vectorsAreMeansOfRows() {
        var gap = Gap.absolute();
        int unseen = 0;
        for (var name : FILES) {
            var model = model(name);
            var words = GOLDEN.named(name).texts("input.words");
            double[][] expected = GOLDEN.named(name).matrix("expected.vectors");
            for (int i = 0; i < words.size(); i++) {
                gap.see(name + " " + words.get(i), doubles(model.vector(words.get(i))), expected[i]);
                if (!model.contains(words.get(i)) && model.pieces(words.get(i)).size() > 0) unseen++;
            }
        }
        assertThat(unseen).isGreaterThan(15);
        Evidence.of("largest gap to numpy's mean of rows, " + unseen + " unseen words among others", gap, atMost(1e-6));
    }

    @Test void predictionsAreThoseOfTheProgram() {
        var probabilities = Gap.absolute();
        var texts = Gap.absolute();
        for (var name : List.of("softmax", "letters", "independent")) {
            var model = model(name);
            var golden = GOLDEN.named(name);
            var asked = golden.texts("input.asked");
            for (int i = 0; i < asked.size(); i++) {
                var text = List.of(asked.get(i).split(" "));
                var fields = golden.texts("expected.predictions").get(i).split(" ");
                var found = model.predict(text, 3);
                assertThat(found).hasSize(3);
                if (!name.equals("independent")) assertThat(found.getFirst().name()).isEqualTo(fields[0]);
                for (int k = 0; k < 6; k += 2) {
                    var label = fields[k];
                    double own = found.stream().filter(f -> f.name().equals(label)).findFirst().orElseThrow().score();
                    double tolerated = name.equals("independent") ? 0.02 : 1; // whose program looks its sigmoid up in a table of 512
                    probabilities.see(name + " " + asked.get(i), own * tolerated, Double.parseDouble(fields[k + 1]) * tolerated);
                }
                texts.see(name + " " + asked.get(i), doubles(model.textVector(text)), golden.matrix("expected.texts")[i]);
            }
        }
        assertThat(probabilities.worst()).isLessThan(1e-4);
        assertThat(texts.worst()).isLessThan(1e-4);
    }

    private static final List<String> AFFIXES = List.of("en", "ung", "lich", "heit", "sam");

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void formsNeverSeenFindTheirStems() {
        var rng = Rng.of(4);
        var stems = new ArrayList<String>();
        while (stems.size() < 100) {
            var stem = new StringBuilder();
            for (int i = 0; i < 5; i++)
                stem.append("bdfgklmnprstvz".charAt(rng.nextInt(14))).append(i % 2 == 0 ? "aeiou".charAt(rng.nextInt(5)) : "");
            if (!stems.contains(stem.toString())) stems.add(stem.toString());
        }
        var heldOut = new ArrayList<String[]>(); // each stem keeps one of its five forms from the text
        var sentences = new ArrayList<List<String>>();
        for (int s = 0; s < stems.size(); s++) heldOut.add(new String[] {stems.get(s), stems.get(s) + AFFIXES.get(s % 5)});
        for (int n = 0; n < 3000; n++) {
            int s = rng.nextInt(stems.size());
            var sentence = new ArrayList<String>();
            for (int i = 0; i < 6; i++) {
                int a = rng.nextInt(6);
                if (a < 5 && a != s % 5) sentence.add(stems.get(s) + AFFIXES.get(a));
                else sentence.add(stems.get(s));
            }
            for (int i = 0; i < 3; i++) sentence.add("w" + rng.nextInt(30));
            sentences.add(sentence);
        }
        var model = FastText.skipGram(24).withBuckets(20_000).withSubsample(0).withMinCount(1).withEpochs(2).fit(sentences);
        int found = 0;
        for (var pair : heldOut) {
            assertThat(model.contains(pair[1])).isFalse();
            if (model.nearest(pair[1], 5).stream().map(Neighbour::name).anyMatch(pair[0]::equals)) found++;
        }
        Evidence.of("held-out forms with their stem among 5 neighbours, of " + heldOut.size(), (double) found / heldOut.size(),
                atLeast(0.8));
    }

    private static List<Labelled> mails(SparseCounts box) {
        var mails = new ArrayList<Labelled>();
        for (int i = 0; i < box.size(); i++) {
            var words = new ArrayList<String>();
            for (int e = box.rowStarts()[i]; e < box.rowStarts()[i + 1]; e++)
                words.addAll(Collections.nCopies(Math.min(3, box.counts()[e]), box.vocabulary().get(box.columns()[e])));
            mails.add(new Labelled(List.of(box.classNames().get(box.labels()[i])), words));
        }
        return mails;
    }

    private static double accuracy(FastTextModel model, List<Labelled> texts) {
        long hits = texts.stream().filter(m -> {
            var best = model.predict(m.words(), 1);
            return !best.isEmpty() && best.getFirst().name().equals(m.labels().getFirst());
        }).count();
        return (double) hits / texts.size();
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void spamIsToldFromHam() {
        var all = Datasets.spamAssassin();
        var boxes = Split.stratified(all.labels(), Rng.of(5), 0.75, 0.25).of(all);
        List<Labelled> train = mails(boxes.get(0)), test = mails(boxes.get(1));
        Collections.shuffle(train, new java.util.Random(1));
        var model = new FastTextClassifier(10).withLearningRate(0.5).fit(train);
        Evidence.of("accuracy on " + test.size() + " mails, softmax", accuracy(model, test), atLeast(0.96));
        var tree = new FastTextClassifier(10).withLearningRate(0.5).withLoss(Loss.HIERARCHICAL_SOFTMAX).fit(train);
        Evidence.of("the same, hierarchical softmax", accuracy(tree, test), atLeast(0.96));
    }

    @Acceptance(topic = TOPIC, clause = 6)
    @Test void filesComeBackByteForByte(@TempDir Path folder) throws Exception {
        int compared = 0, differ = 0;
        for (var name : FILES) {
            var path = folder.resolve(name);
            model(name).write(path);
            Evidence.that(name + ": the program's file is written again byte for byte",
                    Arrays.equals(Files.readAllBytes(path), file(name)));
        }
        var sentences = IntStream.range(0, 200).mapToObj(i -> List.of("né" + i % 7, "water" + i % 3, "日本" + i % 5, "a" + i % 2)).toList();
        for (var learner : List.of(FastText.skipGram(7).withBuckets(300),
                FastText.cbow(5).withBuckets(40).withOutput(Word2Vec.Output.HIERARCHICAL_SOFTMAX),
                FastText.skipGram(3).withLetters(0, 0).withBuckets(1).withOutput(Word2Vec.Output.SOFTMAX))) {
            var model = learner.fit(sentences);
            model.write(folder.resolve("own"));
            var again = FastTextModel.read(folder.resolve("own"));
            assertThat(again.settings()).isEqualTo(model.settings());
            for (var word : List.of("né1", "water2", "日本4", "a0", "né", "watery", "never")) {
                compared++;
                if (!Arrays.equals(again.vector(word), model.vector(word))) differ++;
            }
            VectorFiles.writeText(again.vectors(), folder.resolve("own.vec"));
            var table = VectorFiles.readText(folder.resolve("own.vec"));
            for (var word : table.names()) {
                compared++;
                if (!Arrays.equals(table.get(word), model.vector(word))) differ++;
            }
        }
        assertThat(compared).isEqualTo(3 * (7 + 17));
        Evidence.of("vectors of " + compared + " that differ", differ, exactly(0));
    }

    @Test void classifiersOfEveryKindLearn(@TempDir Path folder) throws Exception {
        var rng = Rng.of(6);
        var texts = new ArrayList<Labelled>();
        for (int i = 0; i < 900; i++) {
            var words = new ArrayList<String>();
            for (int t = 0; t < 6; t++) words.add("w" + rng.nextInt(12));
            var labels = new ArrayList<String>();
            if (words.contains("w1")) labels.add("one");
            if (words.contains("w2")) labels.add("two");
            if (labels.isEmpty()) labels.add("none");
            texts.add(new Labelled(labels, words));
        }
        List<Labelled> train = texts.subList(0, 700), test = texts.subList(700, 900);
        for (var loss : Loss.values()) {
            var losses = new ArrayList<Double>();
            var model = new FastTextClassifier(8).withLoss(loss).withEpochs(20).withLearningRate(0.3).fit(train,
                    u -> losses.add(u.metrics().get("loss")));
            assertThat(losses).hasSize(20);
            assertThat(losses.getLast()).isLessThan(losses.getFirst());
            long hits = test.stream().filter(t -> t.labels().contains(model.predict(t.words(), 1).getFirst().name())).count();
            assertThat(hits).as(loss.toString()).isGreaterThan(180);
            model.write(folder.resolve("model"));
            assertThat(FastTextModel.read(folder.resolve("model")).predict(test.getFirst().words(), 3))
                    .isEqualTo(model.predict(test.getFirst().words(), 3));
        }
        var all = new FastTextClassifier(8).withLoss(Loss.ONE_VS_ALL).withEpochs(20).withLearningRate(0.3).fit(train);
        var both = all.predict(List.of("w1", "w2", "w5"), 3);
        assertThat(both.get(1).score()).isGreaterThan(0.5);
        assertThat(new HashSet<>(List.of(both.get(0).name(), both.get(1).name()))).containsExactlyInAnyOrder("one", "two");
        var order = new ArrayList<Labelled>(); // which only runs of words can tell
        for (int i = 0; i < 400; i++)
            order.add(i % 2 == 0 ? Labelled.parse("__label__yes not good but bad w" + i % 9)
                    : Labelled.parse("not bad but good w" + i % 9 + " __label__no"));
        var runs = new FastTextClassifier(8).withRuns(2).withBuckets(1000).withEpochs(10).withLearningRate(0.5).fit(order);
        assertThat(accuracy(runs, order)).isEqualTo(1);
        var words = new FastTextClassifier(8).withEpochs(10).withLearningRate(0.5).fit(order);
        assertThat(accuracy(words, order)).isLessThan(0.8);
        assertThat(words.predict(List.of("nothing"), 1)).isEmpty();
    }

    @Test void seedsThreadsCancellingAndRefusals() {
        var sentences = IntStream.range(0, 100).mapToObj(i -> List.of("aa" + i % 4, "bb" + i % 5, "cc" + i % 3)).toList();
        var learner = FastText.skipGram(6).withBuckets(50);
        assertThat(learner.fit(sentences).vector("aa1x")).isEqualTo(learner.fit(sentences).vector("aa1x"))
                .isNotEqualTo(learner.withSeed(1).fit(sentences).vector("aa1x"));
        assertThat(learner.withThreads(2).fit(sentences).vectors().size()).isEqualTo(12);
        assertThatThrownBy(() -> learner.fit(sentences, Progress.SILENT.stoppedBy(() -> true))).isInstanceOf(CancelledException.class);
        assertThatThrownBy(() -> learner.withDimension(0)).hasMessageContaining("dimension 0");
        assertThatThrownBy(() -> learner.withLearningRate(Double.NaN)).hasMessageContaining("learningRate is NaN");
        assertThatThrownBy(() -> learner.withLetters(4, 3)).hasMessageContaining("4 to 3 letters");
        assertThatThrownBy(() -> learner.withBuckets(0)).hasMessageContaining("0 buckets");
        assertThatThrownBy(() -> new FastTextClassifier(4).fit(List.of(Labelled.parse("__label__a b c"), Labelled.parse("__label__a b d"))))
                .hasMessageContaining("at least two");
        assertThatThrownBy(() -> new FastTextClassifier(4).fit(List.of(Labelled.parse("a b"), Labelled.parse("__label__a b d"))))
                .hasMessageContaining("text 0 has no label");
        assertThatThrownBy(() -> learner.fit(sentences).probabilities(List.of("a"))).hasMessageContaining("no labels");
        assertThat(learner.fit(sentences).textVector(List.of("aa1"))).hasSize(6);
    }

    @Test void brokenFilesSayWhere() {
        assertThatThrownBy(() -> FastTextFile.read(new ByteArrayInputStream("12 3\n".getBytes(StandardCharsets.UTF_8)), 5))
                .isInstanceOf(FormatException.class).hasMessageContaining("magic");
        byte[] quantised = file("independent");
        quantised[quantised.length - 3 * 3 * 4 - 17] = 1;
        assertThatThrownBy(() -> FastTextFile.read(new ByteArrayInputStream(quantised), quantised.length))
                .isInstanceOf(FormatException.class).hasMessageContaining("quantised");
        mutants(1_700);
    }

    @Tag("heavy")
    @Test void aHundredThousandMutantsAreReadOrRefused() { mutants(34_000); }

    private static void mutants(int n) {
        for (var name : List.of("letters", "independent", "cbow")) Fuzz.of(file(name)).allowing(FormatException.class).mutants(n, bytes -> {
            var model = FastTextFile.read(new ByteArrayInputStream(bytes), bytes.length);
            model.vector("where");
            model.textVector(List.of("the", "cat"));
        });
    }
}
