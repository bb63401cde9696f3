package lyceum.text.count;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lyceum.stats.learner.Model;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import lyceum.text.count.TfIdf.Idf;
import lyceum.text.count.TfIdf.Norm;
import lyceum.text.count.TfIdf.Tf;
import lyceum.text.count.TfIdf.TfIdfModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TfIdfTest {
    private static final String TOPIC = "tf-idf";
    private static final DocumentTermMatrix VERSES = new CountVectorizer().fitTransform(CountVectorizerTest.verses());

    @Acceptance(topic = TOPIC, clause = 1)
    @Acceptance(topic = TOPIC, clause = 2)
    @Test void weightsAreThoseOfScikitLearnAndTheTextbook() {
        var golden = Golden.load("golden/counts.json").named("tfidf");
        int[][] flags = golden.intMatrix("input.smoothSublinearIdfNorm");
        double[][] traces = golden.matrix("expected.traces");
        double worst = 0;
        for (int f = 0; f < flags.length; f++) {
            var settings = new TfIdf(flags[f][1] == 1 ? Tf.LOG : Tf.RAW,
                    flags[f][2] == 0 ? Idf.NONE : flags[f][0] == 1 ? Idf.SMOOTH : Idf.PLUS_ONE, Norm.values()[flags[f][3]]);
            double[] v = settings.fit(VERSES).transform(VERSES).counts().values().toDoubleArray();
            double sum = 0, most = 0, least = Double.MAX_VALUE;
            for (int e = 0; e < v.length; e++) {
                sum += v[e] * Math.cos(e % 1009 + 1.0);
                most = Math.max(most, v[e]);
                least = Math.min(least, v[e]);
            }
            // the projection is a sum of some 40,000 weights
            worst = Math.max(worst, Math.abs(sum - traces[f][0]) / 1000);
            worst = Math.max(worst, Math.max(Math.abs(most - traces[f][1]), Math.abs(least - traces[f][2])));
            for (int k = 3; k < traces[f].length; k++) worst = Math.max(worst, Math.abs(v[2500 * (k - 3)] - traces[f][k]));
        }
        Evidence.of("combinations of flags on 2,000 documents", flags.length, exactly(24));
        Evidence.of("weights less scikit-learn's", worst, atMost(1e-12));

        var documents = List.of("all cat cat mat", "all dog log", "all cat dog dog dog", "all");
        var counts = new CountVectorizer().fitTransform(documents);
        double[][] own = new TfIdf(Tf.RAW, Idf.TEXTBOOK, Norm.NONE).fit(counts).transform(counts).counts().toDense().toRows();
        double gap = 0, everywhere = 0;
        for (int d = 0; d < 4; d++) {
            var words = List.of(documents.get(d).split(" "));
            for (int t = 0; t < counts.terms().size(); t++) {
                var term = counts.terms().get(t);
                long df = documents.stream().filter(text -> List.of(text.split(" ")).contains(term)).count();
                gap = Math.max(gap, Math.abs(own[d][t] - words.stream().filter(term::equals).count() * Math.log(4.0 / df)));
                if (term.equals("all")) everywhere = Math.max(everywhere, Math.abs(own[d][t]));
            }
        }
        Evidence.of("weights less tf log(N / df) by hand", gap, atMost(1e-12));
        Evidence.of("textbook weight of a term in every document", everywhere, exactly(0));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void moreDocumentsAreLearnedAsIfAtOnce() {
        int[] first = IntStream.range(0, 700).toArray(), second = IntStream.range(700, 2000).toArray();
        int wrong = 0;
        double gap = 0;
        for (var idf : Idf.values()) {
            var settings = new TfIdf().withIdf(idf);
            var whole = settings.fit(VERSES);
            var grown = settings.fit(VERSES.rows(first)).updated(VERSES.rows(second));
            if (!grown.equals(whole)) wrong++;
            double[] a = grown.transform(VERSES).counts().values().toDoubleArray(),
                    b = whole.transform(VERSES).counts().values().toDoubleArray();
            for (int e = 0; e < a.length; e++) gap = Math.max(gap, Math.abs(a[e] - b[e]));
        }
        Evidence.of("rarities of five kinds other than those of a refit", wrong, exactly(0));
        Evidence.of("weights less those of a refit", gap, exactly(0));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void thePlantedWordIsTheKeyword() {
        var random = new Random(4);
        var texts = new ArrayList<String>();
        for (int d = 0; d < 400; d++) {
            var words = new ArrayList<String>();
            for (int i = 0; i < 60; i++) words.add("common" + (int) (40 * random.nextDouble() * random.nextDouble()));
            for (int i = 0; i < 3; i++) words.add(random.nextInt(words.size()), "topic" + d / 2);
            texts.add(String.join(" ", words));
        }
        var counts = new CountVectorizer().fitTransform(texts);
        var model = new TfIdf().fit(counts);
        int right = 0;
        for (int d = 0; d < 400; d++) if (model.keywords(counts.rows(d), 1).equals(List.of("topic" + d / 2))) right++;
        Evidence.of("share of 400 documents whose planted word of two documents is the top keyword", right / 400.0, atLeast(0.95));
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void knownItemsRankHigherThanByCounts() {
        var random = new Random(5);
        var verses = CountVectorizerTest.verses();
        double weighted = 0, raw = 0;
        var model = new TfIdf().fit(VERSES);
        var counts = new TfIdf(Tf.RAW, Idf.NONE, Norm.NONE).fit(VERSES);
        var vectorizer = new CountVectorizer().withVocabulary(VERSES.terms()).fit(List.of());
        for (int q = 0; q < 100; q++) {
            int target;
            List<String> words;
            do {
                target = random.nextInt(verses.size());
                words = TermSplitter.WORDS.split(verses.get(target));
            } while (words.size() < 12);
            var picked = new ArrayList<>(words);
            Collections.shuffle(picked, random);
            var query = vectorizer.transform(List.of(picked.stream().limit(5).collect(Collectors.joining(" "))));
            weighted += reciprocal(model.rank(VERSES, query, 2000), target);
            raw += reciprocal(counts.rank(VERSES, query, 2000), target);
        }
        Evidence.of("mean reciprocal rank of 100 known items", weighted / 100, atLeast(0.1));
        Evidence.of("over that by raw counts", (weighted - raw) / 100, atLeast(0.1));
    }

    private static double reciprocal(int[] ranking, int target) {
        for (int i = 0; i < ranking.length; i++) if (ranking[i] == target) return 1.0 / (i + 1);
        return 0;
    }

    @Test void formsAndMistakes(@TempDir Path folder) {
        var counts = new CountVectorizer().fitTransform(List.of("aa aa bb", "aa cc", "aa"));
        var model = new TfIdf(Tf.AUGMENTED, Idf.PROBABILISTIC, Norm.NONE).fit(counts);
        assertThat(model.idf()).containsExactly(new double[] {0, Math.log(2), Math.log(2)}, within(1e-15));
        assertThat(model.transform(counts).counts().toDense().toRows()[0]).containsExactly(new double[] {0, 0.75 * Math.log(2), 0},
                within(1e-15));
        var binary = new TfIdf(Tf.BINARY, Idf.NONE, Norm.L1).fit(counts);
        assertThat(binary.transform(counts).counts().toDense().toRows()[0]).containsExactly(0.5, 0.5, 0);
        model.save(folder.resolve("model"));
        assertThat(Model.load(folder.resolve("model"), TfIdfModel.class)).isEqualTo(model);
        var other = new CountVectorizer().fitTransform(List.of("dd ee"));
        assertThatThrownBy(() -> model.transform(other)).hasMessageContaining("other terms");
        assertThatThrownBy(() -> model.keywords(counts, 2)).hasMessageContaining("3 documents");
    }
}
