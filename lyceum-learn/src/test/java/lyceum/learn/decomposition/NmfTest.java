package lyceum.learn.decomposition;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.learn.decomposition.Nmf.Loss;
import lyceum.learn.decomposition.Nmf.Solver;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerContract;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class NmfTest {
    private static final String TOPIC = "nmf";
    private static final Golden GOLDEN = Golden.load("golden/nmf.json");

    @TestFactory Stream<DynamicTest> coordinateDescentKeepsTheContract() { return LearnerContract.of(new Nmf(2)).tests(); }

    @TestFactory Stream<DynamicTest> multiplicativeUpdatesKeepTheContract() {
        return LearnerContract.of(new Nmf(2, Loss.KULLBACK_LEIBLER)).withTolerance(1e-4).tests();
    }

    @TestFactory Stream<DynamicTest> randomStartsKeepTheContract() {
        return LearnerContract.of(new Nmf(3).withStart(new NmfStart.Random()).withAlphaW(0.01).withL1Ratio(0.5))
                .knownFailure("inverse and transform agree", "the penalty on W shrinks what is transformed again").tests();
    }

    /** Rows of W and columns of H beside the reference's. */
    private static void see(Gap gap, Golden c, NmfModel model) {
        String name = c.text("name");
        gap.see(name + " error", model.reconstructionError(), c.number("expected.error"));
        double[][] w = model.w().toRows(), expectedW = c.matrix("expected.w"), h = model.h().toRows(), expectedH = c.matrix("expected.h");
        int[] rows = c.ints("expected.wRows"), columns = c.ints("expected.hColumns");
        for (int r = 0; r < rows.length; r++) gap.see(name + " W", w[rows[r]], expectedW[r]);
        for (int a = 0; a < h.length; a++) for (int j = 0; j < columns.length; j++) gap.see(name + " H", h[a][columns[j]], expectedH[a][j]);
        assertThat(model.iterations()).as(name).isEqualTo(c.integer("expected.iterations"));
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void digitsEqualScikitLearnFromTheSameStart() {
        var x = Datasets.digits().x();
        Gap error = Gap.relative(), factors = Gap.relativeBeyondOne();
        for (var c : GOLDEN.cases("digits")) {
            var start = new NmfStart.SingularVectors(c.text("input.start").equals("nndsvda"));
            boolean descent = c.text("input.solver").equals("cd");
            var learner = (descent ? new Nmf(16) : new Nmf(16, Loss.KULLBACK_LEIBLER)).withStart(start)
                    .withTolerance(c.number("input.tol"));
            var model = learner.fit(x);
            error.see(c.text("name"), model.reconstructionError(), c.number("expected.error"));
            see(factors, c, model);
        }
        Evidence.of("relative gap of the error to scikit-learn", error, below(1e-10));
        Evidence.of("gap of the factors", factors, below(1e-8));
    }

    private static Nmf learner(Golden c) {
        var solver = c.text("input.solver").equals("cd") ? Solver.COORDINATE_DESCENT : Solver.MULTIPLICATIVE;
        var loss = switch (c.has("input.beta_loss") ? c.text("input.beta_loss") : "frobenius") {
            case "kullback-leibler" -> Loss.KULLBACK_LEIBLER;
            case "itakura-saito" -> Loss.ITAKURA_SAITO;
            default -> Loss.FROBENIUS;
        };
        var learner = new Nmf(4, loss).withSolver(solver).withTolerance(0).withMaxIterations(60);
        if (!c.has("input.alpha_W")) return learner;
        return learner.withAlphaW(c.number("input.alpha_W")).withAlphaH(c.number("input.alpha_H")).withL1Ratio(c.number("input.l1_ratio"));
    }

    private static double[] map(double[] u, double power, double scale, double shift) {
        return Arrays.stream(u).map(v -> scale * Math.pow(v, power) + shift).toArray();
    }

    @Test void everyLossAndPenaltyEqualsScikitLearn() {
        var r = new Recipe(56900);
        var x = Tensor.of(Arrays.stream(r.uniforms(360)).map(u -> u * u * u * 4 + 0.01).toArray(), 30, 12);
        var start = new NmfStart.Given(Tensor.of(map(r.uniforms(120), 1, 1, 0.1), 30, 4), Tensor.of(map(r.uniforms(48), 1, 1, 0.1), 4, 12));
        var fresh = Tensor.of(map(r.uniforms(84), 1, 2, 0.01), 7, 12);
        Gap gap = Gap.relativeBeyondOne(), transformed = Gap.absolute();
        int cases = 0;
        for (var c : GOLDEN.cases("small")) {
            var model = learner(c).withStart(start).fit(x);
            see(gap, c, model);
            if (c.has("expected.transformed")) transformed.see(c, "expected.transformed", model.transform(fresh).toDoubleArray());
            cases++;
        }
        assertThat(cases).isEqualTo(8);
        Evidence.of("gap to scikit-learn", gap, below(1e-10));
        Evidence.of("gap of transformed rows", transformed, below(1e-10));
    }

    /** Sizes, ranks, zeros, losses, penalties and starts drawn; Itakura-Saito without zeros. */
    private static Nmf randomLearner(Rng rng, Loss loss, int most) {
        int k = 1 + rng.nextInt(Math.min(6, most));
        var learner = new Nmf(k, loss).withTolerance(0).withMaxIterations(60).withSeed(rng.nextInt(1000));
        if (loss == Loss.FROBENIUS && rng.nextBoolean()) learner = learner.withSolver(Solver.COORDINATE_DESCENT);
        if (rng.nextBoolean()) learner = learner.withStart(new NmfStart.Random());
        if (rng.nextBoolean())
            learner = learner.withAlphaW(0.2 * rng.nextDouble()).withAlphaH(0.2 * rng.nextDouble()).withL1Ratio(rng.nextInt(3) / 2.0);
        return learner;
    }

    private static Tensor randomRows(Rng rng, Loss loss) {
        int n = 5 + rng.nextInt(40), p = 5 + rng.nextInt(25);
        double scale = Math.pow(10, rng.nextInt(5) - 2), zeros = loss == Loss.ITAKURA_SAITO ? 0 : rng.nextDouble() * 0.8;
        var x = new double[n * p];
        for (int i = 0; i < x.length; i++) {
            boolean zero = rng.nextDouble() < zeros;
            x[i] = scale * Math.exp(rng.nextGaussian());
            if (zero) x[i] = 0;
        }
        return Tensor.of(x, n, p);
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void theObjectiveNeverRises() {
        double rise = 0, gap = 0;
        int falls = 0;
        for (int run = 0; run < 100; run++) {
            var rng = Rng.of(run);
            var loss = Loss.values()[run % 3];
            var x = randomRows(rng, loss);
            var learner = randomLearner(rng, loss, (int) Math.min(x.size(0), x.size(1)));
            var model = rng.nextBoolean() ? learner.fit(Csr.fromDense(x)) : learner.fit(x);
            double[] history = model.history();
            for (int t = 1; t < history.length; t++) rise = Math.max(rise, (history[t] - history[t - 1]) / history[0]);
            if (history[history.length - 1] < history[0]) falls++;
            gap = Math.max(gap, Math.abs(objective(x, model) - history[history.length - 1]) / history[0]);
        }
        Evidence.of("largest rise over the first value", rise, atMost(1e-13));
        Evidence.of("problems in which it fell", falls, exactly(100));
        Evidence.of("gap of the objective to its definition", gap, below(1e-12));
    }

    /** Cell by cell, from the definition. */
    private static double objective(Tensor x, NmfModel model) {
        double[][] rows = x.toRows(), w = model.w().toRows(), h = model.h().toRows();
        var learner = model.learner();
        double sum = 0;
        for (int i = 0; i < rows.length; i++) {
            for (int j = 0; j < rows[0].length; j++) {
                double v = rows[i][j], y = 0;
                for (int c = 0; c < h.length; c++) y += w[i][c] * h[c][j];
                sum += switch (learner.loss()) {
                    case FROBENIUS -> (v - y) * (v - y) / 2;
                    case KULLBACK_LEIBLER -> (v == 0 ? 0 : v * Math.log(v / y)) - v + y;
                    case ITAKURA_SAITO -> v / y - Math.log(v / y) - 1;
                };
            }
        }
        double onW = learner.alphaW() * rows[0].length, onH = learner.alphaH() * rows.length, l1 = learner.l1Ratio();
        for (var row : w) for (double v : row) sum += onW * (l1 * v + (1 - l1) * v * v / 2);
        for (var row : h) for (double v : row) sum += onH * (l1 * v + (1 - l1) * v * v / 2);
        return sum;
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void noEntryIsNegative() {
        double least = Double.POSITIVE_INFINITY;
        long entries = 0, zeros = 0;
        for (int run = 0; run < 100; run++) {
            var rng = Rng.of(500 + run);
            var loss = Loss.values()[run % 3];
            var x = randomRows(rng, loss);
            var model = randomLearner(rng, loss, (int) Math.min(x.size(0), x.size(1))).fit(x);
            for (var factor : new Tensor[] {model.w(), model.h(), model.transform(x)}) {
                for (double v : factor.toDoubleArray()) {
                    least = Math.min(least, v);
                    entries++;
                    if (v == 0) zeros++;
                }
            }
        }
        Evidence.of("least entry", least, atLeast(0));
        Evidence.of("entries seen", entries, atLeast(20_000));
        Evidence.of("entries on the bound", zeros, atLeast(1_000));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void anExactProductIsRebuilt() {
        double worst = 0;
        for (int run = 0; run < 20; run++) {
            var rng = Rng.of(run);
            int n = 20 + rng.nextInt(80), p = 15 + rng.nextInt(40);
            var x = Tensor.rand(rng, DType.F64, n, 5).square().matmul(Tensor.rand(rng, DType.F64, 5, p).square());
            var model = new Nmf(5).withTolerance(0).withMaxIterations(2000).fit(x);
            var rebuilt = model.inverse(model.w());
            worst = Math.max(worst, Math.sqrt(x.sub(rebuilt).square().sum().item() / x.square().sum().item()));
        }
        Evidence.of("largest relative error", worst, below(1e-3));
    }

    @Test void sparseRowsGiveWhatFullOnesGive() {
        var x = Datasets.digits().x().narrow(0, 0, 200);
        for (var loss : new Loss[] {Loss.FROBENIUS, Loss.KULLBACK_LEIBLER}) {
            var learner = new Nmf(4, loss).withMaxIterations(30);
            NmfModel full = learner.fit(x), sparse = learner.fit(Csr.fromDense(x));
            assertThat(sparse.h().sub(full.h()).abs().max().item()).as(loss.name()).isLessThan(1e-8);
            assertThat(sparse.transform(Csr.fromDense(x)).sub(full.transform(x)).abs().max().item()).as(loss.name()).isLessThan(1e-6);
        }
    }

    @Test void wrongChoicesAreRefusedInWords() {
        assertThatThrownBy(() -> new Nmf(0)).hasMessageContaining("components is 0");
        assertThatThrownBy(() -> new Nmf(2, Loss.KULLBACK_LEIBLER).withSolver(Solver.COORDINATE_DESCENT))
                .hasMessageContaining("take MULTIPLICATIVE");
        assertThatThrownBy(() -> new Nmf(2, Loss.ITAKURA_SAITO).fit(Tensor.of(new double[] {1, 0, 2, 3, 1, 1}, 3, 2)))
                .hasMessageContaining("holds zeros");
        assertThatThrownBy(() -> new Nmf(5).fit(Tensor.ones(DType.F64, 4, 3))).hasMessageContaining("3 singular vectors");
        assertThatThrownBy(() -> new Nmf(2).fit(Csr.fromDense(Tensor.of(new double[] {1, -2, 3, 4}, 2, 2)))).hasMessageContaining("-2.0");
        assertThatThrownBy(() -> new NmfStart.Given(Tensor.ones(DType.F64, 3, 2), Tensor.ones(DType.F64, 2, 3).neg()))
                .hasMessageContaining("H holds -1.0");
    }
}
