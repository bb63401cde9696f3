package lyceum.optim;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import lyceum.DType;
import lyceum.optim.GradientSurgery.Method;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class GradientSurgeryTest {
    private static final GradientSurgery PCGRAD = new GradientSurgery(Method.PCGRAD);

    @Test
    @Acceptance(topic = "pcgrad", clause = 1) void twoProjectedGradientsDoNotOpposeTheOther() {
        var rng = Rng.of(667);
        double least = Double.POSITIVE_INFINITY;
        int conflicts = 0;
        var closed = Gap.relativeBeyondOne();
        for (int draw = 0; draw < 500; draw++) {
            int n = 2 + rng.nextInt(60);
            double[] a = Tensor.randn(rng, DType.F64, n).toDoubleArray(), b = Tensor.randn(rng, DType.F64, n).toDoubleArray();
            if (draw % 3 == 0) Vectors.addScaled(b, -1.5, a); // nearly opposite
            if (draw % 7 == 0) for (int i = 0; i < n; i++) a[i] *= 0.01;
            var combined = PCGRAD.combine(Tensor.of(new double[][] {a, b}), rng);
            double product = Vectors.dot(a, b);
            var expected = new double[n];
            double[][] projected = new double[2][n];
            for (int task = 0; task < 2; task++) {
                Vectors.addScaled(projected[task], combined.shares()[task][0], a);
                Vectors.addScaled(projected[task], combined.shares()[task][1], b);
                least = Math.min(least, Vectors.dot(projected[task], task == 0 ? b : a));
            }
            // a + b, less a's part along b and b's along a if they oppose each other.
            double overB = product < 0 ? product / Vectors.dot(b, b) : 0, overA = product < 0 ? product / Vectors.dot(a, a) : 0;
            for (int i = 0; i < n; i++) expected[i] = a[i] - overB * b[i] + b[i] - overA * a[i];
            closed.see("draw " + draw, combined.update().toDoubleArray(), expected);
            if (product < 0) conflicts++;
            assertThat(combined.conflicts().rate()).isEqualTo(product < 0 ? 1 : 0);
        }
        Evidence.of("least product of a projected gradient with the other", least, atLeast(-1e-12));
        Evidence.of("largest gap to the closed form", closed, below(1e-12));
        Evidence.that("both kinds occurred: " + conflicts + " of 500 oppose each other", conflicts > 250 && conflicts < 450);
    }

    @Test
    @Acceptance(topic = "pcgrad", clause = 2) void withoutConflictItIsTheSumBitForBit() {
        int differ = 0, compared = 0;
        for (var type : List.of(DType.F64, DType.F32)) {
            var rng = Rng.of(668);
            for (int tasks = 2; tasks <= 6; tasks++) {
                for (int draw = 0; draw < 20; draw++) {
                    // A common part makes every product positive.
                    var g = Tensor.randn(rng, type, tasks, 40).add(Tensor.randn(rng, type, 40).mul(5)).compute();
                    var combined = PCGRAD.combine(g, rng);
                    assertThat(combined.conflicts().rate()).isZero();
                    double[] found = combined.update().toDoubleArray();
                    var rows = g.toRows();
                    for (int i = 0; i < 40; i++) {
                        double sum = rows[0][i];
                        for (int k = 1; k < tasks; k++) sum = type == DType.F32 ? (float) sum + (float) rows[k][i] : sum + rows[k][i];
                        if (sum != found[i]) differ++;
                        compared++;
                    }
                }
            }
        }
        Evidence.of("coordinates compared", compared, exactly(2 * 5 * 20 * 40));
        Evidence.of("coordinates that differ from the sum", differ, exactly(0));
    }

    private static Tensor fiveTasks(Golden c) {
        var r = new Recipe(c.integer("input.seed"));
        var rows = r.matrix(5, 7);
        var common = r.bells(7);
        for (var row : rows) Vectors.addScaled(row, 0.3, common);
        for (int i = 0; i < 7; i++) rows[0][i] *= c.number("input.first");
        return Tensor.of(rows);
    }

    @Test
    @Acceptance(topic = "pcgrad", clause = 3) void fiveTasksEqualTorchInTheSameOrder() {
        var gap = Gap.absolute();
        for (var c : Golden.load("golden/gradient-surgery.json").list("cases"))
            gap.see(c, "expected.pcgrad", PCGRAD.combine(fiveTasks(c), c.intMatrix("input.orders")).update().toDoubleArray());
        Evidence.of("numbers compared", gap.seen(), exactly(12 * 7));
        Evidence.of("largest gap to torch", gap, below(1e-7));
    }

    /** Figure 1 of the paper: two curved valleys whose gradients fight. */
    private static Tensor[] valleys(Tensor x) {
        Tensor a = x.narrow(0, 0, 1).div(2), b = x.narrow(0, 1, 1).tanh();
        return new Tensor[] {a.add(b).abs().maximum(5e-6).log().mul(20).sum(), a.sub(b).add(2).abs().maximum(5e-6).log().mul(25).sum()};
    }

    @Test
    @Tag("slow")
    @Acceptance(topic = "pcgrad", clause = 4) void inTheTwoValleysOnlySurgeryServesBothTasks() {
        double sums = Double.POSITIVE_INFINITY, surgeries = Double.NEGATIVE_INFINITY;
        for (var start : new double[][] {{-3, -2}, {0.5, -3}}) {
            double[] plain = late(Method.SUM, start), served = late(Method.PCGRAD, start);
            sums = Math.min(sums, Math.max(plain[0], plain[1]));
            surgeries = Math.max(surgeries, Math.max(served[2], served[3]));
        }
        Evidence.of("the worse loss of the sum, least of the last 1,000 steps, lower of the starts", sums, above(10));
        Evidence.of("the worse loss of PCGrad, largest of the last 1,000 steps, higher of the starts", surgeries, below(-15));
    }

    /** Least values of both losses in the last 1,000 of 20,000 steps, then the largest. */
    private static double[] late(Method method, double[] start) {
        var x = Tensor.of(start.clone()).requiresGrad();
        var optimizer = new Adam(0.01).over(x);
        var rng = Rng.of(4);
        double[] found = {Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Double.NEGATIVE_INFINITY};
        for (int t = 0; t < 20_000; t++) {
            var losses = valleys(x);
            optimizer.step(new GradientSurgery(method).gradients(List.of(x), rng, losses));
            if (t < 19_000) continue;
            for (int task = 0; task < 2; task++) {
                found[task] = Math.min(found[task], losses[task].item());
                found[2 + task] = Math.max(found[2 + task], losses[task].item());
            }
        }
        return found;
    }

    @Test
    @Acceptance(topic = "pcgrad", clause = 5) void theShortestCombinationEqualsAQuadraticProgrammesSolution() {
        var gap = Gap.absolute();
        int inside = 0;
        for (var c : Golden.load("golden/gradient-surgery.json").list("cases")) {
            var combined = new GradientSurgery(Method.MIN_NORM).combine(fiveTasks(c), Rng.of(0));
            gap.see(c, "expected.shortest", combined.update().toDoubleArray());
            for (double weight : combined.weights()) if (weight == 0) inside++;
        }
        Evidence.of("numbers compared", gap.seen(), exactly(12 * 7));
        Evidence.of("largest gap to the quadratic programme", gap, below(1e-6));
        Evidence.that("some tasks have no weight: " + inside + " of 60", inside > 5 && inside < 50);
    }

    /**
     * d is the shortest point of the hull if and only if {@code g_i'd >= |d|^2} for all i: for few tasks and many, alike and opposed ones, and more
     * tasks than coordinates, whose hull may hold 0. Where these hold but for v, d is at most {@code sqrt(2 v)} from that point.
     */
    @Test
    @Acceptance(topic = "pcgrad", clause = 5) void theShortestCombinationMeetsTheConditionsOfAMinimum() {
        var rng = Rng.of(669);
        double worst = 0, hull = 0;
        int zero = 0;
        for (int draw = 0; draw < 400; draw++) {
            int tasks = 1 + rng.nextInt(12), n = 1 + rng.nextInt(12);
            var common = Tensor.randn(rng, DType.F64, n).mul(draw % 3);
            var g = Tensor.randn(rng, DType.F64, tasks, n).add(common).compute();
            if (draw % 5 == 0) g = Tensor.concat(0, g, g.narrow(0, 0, 1), g.narrow(0, 0, 1).mul(-0.3));
            var combined = new GradientSurgery(Method.MIN_NORM).combine(g, rng);
            double[] d = combined.update().toDoubleArray();
            double square = Vectors.dot(d, d), sum = 0;
            for (var row : g.toRows()) worst = Math.max(worst, square - Vectors.dot(row, d));
            for (double w : combined.weights()) {
                hull = Math.max(hull, -w);
                sum += w;
            }
            hull = Math.max(hull, Math.abs(sum - 1));
            if (square < 1e-12) zero++;
        }
        Evidence.of("largest distance to the shortest that the violation of g'd >= |d|^2 leaves", Math.sqrt(2 * worst), below(1e-6));
        Evidence.of("largest distance of the weights from the simplex", hull, below(1e-12));
        Evidence.that("0 lies in the hull of " + zero + " of 400", zero > 50 && zero < 350);
    }

    @Test void equalNormsTakeTheUnitsAwayAndReportsAreRight() {
        var g = Tensor.of(new double[][] {{3, 0}, {-1, 1}, {0, 0}});
        var combined = new GradientSurgery(Method.EQUAL_NORMS).combine(g, Rng.of(0));
        double mean = (3 + Math.sqrt(2)) / 3;
        var gap = Gap.absolute().see("weights", combined.weights(), new double[] {mean / 3, mean / Math.sqrt(2), 1});
        var conflicts = combined.conflicts();
        gap.see("rate", conflicts.rate(), 1.0 / 3).see("cosine", conflicts.cosines()[0][1], -Math.sqrt(0.5));
        gap.see("similarity", conflicts.similarities()[0][1], 2 * 3 * Math.sqrt(2) / 11);
        gap.see("curvature bound", conflicts.curvatureBounds()[0][1], 0.5 * (16 + 1) / (4 + 1));
        assertThat(gap.worst()).isLessThan(1e-12);
        assertThatThrownBy(() -> PCGRAD.combine(Tensor.of(1.0, 2), Rng.of(0))).hasMessageContaining("a row for each task");
        assertThatThrownBy(() -> PCGRAD.combine(g, new int[][] {{1}, {0}, {3}})).hasMessageContaining("an order names task 3 of 3");
    }

    @Test void gradientsComeInTheParametersShapes() {
        Tensor w = Tensor.of(new double[][] {{1, 2}, {3, 4}}).requiresGrad(), b = Tensor.of(1.0).requiresGrad();
        var found = PCGRAD.gradients(List.of(w, b), Rng.of(0), w.sum(), w.mul(b).sum().neg());
        // g1 = (1, 1, 1, 1, 0), g2 = (-1, -1, -1, -1, -10): product -4.
        var gap = Gap.absolute().see("w", found[0].flatten().toDoubleArray(),
                new double[] {100.0 / 104, 100.0 / 104, 100.0 / 104, 100.0 / 104});
        gap.see("b", found[1].item(), -10 - 40.0 / 104);
        assertThat(gap.worst()).isLessThan(1e-12);
        assertThat(found[0].shape()).isEqualTo(w.shape());
    }
}
