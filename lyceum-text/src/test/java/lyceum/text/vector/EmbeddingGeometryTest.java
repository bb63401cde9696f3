package lyceum.text.vector;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.linalg.Qr;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.text.vector.EmbeddingGeometry.AnalogyQuestion;
import lyceum.text.vector.EmbeddingTable.Analogy;
import org.junit.jupiter.api.Test;

class EmbeddingGeometryTest {
    private static final String TOPIC = "embedding-geometry";

    private static Tensor gauss(long seed, int n, int d) { return Tensor.randn(Rng.of(seed), DType.F64, n, d); }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void gaussianCloudsLeanNowhereAndFillTheirSubspace() {
        double cosine = 0;
        for (int seed = 0; seed < 5; seed++) cosine = Math.max(cosine, Math.abs(EmbeddingGeometry.meanCosine(gauss(seed, 500, 50))));
        Evidence.of("largest |mean cosine| of 500 Gaussian vectors, 5 seeds", cosine, atMost(0.01));
        for (int k : new int[] {2, 5, 10}) {
            double worst = 0;
            for (int seed = 0; seed < 2; seed++) {
                var plane = Qr.of(gauss(50 + seed, 30, k)).q();
                var found = EmbeddingGeometry.intrinsicDimension(gauss(seed, 1500, k).matmul(plane.transpose()));
                worst = Math.max(worst, Math.abs(found / k - 1));
            }
            Evidence.of("two-neighbour dimension over the planted " + k + ", |ratio - 1|", worst, atMost(0.1));
        }
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void aSharedOffsetIsSeenAndTakenAway() {
        double worst = 0, left = 0;
        int clouds = 0;
        for (double length : new double[] {5, 10, 20, 40}) for (int d : new int[] {100, 300}) for (double s : new double[] {1, 0.5}) {
            var mean = gauss(d, 1, d);
            mean = mean.mul(length / Math.sqrt(mean.square().sum().item()));
            var x = gauss(7 + d, 1000, d).mul(s).add(mean);
            double law = length * length / (length * length + d * s * s);
            worst = Math.max(worst, Math.abs(EmbeddingGeometry.meanCosine(x) / law - 1));
            left = Math.max(left,
                    Math.abs(EmbeddingGeometry.meanCosine(EmbeddingCorrection.allButTheTop(x, Math.max(1, d / 100)).apply(x))));
            clouds++;
        }
        Evidence.of("clouds", clouds, exactly(16));
        Evidence.of("mean cosine over |mu|^2 / (|mu|^2 + d s^2), largest |ratio - 1|", worst, atMost(0.02));
        Evidence.of("largest |mean cosine| after all-but-the-top", left, below(0.02));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void parallelogramsAreFoundAndShuffledOnesAreNot() {
        int pairs = 60;
        var rng = Rng.of(5);
        var a = Tensor.randn(rng, DType.F64, pairs, 100);
        var offset = Tensor.randn(rng, DType.F64, 1, 100).mul(1.5);
        var names = IntStream.range(0, 2 * pairs).mapToObj(i -> (i < pairs ? "a" : "b") + i % pairs).toList();
        var table = EmbeddingTable.of(names, Tensor.concat(0, a, a.add(offset)));
        var questions = new ArrayList<AnalogyQuestion>();
        var shuffled = new ArrayList<AnalogyQuestion>();
        int[] order = rng.permutation(pairs);
        for (int i = 0; i < pairs; i++) for (int j = 0; j < pairs; j++) {
            if (i == j) continue;
            questions.add(new AnalogyQuestion("a" + i, "b" + i, "a" + j, "b" + j));
            shuffled.add(new AnalogyQuestion("a" + i, "b" + i, "a" + j, "b" + order[j]));
        }
        double chance = 1.0 / (2 * pairs - 3), margin = 0.02; // a permutation keeps about one in its place
        for (var by : Analogy.values()) {
            Evidence.of("share of planted ones right, " + by, EmbeddingGeometry.analogyAccuracy(table, questions, by), exactly(1));
            Evidence.of("share of shuffled ones right less chance, size, " + by,
                    Math.abs(EmbeddingGeometry.analogyAccuracy(table, shuffled, by) - chance), atMost(margin));
        }
        var noise = EmbeddingTable.of(names, Tensor.randn(rng, 2 * pairs, 40));
        assertThat(EmbeddingGeometry.analogyAccuracy(noise, questions, Analogy.ADD)).isLessThan(0.05);
        var direction = EmbeddingGeometry.direction(a, a.add(offset));
        assertThat(direction.consistency()).isEqualTo(1, within(1e-12));
        assertThat(direction.unit().mul(Math.sqrt(offset.square().sum().item())).sub(offset.reshape(100)).abs().max().item())
                .isLessThan(1e-12);
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void hubsAreThoseOfABruteForceCount() {
        double worst = 0;
        int wrong = 0;
        for (int seed = 0; seed < 6; seed++) {
            int n = 150, k = 1 + 3 * seed;
            var x = gauss(seed, n, 5 + 20 * seed).add(seed % 2);
            double[][] rows = x.toRows();
            var counts = new double[n];
            for (int i = 0; i < n; i++) {
                var cosines = new double[n];
                for (int j = 0; j < n; j++) {
                    double ij = 0, ii = 0, jj = 0;
                    for (int c = 0; c < rows[i].length; c++) {
                        ij += rows[i][c] * rows[j][c];
                        ii += rows[i][c] * rows[i][c];
                        jj += rows[j][c] * rows[j][c];
                    }
                    cosines[j] = ij / Math.sqrt(ii * jj);
                }
                int centre = i;
                IntStream.range(0, n).filter(j -> j != centre).boxed().sorted((p, q) -> Double.compare(cosines[q], cosines[p])).limit(k)
                        .forEach(j -> counts[j]++);
            }
            int[] found = EmbeddingGeometry.occurrences(x, k);
            double second = 0, third = 0;
            for (int i = 0; i < n; i++) {
                if (found[i] != counts[i]) wrong++;
                second += Math.pow(counts[i] - k, 2) / n;
                third += Math.pow(counts[i] - k, 3) / n;
            }
            worst = Math.max(worst, Math.abs(EmbeddingGeometry.hubness(x, k) - third / Math.pow(second, 1.5)));
        }
        Evidence.of("rows with another count", wrong, exactly(0));
        Evidence.of("skewness less that of the brute-force count", worst, atMost(1e-10));
    }

    @Test void whiteningEvenessAndLabels() {
        var x = gauss(1, 400, 6).mul(Tensor.of(5.0, 1, 1, 1, 0.2, 3)).add(2);
        var white = EmbeddingCorrection.whitening(x, 0).apply(x);
        assertThat(EmbeddingGeometry.covariance(white).sub(Tensor.eye(DType.F64, 6)).abs().max().item()).isLessThan(1e-10);
        assertThat(EmbeddingGeometry.isoScore(white)).isEqualTo(1, within(1e-9));
        var line = gauss(2, 100, 1).matmul(gauss(3, 1, 6));
        assertThat(EmbeddingGeometry.isoScore(line)).isEqualTo(0, within(1e-9));
        // half of 4 axes used evenly: IsoScore is the share of the others, (2 - 1) / (4 - 1)
        var square = Tensor.of(new double[][] {{1, 1, 0, 0}, {1, -1, 0, 0}, {-1, 1, 0, 0}, {-1, -1, 0, 0}});
        assertThat(EmbeddingGeometry.isoScore(square)).isEqualTo(1 / 3.0, within(1e-12));
        assertThatThrownBy(() -> EmbeddingCorrection.whitening(line, 0)).hasMessageContaining("give a ridge");
        assertThat(EmbeddingCorrection.whitening(line, 0.1).apply(line).isFinite().all().item()).isEqualTo(1);
        assertThat(EmbeddingGeometry.meanCosine(Tensor.of(new double[][] {{1, 0}, {0, 2}, {3, 3}}))).isEqualTo(Math.sqrt(2) / 3,
                within(1e-14));
        // along the only row Z is e^0.7, against it e^-0.7, across 1
        assertThat(EmbeddingGeometry.isotropy(Tensor.of(new double[][] {{0.7, 0, 0}}))).isEqualTo(Math.exp(-1.4), within(1e-12));
        var two = Tensor.of(new double[][] {{1, 0}, {1, 0.1}, {0, 1}, {0.1, 1}});
        assertThat(EmbeddingGeometry.neighbourAgreement(two, new int[] {0, 0, 1, 1})).isEqualTo(1);
        assertThat(EmbeddingGeometry.neighbourAgreement(two, new int[] {0, 1, 0, 1})).isEqualTo(0);
        assertThat(EmbeddingGeometry.tightness(two, new int[] {0, 0, 1, 1})).isGreaterThan(0.8);
        assertThatThrownBy(() -> EmbeddingGeometry.tightness(two, new int[4])).hasMessageContaining("different ones");
        assertThatThrownBy(() -> EmbeddingGeometry.tightness(two, new int[3])).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> EmbeddingGeometry.occurrences(two, 4)).hasMessageContaining("k is 4 of 4 rows");
        assertThatThrownBy(
                () -> EmbeddingGeometry.analogyAccuracy(EmbeddingTable.of(List.of("a"), Tensor.ones(1, 1)), List.of(), Analogy.ADD))
                .hasMessageContaining("no question");
        var report = EmbeddingGeometry.report(x);
        assertThat(report.meanCosine()).isEqualTo(EmbeddingGeometry.meanCosine(x));
        assertThat(report.hubness()).isEqualTo(EmbeddingGeometry.hubness(x, 10));
    }
}
