package lyceum.text.vector;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import lyceum.data.corpus.Corpora;
import lyceum.random.Rng;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class WordEmbeddingTest {
    private static final String TOPIC = "word-embedding";

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void ppmiIsItsDefinitionAndItsFactorsRebuildIt() {
        double worst = 0, rebuilt = 0;
        int tables = 0;
        for (; tables < 200; tables++) {
            var rng = Rng.of(tables);
            int n = 2 + rng.nextInt(14), m = 2 + rng.nextInt(14);
            double smoothing = tables % 2 == 0 ? 1 : 0.25 + 0.75 * rng.nextDouble(),
                    shift = tables % 3 == 0 ? 1 : 0.5 + 3 * rng.nextDouble();
            var counts = new double[n][m];
            double total = 0, smooth = 0;
            var columns = new double[m];
            for (var row : counts) for (int j = 0; j < m; j++) {
                row[j] = rng.nextInt(3) == 0 ? 0 : 1 + rng.nextInt(40);
                total += row[j];
                columns[j] += row[j];
            }
            for (double c : columns) if (c > 0) smooth += Math.pow(c, smoothing);
            var ppmi = PpmiEmbeddings.ppmi(Csr.fromDense(Tensor.of(counts)), smoothing, shift);
            double[][] found = ppmi.toDense().toRows();
            for (int i = 0; i < n; i++) {
                double row = Arrays.stream(counts[i]).sum();
                for (int j = 0; j < m; j++) {
                    double joint = counts[i][j] / total, word = row / total, context = Math.pow(columns[j], smoothing) / smooth;
                    double expected = joint == 0 ? 0 : Math.max(0, Math.log(joint / (word * context)) - Math.log(shift));
                    worst = Math.max(worst, Math.abs(found[i][j] - expected));
                }
            }
            var svd = PpmiEmbeddings.factors(ppmi, Math.min(n, m), 1);
            rebuilt = Math.max(rebuilt, svd.u().mul(svd.s()).matmul(svd.vt()).sub(ppmi.toDense()).abs().max().item());
        }
        Evidence.of("random tables of counts", tables, exactly(200));
        Evidence.of("largest gap to the definition", worst, atMost(1e-12));
        Evidence.of("largest gap of full-rank factors to the table", rebuilt, atMost(1e-8));
    }

    @Tag("slow")
    @Acceptance(topic = TOPIC, clause = 2)
    @Test void siblingsOfWordNetAreNearerThanOthersOnBrown() {
        var sentences = new ArrayList<List<String>>();
        var counts = new HashMap<String, Integer>();
        Corpora.brown().stream().forEach(sample -> {
            for (var line : sample.text().toLowerCase(Locale.ROOT).split("\n")) {
                var words = List.of(line.replaceAll("[^a-z]+", " ").strip().split(" "));
                words.forEach(w -> counts.merge(w, 1, Integer::sum));
                sentences.add(words);
            }
        });
        var golden = Golden.load("golden/word-embedding.json").named("nouns");
        var hypernyms = new HashMap<String, Set<String>>();
        var all = golden.texts("input.words");
        for (int i = 0; i < all.size(); i++)
            if (counts.getOrDefault(all.get(i), 0) >= 50)
                hypernyms.put(all.get(i), new HashSet<>(List.of(golden.texts("expected.hypernyms").get(i).split(" "))));
        var nouns = hypernyms.keySet().stream().sorted().toList();
        assertThat(nouns.size()).isGreaterThan(500);
        var siblings = new ArrayList<String[]>();
        for (var a : nouns) for (var b : nouns) if (a.compareTo(b) < 0 && siblings(hypernyms, a, b)) siblings.add(new String[] {a, b});
        var table = new PpmiEmbeddings(100).withMinCount(50).withWindow(4).learn(sentences);
        double sum = 0;
        int pairs = 0;
        for (int draw = 0; draw < 5; draw++) {
            var rng = Rng.of(draw);
            var chosen = Arrays.stream(rng.permutation(siblings.size())).limit(500).mapToObj(siblings::get).toList();
            int n = chosen.size();
            int[] partner = rng.permutation(n);
            for (int i = 0; i < n; i++) // swap with another until no pair is of siblings or of a word with itself
                for (int k = 0; k < 1000 && bad(hypernyms, chosen.get(i)[0], chosen.get(partner[i])[1]); k++) {
                    int j = rng.nextInt(n), p = partner[i];
                    if (bad(hypernyms, chosen.get(i)[0], chosen.get(partner[j])[1]) || bad(hypernyms, chosen.get(j)[0], chosen.get(p)[1]))
                        continue;
                    partner[i] = partner[j];
                    partner[j] = p;
                }
            var own = new double[n];
            var others = new double[n];
            for (int i = 0; i < n; i++) {
                assertThat(bad(hypernyms, chosen.get(i)[0], chosen.get(partner[i])[1])).isFalse();
                own[i] = table.similarity(chosen.get(i)[0], chosen.get(i)[1]);
                others[i] = table.similarity(chosen.get(i)[0], chosen.get(partner[i])[1]);
            }
            double above = 0;
            for (double a : own) for (double b : others) above += a > b ? 1 : a == b ? 0.5 : 0;
            sum += above / n / n;
            pairs += n;
        }
        assertThat(pairs).isGreaterThan(1500);
        Evidence.of("mean AUC of 5 draws", sum / 5, atLeast(0.65));
    }

    private static boolean siblings(HashMap<String, Set<String>> hypernyms, String a, String b) {
        return hypernyms.get(a).stream().anyMatch(h -> !h.isEmpty() && hypernyms.get(b).contains(h));
    }

    private static boolean bad(HashMap<String, Set<String>> hypernyms, String a, String b) {
        return a.equals(b) || siblings(hypernyms, a, b);
    }

    @Test void badInputAndEvaluation() {
        assertThatThrownBy(() -> new PpmiEmbeddings(0)).hasMessageContaining("dimension is 0");
        assertThatThrownBy(() -> new PpmiEmbeddings(5).withShift(0)).hasMessageContaining("shift is 0.0");
        assertThatThrownBy(() -> new PpmiEmbeddings(5).withMinCount(1).learn(List.of(List.of("a", "b"))))
                .hasMessageContaining("2 words are left");
        assertThatThrownBy(() -> PpmiEmbeddings.ppmi(Csr.fromDense(Tensor.of(new double[][] {{-1}})), 1, 1))
                .hasMessageContaining("is -1.0");
        var table = EmbeddingTable.of(List.of("a", "b", "c", "d"), Tensor.of(new double[][] {{1, 0}, {0.9, 0.1}, {0.5, 0.5}, {0, 1}}));
        var pairs = new ArrayList<EmbeddingEvaluation.JudgedPair>();
        for (var other : List.of("d", "c", "b", "x")) pairs.add(new EmbeddingEvaluation.JudgedPair("a", other, pairs.size()));
        var score = EmbeddingEvaluation.similarity(table, pairs);
        assertThat(score.value()).isEqualTo(1, within(1e-12));
        assertThat(List.of(score.counted(), score.missing())).containsExactly(3, 1);
        assertThat(EmbeddingEvaluation.averages(table, List.of(List.of("a", "d", "?"), List.of("?"))).toRows())
                .isDeepEqualTo(new double[][] {{0.5, 0.5}, {0, 0}});
    }
}
