package lyceum.text.vector;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.ShapeException;
import lyceum.data.WordNet;
import lyceum.linalg.Qr;
import lyceum.linalg.Similarity;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.text.encoder.MiniLm;
import lyceum.text.vector.EmbeddingTable.Nearness;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class EmbeddingSpaceTest {
    private static final String TOPIC = "embedding-space";

    private static List<String> names(int n) { return IntStream.range(0, n).mapToObj(i -> "w" + i).toList(); }

    private static Tensor gauss(long seed, int n, int d) { return Tensor.randn(Rng.of(seed), DType.F64, n, d); }

    private static EmbeddingSpace space(Tensor x) { return new EmbeddingSpace("test", names((int) x.size(0)), x); }

    /** Cosines by their definition, in double. */
    private static double[] cosines(double[] q, double[][] rows) {
        var found = new double[rows.length];
        for (int i = 0; i < rows.length; i++) {
            double dot = 0, xx = 0, qq = 0;
            for (int j = 0; j < q.length; j++) {
                dot += q[j] * rows[i][j];
                xx += rows[i][j] * rows[i][j];
                qq += q[j] * q[j];
            }
            found[i] = dot / Math.sqrt(xx * qq);
        }
        return found;
    }

    /** Clause 1: full orders by the three measures agree for 1,000 queries over 1,000 unit vectors, in F64, and in F32 wherever cosines in double differ by more than 1e-6. */
    @Acceptance(topic = TOPIC, clause = 1)
    @Tag("slow")
    @Test void onUnitVectorsAllMeasuresGiveOneOrder() {
        int n = 1000, d = 48;
        // small clusters, so that many cosines lie close together
        var centres = gauss(1, 50, d);
        var x = Similarity.normalise(centres.get(Tensor.of(IntStream.range(0, n).map(i -> i % 50).toArray())).add(gauss(2, n, d).mul(0.2)));
        var q = Similarity.normalise(gauss(3, n, d).add(x.mul(3)));
        var all = space(x);
        double[][] rows = x.toRows(), queries = q.toRows();
        int[][] byCosine = all.orders(q), byDot = all.by(Nearness.DOT).orders(q), byDistance = all.by(Nearness.EUCLIDEAN).orders(q);
        var small = all.as(DType.F32);
        var scores = new double[3][][];
        for (var by : Nearness.values()) scores[by.ordinal()] = small.by(by).scores(q).to(DType.F64).toRows();
        int wrong = 0, other = 0, close = 0;
        long pairs = 0;
        for (int i = 0; i < n; i++) {
            if (!Arrays.equals(byCosine[i], byDot[i]) || !Arrays.equals(byCosine[i], byDistance[i])) other++;
            double[] truth = cosines(queries[i], rows);
            int[] order = IntStream.range(0, n).boxed().sorted((a, b) -> Double.compare(truth[b], truth[a])).mapToInt(Integer::intValue)
                    .toArray();
            if (!Arrays.equals(order, byCosine[i])) other++;
            for (double[][] each : scores) {
                // all rows that are nearer by more than 1e-6 must score higher: the least of them does
                double least = Double.POSITIVE_INFINITY;
                for (int at = 0, nearer = 0; at < n; at++) {
                    while (truth[order[nearer]] > truth[order[at]] + 1e-6) least = Math.min(least, each[i][order[nearer++]]);
                    if (least <= each[i][order[at]]) wrong++;
                    pairs += nearer;
                    close += at - nearer;
                }
            }
        }
        Evidence.of("queries whose orders in F64 are not all that of the cosines in double", other, exactly(0));
        Evidence.of("pairs compared in F32", pairs, atLeast(3.0 * n * 490_000));
        Evidence.of("rows in F32 that overtake one nearer by more than 1e-6", wrong, exactly(0));
        assertThat(close).isPositive();
    }

    @Test void distancesFarFromTheOriginKeepTheirDigits() {
        var x = gauss(4, 50, 16).add(1000).to(DType.F32);
        double[][] rows = x.to(DType.F64).toRows(), scores = space(x).by(Nearness.EUCLIDEAN).scores(x).to(DType.F64).toRows();
        double worst = 0;
        for (int i = 0; i < 50; i++) for (int j = 0; j < 50; j++) {
            double square = 0;
            for (int k = 0; k < 16; k++) square += Math.pow(rows[i][k] - rows[j][k], 2);
            if (i != j) worst = Math.max(worst, Math.abs(scores[i][j] + Math.sqrt(square)));
        }
        assertThat(worst).isLessThan(1e-4);
    }

    /** Clause 2: isotropic Gaussians in 384 dimensions have a mean cosine of 0 within 0.005. */
    @Acceptance(topic = TOPIC, clause = 2)
    @Test void gaussiansLeanNowhere() {
        double worst = 0, leaning = space(gauss(9, 300, 384).add(0.5)).geometry().meanCosine();
        for (int seed = 0; seed < 5; seed++) worst = Math.max(worst, Math.abs(space(gauss(seed, 300, 384)).geometry().meanCosine()));
        Evidence.of("largest |mean cosine|, 5 clouds of 300", worst, atMost(0.005));
        Evidence.of("mean cosine of a cloud off the middle", leaning, atLeast(0.1));
    }

    /** Clause 3: whitening brings the covariance to I within 1e-6. */
    @Acceptance(topic = TOPIC, clause = 3)
    @Test void whiteningBringsTheCovarianceToOne() {
        double worst = 0, before = 0;
        for (int d : new int[] {3, 20, 64}) {
            var x = gauss(d, 400, d).matmul(gauss(d + 1, d, d)).add(gauss(d + 2, 1, d).mul(7));
            double[][] rows = space(x).whitened(0).vectors().toRows(), raw = x.toRows();
            worst = Math.max(worst, fromIdentity(rows));
            before = Math.max(before, fromIdentity(raw));
        }
        Evidence.of("largest gap of the covariance to I", worst, atMost(1e-6));
        assertThat(before).isGreaterThan(1);
    }

    private static double fromIdentity(double[][] x) {
        int n = x.length, d = x[0].length;
        var mean = new double[d];
        for (double[] row : x) for (int j = 0; j < d; j++) mean[j] += row[j] / n;
        double worst = 0;
        for (int a = 0; a < d; a++) for (int b = 0; b < d; b++) {
            double sum = 0;
            for (double[] row : x) sum += (row[a] - mean[a]) * (row[b] - mean[b]) / n;
            worst = Math.max(worst, Math.abs(sum - (a == b ? 1 : 0)));
        }
        return worst;
    }

    /** Clause 4: Procrustes recovers a planted rotation to 1e-6. */
    @Acceptance(topic = TOPIC, clause = 4)
    @Test void aPlantedRotationIsRecovered() {
        double worst = 0, moved = 0;
        for (int seed = 0; seed < 10; seed++) {
            int d = 2 + 5 * seed;
            var rotation = Qr.of(gauss(seed + 100, d, d)).q();
            var one = new EmbeddingSpace("a", names(150), gauss(seed, 150, d));
            // the other space knows half of the names, and others, in another order
            int[] order = Rng.of(seed).permutation(150);
            var there = one.vectors().matmul(rotation).indexSelect(0, Tensor.of(order));
            var two = new EmbeddingSpace("b", Arrays.stream(order).mapToObj(i -> i < 75 ? "w" + i : "other " + i).toList(), there);
            worst = Math.max(worst, one.rotationTo(two).sub(rotation).abs().max().item());
            var aligned = one.alignedTo(two);
            assertThat(aligned.model()).isEqualTo("b");
            moved = Math.max(moved, aligned.vectors().sub(one.vectors().matmul(rotation)).abs().max().item());
        }
        Evidence.of("largest gap to the planted rotation", worst, atMost(1e-6));
        Evidence.of("largest gap of the aligned vectors", moved, atMost(1e-6));
    }

    /** Clause 5: MiniLM separates 500 WordNet synonym pairs from random pairs with an AUROC of at least 0.85. */
    @Acceptance(topic = TOPIC, clause = 5)
    @Tag("slow")
    @Test void miniLmKnowsSynonyms() {
        var wordnet = WordNet.installed();
        var pairs = new ArrayList<String[]>();
        for (var synset : wordnet.synsets().toList()) {
            var words = synset.words().stream().filter(w -> w.matches("[a-z]{3,}")).toList();
            if (words.size() >= 2 && first(wordnet, words.get(0), synset) && first(wordnet, words.get(1), synset))
                pairs.add(new String[] {words.get(0), words.get(1)});
        }
        assertThat(pairs.size()).isGreaterThan(5000);
        int[] order = Rng.of(17).permutation(pairs.size());
        var chosen = Arrays.stream(order).limit(500).mapToObj(pairs::get).toList();
        var words = new HashSet<String>();
        for (var pair : chosen) words.addAll(List.of(pair));
        var sorted = words.stream().sorted().toList();
        var space = new EmbeddingSpace("all-MiniLM-L6-v2", sorted, MiniLm.encoder().encode(sorted));
        double[][] scores = space.scores(space).to(DType.F64).toRows();
        double[] own = new double[500], others = new double[500];
        for (int i = 0; i < 500; i++) {
            int a = sorted.indexOf(chosen.get(i)[0]);
            own[i] = scores[a][sorted.indexOf(chosen.get(i)[1])];
            others[i] = scores[a][sorted.indexOf(chosen.get((i + 1) % 500)[1])];
        }
        double above = 0;
        for (double a : own) for (double b : others) above += a > b ? 1 : a == b ? 0.5 : 0;
        Evidence.of("pairs of synonyms", chosen.size(), exactly(500));
        Evidence.of("AUROC against pairs of different synsets", above / 250_000, atLeast(0.85));
    }

    /** Whether this is the commonest meaning of the word. */
    private static boolean first(WordNet wordnet, String word, WordNet.Synset synset) {
        var senses = wordnet.senses(word);
        return !senses.isEmpty()
                && senses.stream().filter(s -> s.id().charAt(0) == synset.id().charAt(0)).findFirst().orElseThrow().equals(synset);
    }

    @Test void neighboursAnalogiesAndTruncation() {
        var space = new EmbeddingSpace("m", List.of("man", "woman", "king", "queen"),
                Tensor.of(new double[][] {{1, 0, 0}, {-1, 0, 0}, {1, 2, 0}, {-1, 2, 0}}));
        assertThat(space.analogy("man", "woman", "king", 1).getFirst().name()).isEqualTo("queen");
        assertThat(space.nearest("king", 2).stream().map(EmbeddingTable.Neighbour::name)).containsExactly("queen", "man");
        assertThat(space.by(Nearness.DOT).nearest(Tensor.of(0.0, 1, 0), 9)).hasSize(4);
        assertThat(space.by(Nearness.EUCLIDEAN).nearest("man", 1).getFirst()).isEqualTo(new EmbeddingTable.Neighbour("woman", -2));
        // the third coordinate is noise in every one, so nothing is lost without it, and much without the second
        assertThat(space.truncation(1, 3, 2, 1)).extracting(EmbeddingSpace.Truncation::recall).containsExactly(1.0, 1.0, 0.5);
        var nested = gauss(4, 200, 16).mul(Tensor.of(IntStream.range(0, 16).mapToDouble(i -> Math.pow(0.6, i)).toArray()));
        var losses = space(nested).truncation(10, 16, 8, 4, 1);
        assertThat(losses.getFirst().recall()).isEqualTo(1);
        assertThat(losses.get(1).recall()).isGreaterThan(0.85);
        assertThat(losses.get(3).recall()).isLessThan(0.4);
        assertThat(space.normalised().vectors().square().sum(1).sub(1).abs().max().item()).isLessThan(1e-15);
        assertThat(space.truncated(2).dimension()).isEqualTo(2);
    }

    @Test void spacesOfDifferentModelsDoNotMeet() {
        var one = space(gauss(1, 5, 4));
        var other = new EmbeddingSpace("version 2", names(5), gauss(2, 5, 4));
        assertThatThrownBy(() -> one.scores(other)).hasMessageContaining("queries of version 2 in a space of test");
        assertThat(one.scores(other.alignedTo(one)).shape().toArray()).containsExactly(5, 5);
        assertThatThrownBy(() -> one.scores(gauss(1, 2, 3))).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> one.rotationTo(space(gauss(1, 5, 3)))).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> one.rotationTo(new EmbeddingSpace("x", List.of("q"), gauss(1, 1, 4))))
                .hasMessageContaining("no name is in both");
        assertThatThrownBy(() -> one.truncated(5)).hasMessageContaining("5 of 4");
        assertThatThrownBy(() -> one.truncation(5, 2)).hasMessageContaining("k is 5 of 5");
        assertThatThrownBy(() -> one.nearest("q", 1)).hasMessageContaining("no vector of 'q'");
        assertThatThrownBy(() -> new EmbeddingSpace("m", List.of("a", "a"), gauss(1, 2, 2))).hasMessageContaining("names are distinct");
        assertThatThrownBy(() -> new EmbeddingSpace("m", names(1), Tensor.of(new double[][] {{Double.NaN}}))).hasMessageContaining("NaN");
        assertThatThrownBy(() -> new EmbeddingSpace("m", names(1), Tensor.of(new int[] {1}, 1, 1))).isInstanceOf(DTypeException.class);
        assertThatThrownBy(() -> new EmbeddingSpace("m", names(2), gauss(1, 1, 2))).isInstanceOf(ShapeException.class);
    }
}
