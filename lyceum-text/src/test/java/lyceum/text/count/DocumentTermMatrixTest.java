package lyceum.text.count;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import lyceum.FormatException;
import lyceum.linalg.Svd;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.text.count.DocumentTermMatrix.Weighting;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DocumentTermMatrixTest {
    private static final String TOPIC = "document-term-matrix";

    private static List<String> corpus(Random random, int alphabet) {
        var texts = new ArrayList<String>();
        for (int d = 2 + random.nextInt(5); d > 0; d--) {
            var words = new ArrayList<String>(List.of("w0w"));
            for (int i = random.nextInt(8); i > 0; i--) words.add("w" + random.nextInt(alphabet) + "w");
            texts.add(String.join(" ", words));
        }
        return texts;
    }

    /** Cells by document and term, counted one word at a time. */
    private static Map<String, Double> cells(DocumentTermMatrix m) {
        var cells = new HashMap<String, Double>();
        double[][] dense = m.counts().toDense().toRows();
        for (int d = 0; d < dense.length; d++)
            for (int t = 0; t < dense[d].length; t++) if (dense[d][t] != 0) cells.put(d + " " + m.terms().get(t), dense[d][t]);
        return cells;
    }

    private static Map<String, Double> byHand(List<String> texts) {
        var cells = new HashMap<String, Double>();
        for (int d = 0; d < texts.size(); d++) for (var word : texts.get(d).split(" ")) cells.merge(d + " " + word, 1.0, Double::sum);
        return cells;
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Acceptance(topic = TOPIC, clause = 2)
    @Acceptance(topic = TOPIC, clause = 3)
    @Test void entriesIndexAndMerge() {
        var random = new Random(1);
        int corpora = 0, wrong = 0, turned = 0, postings = 0, merged = 0;
        for (; corpora < 1000; corpora++) {
            List<String> a = corpus(random, 6), b = corpus(random, 9), both = new ArrayList<>(a);
            both.addAll(b);
            var matrix = new CountVectorizer().fitTransform(a);
            if (!cells(matrix).equals(byHand(a))) wrong++;
            var twice = matrix.transpose().transpose();
            if (!twice.terms().equals(matrix.terms()) || !twice.documents().equals(matrix.documents())
                    || twice.counts().entries() != matrix.counts().entries()
                    || !Arrays.equals(twice.counts().values().toDoubleArray(), matrix.counts().values().toDoubleArray())
                    || IntStream.range(0, matrix.counts().entries()).anyMatch(e -> twice.counts().column(e) != matrix.counts().column(e)))
                turned++;
            for (var term : matrix.terms()) {
                var holding = IntStream.range(0, a.size()).filter(d -> List.of(a.get(d).split(" ")).contains(term))
                        .mapToObj(String::valueOf).toList();
                if (!matrix.postings(term).equals(holding)) postings++;
            }
            var union = matrix.merge(new CountVectorizer().fitTransform(b));
            var whole = new CountVectorizer().fitTransform(both);
            if (!cells(union).equals(cells(whole)) || !new HashSet<>(union.terms()).equals(new HashSet<>(whole.terms()))) merged++;
        }
        Evidence.of("random corpora", corpora, exactly(1000));
        Evidence.of("matrices other than counts by hand", wrong, exactly(0));
        Evidence.of("matrices that two transpositions change", turned, exactly(0));
        Evidence.of("terms with other postings than a scan finds", postings, exactly(0));
        Evidence.of("merges other than building on both", merged, exactly(0));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void latentScoresAreThoseOfTheDenseDecomposition() {
        var random = new Random(4);
        double worst = 0;
        int cases = 0;
        for (; cases < 20; cases++) {
            var texts = new ArrayList<String>();
            for (int d = 0; d < 30; d++) {
                var words = new StringBuilder();
                for (int i = 0; i < 40; i++) words.append("w").append(d % 4 * 10 + random.nextInt(15)).append("w ");
                texts.add(words.toString());
            }
            var matrix = new CountVectorizer().fitTransform(texts);
            int k = 2 + cases % 4;
            double[] own = matrix.latent(k, 1).similarities("w3w", "w21w").toDoubleArray();
            var dense = matrix.counts().toDense();
            var v = Svd.of(dense).v().narrow(1, 0, k);
            var q = new double[matrix.terms().size()];
            q[matrix.number("w3w")] = 1;
            q[matrix.number("w21w")] = 1;
            double[] query = Tensor.of(q).matmul(v).toDoubleArray();
            double[][] documents = dense.matmul(v).toRows();
            for (int d = 0; d < documents.length; d++) {
                double dot = 0, a = 0, b = 0;
                for (int j = 0; j < k; j++) {
                    dot += documents[d][j] * query[j];
                    a += documents[d][j] * documents[d][j];
                    b += query[j] * query[j];
                }
                worst = Math.max(worst, Math.abs(own[d] - dot / Math.sqrt(a * b)));
            }
        }
        Evidence.of("corpora", cases, exactly(20));
        Evidence.of("cosines less those of the dense SVD", worst, atMost(1e-8));
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void synonymsAreFoundByTheirCompany() {
        var random = new Random(5);
        int right = 0, queries = 0;
        double raw = 0;
        for (int world = 0; world < 10; world++) {
            // topic t has two names, t and its synonym, that never meet in a document but keep the same company
            int topics = 12;
            var texts = new ArrayList<String>();
            for (int d = 0; d < 240; d++) {
                int topic = d % topics;
                var words = new StringBuilder((d / topics % 2 == 0 ? "name" : "synonym") + topic + " ");
                for (int i = 0; i < 6; i++) words.append("company").append(topic * 8 + random.nextInt(8)).append(" ");
                for (int i = 0; i < 2; i++) words.append("common").append(random.nextInt(20)).append(" ");
                texts.add(words.toString());
            }
            var matrix = new CountVectorizer().fitTransform(texts);
            var latent = matrix.latent(topics, 1);
            for (int topic = 0; topic < topics; topic++, queries++) {
                double[] cosine = latent.similarities("name" + topic).toDoubleArray();
                double worstSynonym = Double.MAX_VALUE, bestOther = -1;
                int name = matrix.number("name" + topic);
                for (int d = 0; d < cosine.length; d++) {
                    if (d % topics == topic && d / topics % 2 == 1) {
                        worstSynonym = Math.min(worstSynonym, cosine[d]);
                        raw = Math.max(raw, matrix.counts().toDense().item(d, name));
                    } else if (d % topics != topic) {
                        bestOther = Math.max(bestOther, cosine[d]);
                    }
                }
                if (worstSynonym > bestOther) right++;
            }
        }
        Evidence.of("queries", queries, exactly(120));
        Evidence.of("raw similarity of synonym-only documents, most", raw, exactly(0));
        Evidence.of("share of queries that rank all ten of them above every unrelated one", right / 120.0, atLeast(0.95));
    }

    @Acceptance(topic = TOPIC, clause = 6)
    @Test void twelveBytesAnEntry() {
        var matrix = new CountVectorizer().fitTransform(CountVectorizerTest.verses());
        var rows = 4L * (matrix.counts().rows() + 1);
        Evidence.of("bytes over 12 an entry and 4 a row", matrix.bytes() / (12.0 * matrix.counts().entries() + rows), atMost(1));
        assertThat(matrix.counts().entries()).isGreaterThan(30_000);
    }

    @Test void weightings() {
        var matrix = new CountVectorizer().fitTransform(List.of("aa aa bb", "aa cc cc cc", "aa dd"));
        assertThat(matrix.weighted(Weighting.BINARY).counts().toDense().toRows()[0]).containsExactly(1, 1, 0, 0);
        assertThat(matrix.weighted(Weighting.TF_IDF).counts().toDense().toRows()[1])
                .containsExactly(new double[] {0, 0, 3 * Math.log(3), 0}, within(1e-12));
        double idf = Math.log(1 + 2.5 / 1.5);
        assertThat(matrix.weighted(Weighting.BM25).counts().toDense().toRows()[2][3])
                .isCloseTo(idf * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 2 / 3)), within(1e-12));
        double spread = 1 + (0.5 * Math.log(0.5) + 2 * 0.25 * Math.log(0.25)) / Math.log(3);
        double[] first = matrix.weighted(Weighting.LOG_ENTROPY).counts().toDense().toRows()[0];
        assertThat(first[0]).isCloseTo(Math.log(3) / Math.log(2) * spread, within(1e-12));
        assertThat(first[1]).as("a term of one document").isCloseTo(1, within(1e-12));
        assertThat(matrix.terms(t -> t != 0).terms()).containsExactly("bb", "cc", "dd");
        assertThat(matrix.terms(t -> t != 0).counts().toDense().toRows()[1]).containsExactly(0, 3, 0);
        assertThat(matrix.named("x", "y", "z").rows(2, 0).documents()).containsExactly("z", "x");
        assertThatThrownBy(() -> matrix.postings("zz")).hasMessageContaining("no term 'zz'");
        assertThatThrownBy(() -> matrix.latent(9, 1)).hasMessageContaining("rank 9 of 3 x 4");
        assertThatThrownBy(() -> matrix.named("x")).hasMessageContaining("1 documents");
        assertThat(matrix.latent(2, 1).similarities("unknown").toDoubleArray()).containsOnly(0);
    }

    @Test void filesComeBack(@TempDir Path folder) throws IOException {
        var matrix = new CountVectorizer().fitTransform(List.of("aa aa bb", "cc")).named("a document", "another")
                .weighted(Weighting.LOG_ENTROPY);
        var market = folder.resolve("m.mtx");
        matrix.writeMatrixMarket(market);
        assertThat(DocumentTermMatrix.readMatrixMarket(market).counts().toDense().toRows())
                .isDeepEqualTo(matrix.counts().toDense().toRows());
        matrix.save(folder.resolve("m"));
        var again = DocumentTermMatrix.load(folder.resolve("m"));
        assertThat(again.terms()).isEqualTo(matrix.terms());
        assertThat(again.documents()).isEqualTo(matrix.documents());
        assertThat(again.counts().toDense().toRows()).isDeepEqualTo(matrix.counts().toDense().toRows());
        var head = "%%MatrixMarket matrix coordinate real general\n";
        for (var bad : List.of("", "hello", head, head + "2 2", head + "2 2 2\n1 1 1\n", head + "2 2 1\n3 1 1\n", head + "2 2 1\n1 1 x\n",
                head + "2 2 1\n1 1.5 1\n", head + "-1 2 0\n")) {
            Files.writeString(market, bad);
            assertThatThrownBy(() -> DocumentTermMatrix.readMatrixMarket(market)).as(bad).isInstanceOf(FormatException.class)
                    .hasMessageContaining("line");
        }
        Files.writeString(market, "%%MatrixMarket matrix coordinate pattern general\n% said so\n2 3 1\n2 3\n");
        assertThat(DocumentTermMatrix.readMatrixMarket(market).counts().toDense().item(1, 2)).isEqualTo(1);
    }
}
