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
import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.text.vector.Cooccurrences.Weighting;
import lyceum.text.vector.EmbeddingTable.Analogy;
import org.junit.jupiter.api.Test;

class GloVeTest {
    private static final String TOPIC = "glove";

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void countsAreThoseOfBruteForce() {
        var rng = Rng.of(1);
        int sentences = 0, cells = 0;
        double worst = 0;
        for (int text = 0; text < 20; text++) {
            int window = 1 + text % 12, letters = 3 + rng.nextInt(30);
            var all = new ArrayList<List<String>>();
            for (int s = 0; s < 50; s++, sentences++)
                all.add(IntStream.range(0, rng.nextInt(25)).mapToObj(_ -> "w" + rng.nextInt(letters)).toList());
            for (var weighting : Weighting.values()) {
                var counted = new Cooccurrences(window).withWeighting(weighting).withMinCount(1).count(all);
                double[][] found = counted.matrix().toDense().toRows();
                for (int a = 0; a < counted.words().size(); a++) {
                    for (int b = 0; b < counted.words().size(); b++, cells++) {
                        double expected = 0;
                        for (var s : all) for (int i = 0; i < s.size(); i++) for (int j = 0; j < s.size(); j++) {
                            int d = Math.abs(i - j);
                            if (d == 0 || d > window || !s.get(i).equals(counted.words().get(a))
                                    || !s.get(j).equals(counted.words().get(b)))
                                continue;
                            expected += weighting == Weighting.FLAT ? 1
                                    : weighting == Weighting.HARMONIC ? 1.0 / d : 1 - (d - 1.0) / window;
                        }
                        worst = Math.max(worst, Math.abs(found[a][b] - expected));
                    }
                }
            }
        }
        Evidence.of("random sentences", sentences, exactly(1000));
        Evidence.of("largest gap of a cell", worst, atMost(1e-9));
        assertThat(cells).isGreaterThan(5000);
    }

    /** Counts {@code exp(w.u + b + c)} of planted vectors of rank 8. */
    private static Csr planted(long seed, int n) {
        var rng = Rng.of(seed);
        double[][] w = Tensor.randn(rng, DType.F64, n, 8).toRows(), u = Tensor.randn(rng, DType.F64, n, 8).toRows();
        var counts = new double[n][n];
        for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) {
            double sum = 2;
            for (int k = 0; k < 8; k++) sum += 0.5 * w[i][k] * u[j][k];
            counts[i][j] = Math.exp(sum);
        }
        return Csr.fromDense(Tensor.of(counts));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void gradientsPassFiniteDifferences() {
        double worst = 0;
        int compared = 0;
        for (int seed = 0; seed < 5; seed++) {
            var counts = planted(seed, 9).mul(3); // some above xMax, where the weight is 1
            var glove = new GloVe(4).withXMax(30).withSeed(seed).withEpochs(3);
            var model = glove.fit(counts);
            var parts = model.gradient(counts);
            var flat = new double[2][9][5];
            for (int side = 0; side < 2; side++) for (int i = 0; i < 9; i++) {
                for (int j = 0; j < 4; j++) flat[side][i][j] = parts[2 * side].get(i, j).item();
                flat[side][i][4] = parts[2 * side + 1].get(i).item();
            }
            double size = 0, gap = 0;
            for (int at = 0; at < model.parameters.length; at++, compared++) {
                double own = flat[at / 45][at % 45 / 5][at % 5], before = model.parameters[at], h = 1e-4;
                var f = new double[4];
                for (int k = 0; k < 4; k++) {
                    model.parameters[at] = before + h * new int[] {-2, -1, 1, 2}[k];
                    f[k] = model.loss(counts);
                }
                model.parameters[at] = before;
                gap = Math.max(gap, Math.abs(own - (f[0] - 8 * f[1] + 8 * f[2] - f[3]) / (12 * h)));
                size = Math.max(size, Math.abs(own));
            }
            worst = Math.max(worst, gap / size);
        }
        Evidence.of("parameters", compared, exactly(450));
        Evidence.of("gradient less finite differences, over the largest entry", worst, below(1e-6));
    }

    /** The loss is the paper's, and a step of AdaGrad from squares of 1 is the gradient that finite differences have passed, times the rate. */
    @Test void aStepIsTheGradientTimesTheRate() {
        var counts = Csr.fromEntries(2, 3, new int[] {1}, new int[] {2}, new double[] {5});
        var glove = new GloVe(3).withXMax(20).withSeed(4).withEpochs(1);
        var start = GloVeModel.start(glove, 2, 3, Rng.of(4));
        double[] w = start.words().toRows()[1], u = start.contexts().toRows()[2];
        double error = w[0] * u[0] + w[1] * u[1] + w[2] * u[2] + start.wordBiases().get(1).item() + start.contextBiases().get(2).item()
                - Math.log(5);
        assertThat(start.loss(counts)).isEqualTo(Math.pow(0.25, 0.75) * error * error, within(1e-14));
        var g = start.gradient(counts);
        var end = glove.fit(counts);
        for (int j = 0; j < 3; j++) {
            assertThat(end.words().toRows()[1][j]).isEqualTo(w[j] - 0.05 * g[0].toRows()[1][j], within(1e-15));
            assertThat(end.contexts().toRows()[2][j]).isEqualTo(u[j] - 0.05 * g[2].toRows()[2][j], within(1e-15));
        }
        assertThat(end.contextBiases().get(2).item()).isEqualTo(start.contextBiases().get(2).item() - 0.05 * g[3].get(2).item(),
                within(1e-15));
        assertThat(end.words().toRows()[0]).isEqualTo(start.words().toRows()[0]);
    }

