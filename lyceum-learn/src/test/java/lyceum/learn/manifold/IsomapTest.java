package lyceum.learn.manifold;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.learn.decomposition.Pca;
import lyceum.learn.manifold.LocallyLinearEmbedding.Method;
import lyceum.linalg.Eigen;
import lyceum.linalg.Qr;
import lyceum.progress.CancelledException;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.stats.Correlation;
import lyceum.stats.learner.LearnerContract;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class IsomapTest {
    private static final String TOPIC = "isomap-lle";
    private static final Golden GOLDEN = Golden.load("golden/isomap-lle.json");

    @TestFactory Stream<DynamicTest> contract() {
        return Stream.of(new Isomap(5, 2), new LocallyLinearEmbedding(15, 2)).flatMap(l -> LearnerContract.of(l).tests());
    }

    private static Tensor roll(double[] t, double[] height) {
        var x = new double[t.length][];
        for (int i = 0; i < t.length; i++) x[i] = new double[] {t[i] * Math.cos(t[i]), height[i], t[i] * Math.sin(t[i])};
        return Tensor.of(x);
    }

    private static Tensor roll() { return roll(GOLDEN.named("roll").doubles("input.t"), GOLDEN.named("roll").doubles("input.height")); }

    /** Columns scaled so that distances have no ties. */
    private static Tensor digits(int n) {
        return Datasets.digits().x().narrow(0, 0, n).mul(Tensor.arange(64).to(DType.F64).div(1024).mul(Math.sqrt(2)).add(1)).compute();
    }

    private static Tensor unrolled(double[] t, double[] height) {
        var flat = new double[t.length][];
        // log(t + sqrt(1 + t^2)) is asinh t.
        for (int i = 0; i < t.length; i++) {
            double root = Math.sqrt(1 + t[i] * t[i]);
            flat[i] = new double[] {(t[i] * root + Math.log(t[i] + root)) / 2, height[i]};
        }
        return Tensor.of(flat);
    }

    private static double[] pairs(Tensor x) {
        double[][] rows = x.toRows();
        var out = new double[rows.length * (rows.length - 1) / 2];
        for (int i = 0, at = 0; i < rows.length; i++) {
            for (int j = i + 1; j < rows.length; j++) {
                double sum = 0;
                for (int c = 0; c < rows[i].length; c++) sum += (rows[i][c] - rows[j][c]) * (rows[i][c] - rows[j][c]);
                out[at++] = Math.sqrt(sum);
            }
        }
        return out;
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void isomapEqualsScikitLearnsAndUnrollsTheRoll() {
        var golden = GOLDEN.named("roll");
        var x = roll();
        var model = new Isomap(10, 2).fit(x);
        double[] ours = pairs(model.embedding()), truth = pairs(unrolled(golden.doubles("input.t"), golden.doubles("input.height")));
        var gap = Gap.absolute().see("roll", ours, pairs(Tensor.of(golden.matrix("expected.isomap"))));
        Evidence.of("distances compared", gap.seen(), exactly(800 * 799 / 2));
        Evidence.of("distances on the map", gap, below(1e-6));
        Evidence.of("correlation with the unrolled distances", Correlation.pearson(ours, truth).estimate(), atLeast(0.99));
        Evidence.of("of PCA's", Correlation.pearson(pairs(new Pca(2).fit(x).transform(x)), truth).estimate(), atMost(0.4));
        assertThat(model.pieces()).isEqualTo(1);
        assertThat(model.reconstructionError()).isCloseTo(golden.number("expected.error"), within(1e-6));
        Tensor fresh = roll(golden.doubles("input.freshT"), golden.doubles("input.freshHeight"));
        var both = Tensor.concat(0, model.embedding(), model.transform(fresh));
        var theirs = Tensor.concat(0, Tensor.of(golden.matrix("expected.isomap")), Tensor.of(golden.matrix("expected.fresh")));
        Evidence.of("distances from and between new rows", Gap.absolute().see("new", pairs(both), pairs(theirs)), below(1e-6));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void weightsSumToOneAndKeepUnderRotationShiftAndScale() {
        Gap sums = Gap.absolute(), changed = Gap.absolute();
        double moved = 0;
        var rng = Rng.of(3);
        var iris = Datasets.iris().x().add(Tensor.randn(rng, DType.F64, 150, 4).mul(1e-3));
        for (Tensor x : new Tensor[] {roll(), digits(300), Tensor.randn(rng, DType.F64, 400, 5), iris}) {
            int p = (int) x.size(1);
            for (int k : new int[] {3, 12, 20}) {
                var lle = new LocallyLinearEmbedding(k, 2);
                Csr w = lle.weights(x);
                sums.see("k " + k, w.sum(1).toDoubleArray(), Tensor.ones(DType.F64, x.size(0)).toDoubleArray());
                var turn = Qr.of(Tensor.randn(rng, DType.F64, p, p)).q();
                moved = Math.max(moved, turn.sub(Tensor.eye(DType.F64, p)).abs().max().item());
                Tensor other = x.matmul(turn).mul(7.3).add(Tensor.randn(rng, DType.F64, p).mul(5));
                Csr again = lle.weights(other.compute());
                sums.see("k " + k, again.sum(1).toDoubleArray(), Tensor.ones(DType.F64, x.size(0)).toDoubleArray());
                changed.see("k " + k, again.toDense().toDoubleArray(), w.toDense().toDoubleArray());
                assertThat(w.entries()).isEqualTo((int) x.size(0) * k);
            }
        }
        Evidence.of("sums of rows less 1", sums, below(1e-12));
        Evidence.of("entry of the rotation away from the identity", moved, above(0.5));
        Evidence.of("change of a weight", changed, below(1e-8));
    }

    /** The optimum by its conditions: the gradient of the regularised squared error is the same along every weight. */
    @Test void weightsAreTheBestOfSumOne() {
        Tensor x = Tensor.randn(Rng.of(4), DType.F64, 60, 3);
        int k = 4;
        double[][] rows = x.toRows(), w = new LocallyLinearEmbedding(k, 1).withRegularization(1e-12).weights(x).toDense().toRows();
        for (int i = 0; i < 60; i++) {
            var rest = rows[i].clone();
            for (int j = 0; j < 60; j++) for (int c = 0; c < 3; c++) rest[c] -= w[i][j] * rows[j][c];
            double first = Double.NaN;
            for (int j = 0; j < 60; j++) {
                if (w[i][j] == 0) continue;
                double slope = 0;
                for (int c = 0; c < 3; c++) slope += rest[c] * rows[j][c];
                if (Double.isNaN(first)) first = slope;
                assertThat(slope).isCloseTo(first, within(1e-6));
            }
        }
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void reconstructionCostEqualsScikitLearns() {
        Gap cost = Gap.relative();
        Gap maps = Gap.absolute();
        Tensor roll = roll(), digits = digits(400);
        for (var c : GOLDEN.cases("lle")) {
            var x = c.text("name").contains("roll") ? roll : digits;
            var method = c.text("name").contains("modified") ? Method.MODIFIED : Method.STANDARD;
            var model = new LocallyLinearEmbedding(c.integer("input.k"), c.integer("input.components")).withMethod(method).fit(x);
            cost.see(c.text("name"), model.reconstructionError(), c.number("expected.error"));
            maps.see(c.text("name"), Arrays.copyOf(pairs(model.embedding()), 20), c.doubles("expected.row"));
        }
        Evidence.of("cases", cost.seen(), exactly(12));
        Evidence.of("cost, relative", cost, below(1e-4));
        Evidence.of("distances on the map, of columns of length 1", maps, below(1e-4));
    }

    @Test void trustworthinessEqualsScikitLearns() {
        var golden = GOLDEN.named("trust");
        Tensor x = digits(500), map = Tensor.of(golden.matrix("input.map"));
        int[] ks = golden.ints("input.ks");
        double[] expected = golden.doubles("expected.pca");
        for (int i = 0; i < ks.length; i++) assertThat(Trustworthiness.of(x, map, ks[i])).isCloseTo(expected[i], within(1e-10));
        assertThat(Trustworthiness.continuity(map, x, 5)).isEqualTo(Trustworthiness.of(x, map, 5));
        assertThat(Trustworthiness.of(x, x, 5)).isEqualTo(1);
        assertThatThrownBy(() -> Trustworthiness.of(x, map, 250)).hasMessageContaining("k is 250");
        assertThatThrownBy(() -> Trustworthiness.of(x, map.narrow(0, 0, 9), 2)).hasMessageContaining("9");
    }

    @Test void piecesAreJoinedByTheShortestEdgeBetweenThem() {
        var x = Tensor.of(new double[][] {{0, 0}, {1, 0}, {2, 0}, {10, 0}, {11, 0}, {12, 0}, {5, 30}, {5, 31}, {5, 32}});
        var model = new Isomap(2, 2).fit(x);
        assertThat(model.pieces()).isEqualTo(3);
        double[][] g = model.geodesics().toRows();
        assertThat(g[0][5]).isCloseTo(12, within(1e-9));
        assertThat(g[2][3]).isCloseTo(8, within(1e-9));
        assertThat(g[0][6]).isCloseTo(2 + Math.sqrt(9 + 900), within(1e-9));
        assertThat(new Isomap(8, 2).fit(x).pieces()).isEqualTo(1);
    }

    @Test void mapsOfManyRowsByTheInverseEqualTheDenseOnes() {
        // 700 rows go by Lanczos, 600 and fewer by all eigenvectors: the cost of both is that of the eigenvectors' own definition.
        var x = Datasets.swissRoll(Rng.of(5), 700, 0).x();
        var lle = new LocallyLinearEmbedding(12, 2);
        var model = lle.fit(x);
        var w = lle.weights(x).toDense();
        var values = Eigen
                .symmetricValues(Tensor.eye(DType.F64, 700).sub(w).transpose().matmul(Tensor.eye(DType.F64, 700).sub(w)).compute())
                .toDoubleArray();
        assertThat(model.reconstructionError()).isCloseTo(values[1] + values[2], within(1e-5 * values[2]));
        var y = model.embedding();
        assertThat(y.sub(w.matmul(y)).square().sum().item()).isCloseTo(model.reconstructionError(), within(1e-9 * values[2] + 1e-18));
        assertThat(y.transpose().matmul(y).sub(Tensor.eye(DType.F64, 2)).abs().max().item()).isLessThan(1e-9);
        assertThat(y.sum(0).abs().max().item()).isLessThan(1e-9);
        // A training row keeps its place, nearly.
        assertThat(Trustworthiness.of(x, model.transform(x.add(1e-9)), 10)).isGreaterThan(0.98);
    }

    @Test void longFitsReportAndStop() {
        var x = Datasets.swissRoll(Rng.of(1), 300, 0).x();
        var tasks = new ArrayList<String>();
        Progress bar = u -> tasks.add(u.task());
        new Isomap(10, 2).fit(x, null, null, bar);
        assertThat(tasks).hasSize(2).contains("shortest paths");
        assertThatThrownBy(() -> new Isomap(10, 2).fit(x, null, null, bar.stoppedBy(() -> true))).isInstanceOf(CancelledException.class);
        assertThatThrownBy(() -> new LocallyLinearEmbedding(10, 2).fit(x, null, null, bar.stoppedBy(() -> true)))
                .isInstanceOf(CancelledException.class);
    }

    @Test void badOptionsAreNamed() {
        var x = Tensor.randn(Rng.of(1), DType.F64, 10, 3);
        assertThatThrownBy(() -> new Isomap(0, 2)).hasMessageContaining("neighbors is 0");
        assertThatThrownBy(() -> new Isomap(3, 0)).hasMessageContaining("components is 0");
        assertThatThrownBy(() -> new Isomap(10, 2).fit(x)).hasMessageContaining("10 neighbours").hasMessageContaining("10 rows");
        assertThatThrownBy(() -> new LocallyLinearEmbedding(5, 10).fit(x)).hasMessageContaining("components is 10");
        assertThatThrownBy(() -> new LocallyLinearEmbedding(5, 6).withMethod(Method.MODIFIED)).hasMessageContaining("5 and 6");
        assertThatThrownBy(() -> new LocallyLinearEmbedding(5, 2).withRegularization(-1)).hasMessageContaining("-1");
        assertThatThrownBy(() -> new LocallyLinearEmbedding(5, 2).withRegularization(0).fit(Tensor.zeros(DType.F64, 10, 3)))
                .hasMessageContaining("singular");
    }
}
