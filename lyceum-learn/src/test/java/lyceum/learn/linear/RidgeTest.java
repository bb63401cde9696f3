package lyceum.learn.linear;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Datasets;
import lyceum.linalg.Linalg;
import lyceum.optim.Adam;
import lyceum.optim.AdamW;
import lyceum.optim.Sgd;
import lyceum.optim.UpdateRule;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerContract;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class RidgeTest {
    private static final String TOPIC = "ridge";
    private static final Golden GOLDEN = Golden.load("golden/ridge.json");

    @TestFactory Stream<DynamicTest> contract() {
        return Stream
                .of(new Ridge(1.0), new Ridge(0), new Ridge(1).withSolver(Ridge.Solver.DUAL),
                        new Ridge(2).withSolver(Ridge.Solver.CONJUGATE_GRADIENT), new Ridge(0.1).withSolver(Ridge.Solver.SVD))
                .flatMap(r -> LearnerContract.of(r).tests());
    }

    @TestFactory Stream<DynamicTest> crossValidatedContract() {
        var gcv = new RidgeCv(0.1, 1, 10).withCriterion(RidgeCv.Criterion.GCV);
        return Stream.concat(LearnerContract.of(new RidgeCv(1)).tests(), LearnerContract.of(gcv).tests());
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void ridgeEqualsScikitLearnOnDiabetes() {
        var data = Datasets.diabetes();
        var worst = Gap.absolute();
        for (var c : GOLDEN.cases("diabetes")) {
            var model = new Ridge(c.number("input.alpha")).withIntercept(c.flag("input.intercept")).fit(data.x(), data.y());
            worst.see(c, "expected.coef", model.coefficients().toDoubleArray()).see(c, "expected.intercept", model.intercept().item());
        }
        Evidence.of("coefficients", worst, below(1e-8));

        var loo = GOLDEN.named("leave-one-out");
        double[] alphas = loo.doubles("input.alphas");
        var path = new Ridge(1).path(data.x(), data.y(), null);
        double errors = 0;
        for (int k = 0; k < alphas.length; k++) {
            double[] e = path.leaveOneOutErrors(alphas[k]).toDoubleArray();
            for (int i = 0; i < 111; i++)
                errors = Math.max(errors, Math.abs(e[4 * i] * e[4 * i] - loo.number("expected.squaredErrors." + i + "." + k)));
        }
        Evidence.of("leave-one-out", errors, below(1e-8));
        var chosen = new RidgeCv(alphas).fit(data.x(), data.y());
        assertThat(chosen.alpha()).isEqualTo(loo.number("expected.best"));
        Evidence.of("coefficients", Gap.absolute().see(loo, "expected.coef", chosen.coefficients().toDoubleArray()), below(1e-8));
        for (int k = 0; k < alphas.length; k++)
            assertThat(chosen.scores().get(k)).isCloseTo(loo.doubles("expected.meanSquaredErrors")[k], within(1e-8));
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void weightsOutputsAndWideDataEqualScikitLearn() {
        var gap = Gap.absolute();
        var data = Datasets.diabetes();
        var w = new Recipe(8400).uniforms(442);
        for (int i = 0; i < w.length; i++) w[i] += 0.5;
        var weighted = GOLDEN.named("weighted").at("expected");
        for (var solver : Ridge.Solver.values()) {
            var model = new Ridge(1).withSolver(solver).fit(data.x(), data.y(), Tensor.of(w));
            gap.see(weighted, "coef", model.coefficients().toDoubleArray());
            gap.see(weighted, "intercept", model.intercept().item());
        }
        var r = new Recipe(8401);
        Tensor x = Tensor.of(r.matrix(15, 6)), y = Tensor.of(r.matrix(15, 3));
        var outputs = new Ridge(1).withAlphas(0.1, 1, 10).fit(x, y);
        gap.see(GOLDEN.named("outputs"), "expected.coef", outputs.coefficients().toDoubleArray());
        gap.see(GOLDEN.named("outputs"), "expected.intercept", outputs.intercept().toDoubleArray());
        r = new Recipe(8402);
        var wide = new Ridge(0.7).fit(Tensor.of(r.matrix(8, 20)), Tensor.of(r.bells(8)));
        gap.see(GOLDEN.named("wide"), "expected.coef", wide.coefficients().toDoubleArray());
        gap.see(GOLDEN.named("wide"), "expected.intercept", wide.intercept().item());
        Evidence.of("largest gap to scikit-learn", gap, below(1e-8));
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void leaveOneOutErrorsAreThoseOfRefitting() {
        var rng = Rng.of(4);
        int n = 14;
        Tensor x = Tensor.randn(rng, DType.F64, n, 4), y = Tensor.randn(rng, DType.F64, n, 2), w = Tensor.rand(rng, DType.F64, n).add(0.5);
        var ridge = new Ridge(0.8).withPenalties(1, 2, 0.5, 1);
        var errors = ridge.path(x, y, w).leaveOneOutErrors(0.8);
        for (int i = 0; i < n; i++) {
            int left = i;
            int[] rest = IntStream.range(0, n).filter(k -> k != left).toArray();
            var model = ridge.fit(x.rows(rest), y.rows(rest), w.rows(rest));
            var e = y.narrow(0, i, 1).sub(model.predict(x.narrow(0, i, 1)));
            Evidence.of("error of the row left out",
                    Gap.absolute().see("row " + i, errors.narrow(0, i, 1).toDoubleArray(), e.toDoubleArray()), below(1e-12));
        }
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void primalEqualsDual() {
        Gap dual = Gap.absolute(), others = Gap.absolute();
        for (int seed = 0; seed < 40; seed++) {
            var rng = Rng.of(seed);
            int n = 5 + rng.nextInt(30), p = 2 + rng.nextInt(40);
            Tensor x = Tensor.randn(rng, DType.F64, n, p), y = Tensor.randn(rng, DType.F64, n);
            var primal = new Ridge(0.5).withSolver(Ridge.Solver.CHOLESKY).fit(x, y);
            for (var solver : Ridge.Solver.values()) {
                var other = new Ridge(0.5).withSolver(solver).fit(x, y);
                var gap = solver == Ridge.Solver.DUAL ? dual : others;
                gap.see(solver + ", seed " + seed, other.coefficients().toDoubleArray(), primal.coefficients().toDoubleArray());
                gap.see(solver + ", seed " + seed, other.intercept().item(), primal.intercept().item());
            }
        }
        Evidence.of("primal - dual", dual, below(1e-9));
        Evidence.of("primal - others", others, below(1e-9));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void filterFactorsAreThoseOfTheSingularValuesAndSumToTheTraceOfTheSmoother() {
        var data = Datasets.diabetes();
        var centred = data.x().sub(data.x().mean(0));
        var golden = GOLDEN.named("degrees of freedom");
        double[] alphas = golden.doubles("input.alphas"), df = golden.doubles("expected.df"), s = golden.doubles("expected.singularValues");
        var path = new Ridge(1).path(data.x(), data.y(), null);
        double worst = Gap.absolute().see("singularValues", path.singularValues().toDoubleArray(), s).worst();
        for (int k = 0; k < alphas.length; k++) {
            double alpha = alphas[k];
            worst = Math.max(worst, Gap.absolute().see("filterFactors", path.filterFactors(alpha).toDoubleArray(),
                    Arrays.stream(s).map(v -> v * v / (v * v + alpha)).toArray()).worst());
            worst = Math.max(worst, Math.abs(path.degreesOfFreedom(alpha) - df[k]));
            // The trace of X (X'X + alpha I)^-1 X', by another route.
            var gram = centred.transpose().matmul(centred);
            double trace = Linalg.solve(gram.add(Tensor.eye(DType.F64, 10).mul(alpha)), gram).trace().item();
            worst = Math.max(worst, Math.abs(path.degreesOfFreedom(alpha) - trace));
        }
        Evidence.of("gap", worst, below(1e-10));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void theNormShrinksStrictlyWithAlphaAndNothingIsExactlyZero() {
        double most = 0, least = Double.POSITIVE_INFINITY;
        for (int seed = 0; seed < 20; seed++) {
            var rng = Rng.of(seed);
            Tensor x = Tensor.randn(rng, DType.F64, 40, 8), y = Tensor.randn(rng, DType.F64, 40);
            double last = Double.POSITIVE_INFINITY;
            for (double alpha = 1e-4; alpha < 1e6; alpha *= 3) {
                var b = new Ridge(alpha).fit(x, y).coefficients();
                double norm = b.square().sum().sqrt().item();
                if (last < Double.POSITIVE_INFINITY) most = Math.max(most, norm / last);
                least = Math.min(least, b.abs().min().item());
                last = norm;
            }
        }
        Evidence.of("largest |b| over that at a third of alpha", most, below(1));
        Evidence.of("least size of a coefficient", least, above(0));
    }

    /** {@code decay} multiplies b by {@code 1 - rate decay} before each step and leaves the gradient alone; {@code penalty} is half that times |b|^2 in the loss. */
    private static double[] descend(UpdateRule rule, Tensor x, Tensor y, double rate, double decay, double penalty) {
        var b = Tensor.of(0.5, -1, 2).copy().requiresGrad();
        var optimizer = rule.over(b);
        for (int step = 0; step < 30; step++) {
            optimizer.zeroGrad();
            x.matmul(b).sub(y).square().mean().mul(0.5).add(b.square().sum().mul(penalty / 2)).backward();
            if (decay > 0) Autograd.noGrad(() -> b.mul_(1 - rate * decay));
            optimizer.step();
        }
        return b.detach().toDoubleArray();
    }

    /** In both halves decay is decoupled: the weights shrink beside the step. Under SGD that is the penalty; under Adam, which divides the gradient, it is another method. */
    @Acceptance(topic = TOPIC, clause = 5)
    @Test void weightDecayIsThePenaltyUnderSgdAndNotUnderAdam() {
        var rng = Rng.of(9);
        double lambda = 0.1, rate = 0.01;
        var x = Tensor.randn(rng, DType.F64, 50, 3).mul(Tensor.of(1, 3, 0.3)).compute();
        var y = Tensor.randn(rng, DType.F64, 50).compute();
        double[] penalised = descend(new Sgd(rate), x, y, rate, 0, lambda),
                byHand = penalisedByHand(x.toRows(), y.toDoubleArray(), rate, lambda);
        Evidence.of("SGD: decoupled decay against the penalty",
                Gap.absolute().see("coefficients", descend(new Sgd(rate), x, y, rate, lambda, 0), penalised), below(1e-12));
        Evidence.of("SGD: its own weight decay against the penalty",
                Gap.absolute().see("coefficients", descend(new Sgd(rate).withWeightDecay(lambda), x, y, rate, 0, 0), penalised),
                below(1e-12));
        Evidence.of("SGD: the penalty against 30 steps in plain doubles", Gap.absolute().see("coefficients", penalised, byHand),
                below(1e-12));
        double[] adam = descend(new Adam(rate), x, y, rate, 0, lambda), decoupled = descend(new Adam(rate), x, y, rate, lambda, 0);
        Evidence.of("Adam: decoupled decay against the penalty", Gap.absolute().see("coefficients", decoupled, adam).worst(), above(1e-3));
        Evidence.of("AdamW against Adam with decoupled decay",
                Gap.absolute().see("coefficients", descend(new AdamW(rate).withWeightDecay(lambda), x, y, rate, 0, 0), decoupled),
                below(1e-12));
    }

    /** {@code b -= rate (X'(Xb - y) / n + lambda b)}. */
    private static double[] penalisedByHand(double[][] x, double[] y, double rate, double lambda) {
        double[] b = {0.5, -1, 2};
        for (int step = 0; step < 30; step++) {
            var slope = new double[3];
            for (int i = 0; i < y.length; i++) {
                double error = -y[i];
                for (int j = 0; j < 3; j++) error += x[i][j] * b[j];
                for (int j = 0; j < 3; j++) slope[j] += error * x[i][j] / y.length;
            }
            for (int j = 0; j < 3; j++) b[j] -= rate * (slope[j] + lambda * b[j]);
        }
        return b;
    }

    @Test void penaltiesOfZeroLeaveAFeatureFree() {
        var rng = Rng.of(2);
        Tensor x = Tensor.randn(rng, DType.F64, 30, 3), y = x.matmul(Tensor.of(3, 1, -2)).add(1);
        var model = new Ridge(1e9).withPenalties(0, 1, 1).fit(x, y);
        var alone = new LinearRegression().fit(x.narrow(1, 0, 1), y);
        assertThat(model.coefficients().item(0)).isCloseTo(alone.coefficients().item(0), within(1e-6));
        assertThat(model.coefficients().item(1)).isCloseTo(0, within(1e-6));
        assertThat(new Ridge(2).withPenalties(0, 1, 3).withSolver(Ridge.Solver.CONJUGATE_GRADIENT).fit(x, y).coefficients().toDoubleArray())
                .containsExactly(new Ridge(2).withPenalties(0, 1, 3).fit(x, y).coefficients().toDoubleArray(), within(1e-9));
        assertThat(new Ridge(2).withPenalties(1, 2, 3).withSolver(Ridge.Solver.DUAL).fit(x, y).coefficients().toDoubleArray())
                .containsExactly(
                        new Ridge(2).withPenalties(1, 2, 3).withSolver(Ridge.Solver.CHOLESKY).fit(x, y).coefficients().toDoubleArray(),
                        within(1e-9));
    }

    @Test void gcvIsLeaveOneOutWithTheMeanLeverage() {
        var data = Datasets.diabetes();
        var path = new Ridge(1).path(data.x(), data.y(), null);
        double df = path.degreesOfFreedom(0.1) + 1, n = 442;
        var residual = data.y().sub(path.model(0.1).predict(data.x()));
        assertThat(path.gcv(0.1)).isCloseTo(residual.square().mean().item() / Math.pow(1 - df / n, 2), within(1e-8));
        assertThat(new RidgeCv(0.001, 0.01, 0.1, 1).withCriterion(RidgeCv.Criterion.GCV).fit(data.x(), data.y()).alpha()).isEqualTo(0.01);
    }

    @Test void badOptionsAreNamed() {
        assertThatThrownBy(() -> new Ridge(-1)).hasMessageContaining("alpha is -1.0");
        assertThatThrownBy(() -> new Ridge(1).withPenalties(1, 0).withSolver(Ridge.Solver.DUAL)).hasMessageContaining("DUAL");
        assertThatThrownBy(() -> new Ridge(1).withPenalties(1, 2).fit(Tensor.ones(DType.F64, 3, 3), Tensor.ones(DType.F64, 3)))
                .hasMessageContaining("2 penalties for 3 columns");
        assertThatThrownBy(() -> new Ridge(1).withAlphas(1, 2).fit(Tensor.ones(DType.F64, 3, 3), Tensor.ones(DType.F64, 3)))
                .hasMessageContaining("2 alphas for 1 targets");
        assertThatThrownBy(() -> new RidgeCv(0)).hasMessageContaining("0.0");
    }
}