    /** {@code sum f(X) (w.u + b + c - log X)^2}, by the words, contexts and biases that a model shows. */
    private static double weightedError(GloVeModel model, double[][] counts) {
        double[][] w = model.words().toRows(), u = model.contexts().toRows();
        double[] b = model.wordBiases().toDoubleArray(), c = model.contextBiases().toDoubleArray();
        double sum = 0;
        for (int i = 0; i < w.length; i++) for (int j = 0; j < u.length; j++) {
            double error = b[i] + c[j] - Math.log(counts[i][j]);
            for (int k = 0; k < w[i].length; k++) error += w[i][k] * u[j][k];
            sum += Math.min(1, Math.pow(counts[i][j] / 100, 0.75)) * error * error;
        }
        return sum;
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void plantedVectorsOfRankEightAreFound() {
        double worst = 0;
        for (int seed = 0; seed < 3; seed++) {
            var counts = planted(seed, 100);
            var glove = new GloVe(8).withSeed(seed).withEpochs(150).withLearningRate(0.1);
            double[][] cells = counts.toDense().toRows();
            double start = weightedError(GloVeModel.start(glove, 100, 100, Rng.of(seed)), cells);
            worst = Math.max(worst, weightedError(glove.fit(counts), cells) / start);
        }
        Evidence.of("weighted log error over its start, the worst of 3 tables", worst, below(1e-3));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void analogiesOfAttributesAreRight() {
        var rng = Rng.of(1);
        var text = new ArrayList<List<String>>();
        for (int s = 0; s < 8000; s++) {
            int sex = rng.nextInt(2), rank = rng.nextInt(6);
            // half of the time beside words of the other kind: cells that stay empty teach GloVe nothing
            int nearSex = rng.nextInt(2) == 0 ? rng.nextInt(2) : sex, nearRank = rng.nextInt(2) == 0 ? rng.nextInt(6) : rank;
            var words = List.of("x" + sex + rank, "sex" + nearSex + rng.nextInt(4), "rank" + nearRank + rng.nextInt(4),
                    "other" + rng.nextInt(20));
            int[] order = rng.permutation(4);
            text.add(Arrays.stream(order).mapToObj(words::get).toList());
        }
        var table = new GloVe(12).withXMax(50).withEpochs(80).withLearningRate(0.1).learn(text);
        var questions = new ArrayList<EmbeddingGeometry.AnalogyQuestion>();
        for (int sex = 0; sex < 2; sex++) for (int r = 0; r < 6; r++) for (int q = 0; q < 6; q++) {
            if (q == r) continue;
            questions.add(new EmbeddingGeometry.AnalogyQuestion("x" + sex + r, "x" + (1 - sex) + r, "x" + sex + q, "x" + (1 - sex) + q));
            questions.add(new EmbeddingGeometry.AnalogyQuestion("x" + sex + r, "x" + sex + q, "x" + (1 - sex) + r, "x" + (1 - sex) + q));
        }
        Evidence.of("questions", questions.size(), exactly(120));
        Evidence.of("share right by 3CosAdd", EmbeddingGeometry.analogyAccuracy(table, questions, Analogy.ADD), atLeast(0.9));
    }

    @Test void threadsSeedsAndBadInput() {
        var counts = planted(1, 30);
        var glove = new GloVe(8).withEpochs(60).withLearningRate(0.1);
        assertThat(glove.fit(counts).sum().toDoubleArray()).isEqualTo(glove.fit(counts).sum().toDoubleArray());
        assertThat(glove.withSeed(1).fit(counts).sum().toDoubleArray()).isNotEqualTo(glove.fit(counts).sum().toDoubleArray());
        assertThat(glove.withThreads(2).fit(counts).loss(counts)).isLessThan(2 * glove.fit(counts).loss(counts) + 1);
        assertThatThrownBy(() -> glove.fit(Csr.fromEntries(2, 2, new int[] {0}, new int[] {1}, new double[] {-1})))
                .hasMessageContaining("row 0, column 1 is -1.0");
        assertThatThrownBy(() -> glove.fit(Csr.fromEntries(2, 2, new int[] {0}, new int[] {1}, new double[] {0})))
                .hasMessageContaining("no count is above 0");
        assertThatThrownBy(() -> new GloVe(0)).hasMessageContaining("dimension 0");
        assertThatThrownBy(() -> glove.withXMax(0)).hasMessageContaining("xMax 0.0");
        assertThatThrownBy(() -> new Cooccurrences(0)).hasMessageContaining("window is 0");
    }
}
