package lyceum.text.vector;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.data.corpus.Corpora;
import lyceum.linalg.Svd;
import lyceum.progress.CancelledException;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import lyceum.text.count.DocumentTermMatrix;
import lyceum.text.vector.EmbeddingTable.Neighbour;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class SemanticSpaceTest {
    private static final String TOPIC = "semantic-space";
    private static final Golden GOLDEN = Golden.load("golden/semantic-space.json");

    private static List<String> names(int n) { return IntStream.range(0, n).mapToObj(i -> "w" + i).toList(); }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void ppmiIsNumPysAndFactorsSpanSciPysSubspace() {
        Gap ppmi = Gap.absolute(), values = Gap.absolute(), subspace = Gap.absolute();
        for (var c : GOLDEN.cases("table")) {
            int n = c.integer("input.rows"), m = c.integer("input.columns"), d = c.integer("input.dimension");
            var counts = Arrays.stream(new Recipe(c.integer("input.seed")).belows(60, n * m)).mapToDouble(x -> Math.max(0, x - 25))
                    .toArray();
            var table = PpmiEmbeddings.ppmi(Csr.fromDense(Tensor.of(counts, n, m)), c.number("input.smoothing"), c.number("input.shift"));
            ppmi.see(c, "expected.ppmi", table.toDense().flatten().toDoubleArray());
            var space = new SemanticSpace(names(n), table, d, 1, 1);
            values.see(c, "expected.values", space.factors().s().toDoubleArray());
            Tensor u = space.factors().u(), v = Tensor.of(c.matrix("expected.left"));
            subspace.see(c.text("name"), u.matmul(u.transpose()).flatten().toDoubleArray(),
                    v.matmul(v.transpose()).flatten().toDoubleArray());
        }
        Evidence.of("PPMI cells compared", ppmi.seen(), exactly(30 * 20 + 24 * 24 + 16 * 40 + 50 * 18));
        Evidence.of("PPMI less NumPy's", ppmi, atMost(1e-10));
        Evidence.of("singular values less SciPy's", values, atMost(1e-6));
        Evidence.of("projections onto the left subspaces, largest gap to SciPy's", subspace, atMost(1e-6));
    }

    /** King James and Brown, a sentence a line, and the nouns of the golden file that stand there 50 times. */
    private record Text(List<List<String>> sentences, Map<String, Set<String>> hypernyms) {
        static final Text BOTH = read();

        private static Text read() {
            var sentences = new ArrayList<List<String>>();
            var counts = new HashMap<String, Integer>();
            for (var corpus : List.of(Corpora.kingJames(), Corpora.brown())) corpus.stream().forEach(document -> {
                for (var line : document.text().toLowerCase(Locale.ROOT).split("\n")) {
                    var words = List.of(line.replaceAll("[^a-z]+", " ").strip().split(" "));
                    words.forEach(w -> counts.merge(w, 1, Integer::sum));
                    sentences.add(words);
                }
            });
            var golden = GOLDEN.named("nouns");
            var words = golden.text("input.words").split(" ");
            var hypernyms = new TreeMap<String, Set<String>>();
            for (int i = 0; i < words.length; i++)
                if (counts.getOrDefault(words[i], 0) >= 50)
                    hypernyms.put(words[i], Set.of(golden.texts("expected.hypernyms").get(i).split(" ")));
            return new Text(sentences, hypernyms);
        }
    }

    private static double auroc(List<List<String>> sentences) {
        var table = SemanticSpace.of(new PpmiEmbeddings(60).withMinCount(50).withWindow(4), sentences, Progress.SILENT).table();
        double sum = 0;
        for (int draw = 0; draw < 5; draw++) {
            var score = EmbeddingEvaluation.siblingAuroc(table, Text.BOTH.hypernyms, 500, Rng.of(draw));
            assertThat(score.counted()).isEqualTo(500);
            assertThat(score.missing()).isZero();
            sum += score.value();
        }
        return sum / 5;
    }

    @Tag("slow")
    @Acceptance(topic = TOPIC, clause = 2)
    @Test void siblingsOutrankTheSameWordsPairedAnew() {
        assertThat(Text.BOTH.hypernyms.size()).isGreaterThan(800);
        Evidence.of("mean AUROC of 5 draws of 500 pairs", auroc(Text.BOTH.sentences), atLeast(0.65));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void theBestErrorIsTheSingularTail() {
        double worst = 0, least = Double.POSITIVE_INFINITY;
        int ranks = 0;
        for (int i = 0; i < 40; i++) {
            var rng = Rng.of(i);
            int n = 2 + rng.nextInt(12), m = 2 + rng.nextInt(12), d = Math.min(n, m);
            var dense = Tensor.randn(rng, DType.F64, n, m).relu();
            var space = new SemanticSpace(names(n), Csr.fromDense(dense), d, 1, i);
            double[] all = Svd.values(dense).toDoubleArray();
            for (int rank = 0; rank <= d; rank++, ranks++) {
                double tail = Math.sqrt(Arrays.stream(all, rank, d).map(s -> s * s).sum());
                worst = Math.max(worst, Math.abs(space.error(rank) - tail));
                if (rank == 0 || rank == d) continue;
                var f = space.factors();
                var own = f.u().narrow(1, 0, rank).mul(f.s().narrow(0, 0, rank)).matmul(f.v().narrow(1, 0, rank).transpose());
                worst = Math.max(worst, Math.abs(dense.sub(own).square().sum().sqrt().item() - tail));
                for (int k = 0; k < 5; k++) { // no other table of that rank is nearer: one nearby, one from any subspace
                    var q = k < 3 ? f.u().narrow(1, 0, rank).add(Tensor.randn(rng, DType.F64, n, rank).mul(0.1))
                            : Tensor.randn(rng, DType.F64, n, rank);
                    var basis = Svd.of(q).u();
                    least = Math.min(least, dense.sub(basis.matmul(basis.transpose().matmul(dense))).square().sum().sqrt().item() - tail);
                }
            }
        }
        Evidence.of("ranks of 40 tables", ranks, atLeast(200));
        Evidence.of("error less the singular tail, largest gap", worst, atMost(1e-6));
        Evidence.of("least that another table of the rank loses more", least, atLeast(-1e-9));
    }

    @Tag("slow")
    @Acceptance(topic = TOPIC, clause = 4)
    @Test void ofShuffledWordsNothingIsLeft() {
        var shuffled = SemanticSpace.shuffled(Text.BOTH.sentences, Rng.of(4));
        Evidence.of("mean AUROC of 5 draws after shuffling", auroc(shuffled), between(0.45, 0.55));
    }

    @Test void shufflingKeepsCountsAndLengths() {
        var sentences = IntStream.range(0, 50).mapToObj(i -> IntStream.range(0, i % 7).mapToObj(j -> "w" + (i + j) % 11).toList()).toList();
        var shuffled = SemanticSpace.shuffled(sentences, Rng.of(1));
        assertThat(shuffled.stream().map(List::size)).containsExactlyElementsOf(sentences.stream().map(List::size).toList());
        assertThat(shuffled.stream().flatMap(List::stream).sorted())
                .containsExactlyElementsOf(sentences.stream().flatMap(List::stream).sorted().toList());
        assertThat(shuffled).isNotEqualTo(sentences);
    }

    @Test void areaIsOneOfPerfectAndHalfOfEqualVectors() {
        var hypernyms = new HashMap<String, Set<String>>();
        var rows = new double[40][10];
        var equal = new double[40][10];
        for (int i = 0; i < 40; i++) {
            hypernyms.put("w" + i, Set.of("k" + i % 10));
            rows[i][i % 10] = 1;
            equal[i][0] = 1;
        }
        hypernyms.put("absent", Set.of("k1"));
        var perfect = EmbeddingEvaluation.siblingAuroc(EmbeddingTable.of(names(40), Tensor.of(rows)), hypernyms, 500, Rng.of(1));
        assertThat(perfect).isEqualTo(new EmbeddingEvaluation.Score(1, 60, 1));
        var worst = EmbeddingTable.of(names(40), Tensor.eye(DType.F64, 40));
        assertThat(EmbeddingEvaluation.siblingAuroc(worst, hypernyms, 30, Rng.of(1)).value()).isEqualTo(0.5, within(1e-12));
        assertThat(EmbeddingEvaluation.siblingAuroc(EmbeddingTable.of(names(40), Tensor.of(equal)), hypernyms, 30, Rng.of(1)).value())
                .isEqualTo(0.5, within(1e-12));
        var kin = Map.of("w0", Set.of("k"), "w1", Set.of("k"), "w2", Set.of("k"));
        assertThatThrownBy(() -> EmbeddingEvaluation.siblingAuroc(worst, kin, 5, Rng.of(1))).hasMessageContaining("cannot be paired anew");
        assertThatThrownBy(() -> EmbeddingEvaluation.siblingAuroc(worst, Map.of("w0", Set.of("k")), 5, Rng.of(1)))
                .hasMessageContaining("0 pairs");
    }

    @Test void documentsAndRefusals() {
        // two topics: words of one stand in its documents alone
        var counts = new double[8][6];
        for (int i = 0; i < 8; i++) for (int j = 0; j < 3; j++) counts[i][3 * (i % 2) + j] = 1 + (i + j) % 3;
        var space = SemanticSpace.latent(DocumentTermMatrix.of(Csr.fromDense(Tensor.of(counts)), List.of("a", "b", "c", "x", "y", "z")), 2,
                1, 0);
        assertThat(space.table().nearest("a", 2).stream().map(Neighbour::name)).containsExactlyInAnyOrder("b", "c");
        assertThat(space.contexts().shape().toArray()).containsExactly(8, 2);
        assertThat(space.dimension()).isEqualTo(2);
        assertThat(space.table(0).vectors().square().sum().item()).isEqualTo(2, within(1e-5));
        assertThatThrownBy(() -> space.error(3)).hasMessageContaining("2 singular values");
        assertThatThrownBy(() -> new SemanticSpace(names(3), space.weights(), 2, 1, 0)).hasMessageContaining("3 words for a table of 6");
        assertThatThrownBy(() -> new SemanticSpace(names(6), space.weights(), 7, 1, 0)).hasMessageContaining("dimension is 7");
        assertThatThrownBy(() -> new SemanticSpace(names(6), space.weights(), 2, -1, 0)).hasMessageContaining("power");
        assertThatThrownBy(() -> SemanticSpace.of(new PpmiEmbeddings(2).withMinCount(1), List.of(List.of("a", "b", "a", "c")),
                Progress.SILENT.stoppedBy(() -> true))).isInstanceOf(CancelledException.class);
    }
}
