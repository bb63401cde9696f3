package lyceum.labs.text;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.learn.cluster.KMeans;
import lyceum.learn.linear.LogisticRegression;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.text.vector.EmbeddingEvaluation;
import lyceum.text.vector.EmbeddingTable;
import lyceum.text.vector.PpmiEmbeddings;
import lyceum.text.vector.Word2Vec;
import lyceum.text.vector.WordVectorLearner;
import org.junit.jupiter.api.Test;

/** What needs learners: clusters of word vectors, and a classifier that meets words it was not trained on. */
class WordClassesTest {
    private static final String TOPIC = "word-embedding";
    private static final int CLASSES = 10, WORDS = 20;

    private static String word(int c, int i) { return "c" + c + "_" + i; }

    /** Sentences of eight words of one class, three in ten of them of any kind. */
    private static List<List<String>> corpus(long seed) {
        var rng = Rng.of(seed);
        return IntStream.range(0, 2000).mapToObj(_ -> {
            int c = rng.nextInt(CLASSES);
            return IntStream.range(0, 8).mapToObj(_ -> rng.nextInt(10) < 3 ? "any" + rng.nextInt(50) : word(c, rng.nextInt(WORDS)))
                    .toList();
        }).toList();
    }

    private static Map<String, String> categories() {
        var categories = new HashMap<String, String>();
        for (int c = 0; c < CLASSES; c++) for (int i = 0; i < WORDS; i++) categories.put(word(c, i), "class " + c);
        return categories;
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void clustersAreTheClasses() {
        double least = 1, apart = 0;
        for (int seed = 0; seed < 5; seed++) {
            var table = new PpmiEmbeddings(20).withSeed(seed).learn(corpus(seed));
            var clusters = new KMeans(CLASSES).withRestarts(5).withSeed(seed);
            var score = EmbeddingEvaluation.categorisation(table, categories(), clusters);
            var rows = IntStream.range(0, CLASSES * WORDS).mapToObj(i -> word(i / WORDS, i % WORDS)).sorted().toList();
            double[] labels = clusters.fit(table.only(rows).normalised().vectors().to(DType.F64)).labels().toDoubleArray();
            var together = new int[CLASSES][CLASSES];
            for (int i = 0; i < labels.length; i++) together[(int) labels[i]][rows.get(i).charAt(1) - '0']++;
            double pure = 0;
            for (var cluster : together) pure += Arrays.stream(cluster).max().getAsInt();
            least = Math.min(least, pure / (CLASSES * WORDS));
            assertThat(score.counted()).isEqualTo(CLASSES * WORDS);
            apart = Math.max(apart, Math.abs(score.value() - pure / (CLASSES * WORDS)));
        }
        Evidence.of("purity of ten clusters of 200 words, the least of 5 corpora", least, atLeast(0.95));
        Evidence.of("largest gap of the purity by categorisation to it", apart, atMost(1e-12));
    }

    /** Texts of three words of a class each, of those with numbers from {@code first} on. */
    private static List<List<String>> texts(int first, List<Integer> labels, Rng rng) {
        var texts = new ArrayList<List<String>>();
        for (int t = 0; t < 300; t++) {
            int c = t % CLASSES;
            labels.add(c);
            texts.add(IntStream.range(0, 3).mapToObj(_ -> word(c, first + rng.nextInt(WORDS / 2))).toList());
        }
        return texts;
    }

    private static Tensor oneHot(EmbeddingTable table, List<List<String>> texts) {
        var rows = new double[texts.size()][table.size()];
        for (int t = 0; t < rows.length; t++) for (var w : texts.get(t)) rows[t][table.index(w)] += 1;
        return Tensor.of(rows);
    }

    private static double accuracy(Tensor train, List<Integer> labels, Tensor test, List<Integer> expected) {
        var found = new LogisticRegression().fit(train, Tensor.of(labels.stream().mapToInt(i -> i).toArray())).predict(test)
                .toDoubleArray();
        return IntStream.range(0, found.length).filter(i -> found[i] == expected.get(i)).count() / (double) found.length;
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void aClassifierKnowsWordsThatItHasNotMet() {
        double least = 1, plain = 0;
        for (int seed = 0; seed < 2; seed++) {
            for (WordVectorLearner learner : List.of(new PpmiEmbeddings(20), Word2Vec.skipGram(20).withEpochs(8).withSubsample(0))) {
                var table = learner.learn(corpus(seed));
                var rng = Rng.of(seed);
                List<Integer> known = new ArrayList<>(), asked = new ArrayList<>();
                var train = texts(0, known, rng);
                var test = texts(WORDS / 2, asked, rng); // the other half of each class
                least = Math.min(least,
                        accuracy(EmbeddingEvaluation.averages(table, train), known, EmbeddingEvaluation.averages(table, test), asked));
                plain = Math.max(plain, accuracy(oneHot(table, train), known, oneHot(table, test), asked));
            }
        }
        Evidence.of("accuracy on texts of unseen words, averaged vectors, the least of two learners", least, atLeast(0.9));
        Evidence.of("accuracy with one-hot features, chance 0.1, the most", plain, atMost(0.11));
    }
}
