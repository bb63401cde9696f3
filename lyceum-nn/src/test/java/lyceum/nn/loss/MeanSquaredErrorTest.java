package lyceum.nn.loss;

import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.util.Locale;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.optim.Lbfgs;
import lyceum.optim.Objective;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class MeanSquaredErrorTest {
    private static final Golden GOLDEN = Golden.load("golden/mse.json");

    @Test
    @Acceptance(topic = "mse", clause = 1) void equalsTorch() {
        var worst = Gap.relativeBeyondOne();
        int seen = 0;
        for (var c : GOLDEN.cases("torch")) {
            seen++;
            var recipe = new Recipe(c.integer("input.seed"));
            var shape = c.longs("input.shape");
            int n = 1;
            for (long size : shape) n *= (int) size;
            var p = Tensor.of(recipe.bells(n), shape);
            var t = Tensor.of(recipe.bells(n), shape);
            var loss = new MeanSquaredError().withReduction(Reduction.valueOf(c.text("input.reduction").toUpperCase(Locale.ROOT)));
            worst.see(c, "expected.loss", loss.of(p, t).toDoubleArray());
            worst.see(c, "expected.gradient", Autograd.grad(x -> loss.of(x, t).sum()).apply(p).toDoubleArray());
        }
        Evidence.of("cases", seen, exactly(9));
        Evidence.of("torch, relative", worst, below(1e-12));
    }

    @Test
    @Acceptance(topic = "mse", clause = 1) void equalsScikitLearnPlainWeightedAndByOutput() {
        var worst = Gap.relativeBeyondOne();
        for (var c : GOLDEN.cases("sklearn")) {
            var recipe = new Recipe(c.integer("input.seed"));
            int n = 2 + recipe.below(20), k = 2 + recipe.below(3);
            Tensor p = Tensor.of(recipe.matrix(n, k)), t = Tensor.of(recipe.matrix(n, k)), w = Tensor.of(recipe.uniforms(n)),
                    outputs = Tensor.of(recipe.uniforms(k));
            var plain = new MeanSquaredError();
            worst.see(c, "expected.uniform", plain.of(p, t).toDoubleArray());
            worst.see(c, "expected.raw", plain.perOutput(p, t).toDoubleArray());
            worst.see(c, "expected.weighted", plain.withWeights(w).of(p, t).toDoubleArray());
            worst.see(c, "expected.weightedRaw", plain.withWeights(w).perOutput(p, t).toDoubleArray());
            worst.see(c, "expected.outputWeights", plain.withOutputWeights(outputs).of(p, t).toDoubleArray());
            worst.see(c, "expected.rmse", plain.root(p, t).toDoubleArray());
            worst.see(c, "expected.uniform", MeanSquaredError.value(p, t));
            worst.see(c, "expected.weighted", MeanSquaredError.value(p, t, w));
        }
        Evidence.of("scikit-learn, relative", worst, below(1e-12));
        // By hand: what the reductions do with weights, and the outputs of a vector and of two columns.
        double[] p = {1, 4, 2, 8}, t = {0, 2, 5, 4}, w = {0.5, 2, 1, 3};
        Tensor vector = Tensor.of(p), truth = Tensor.of(t), rows = Tensor.of(w), columns = vector.reshape(2, 2), both = truth.reshape(2, 2);
        var weighted = new MeanSquaredError().withWeights(rows);
        Evidence.of("by hand",
                Gap.absolute()
                        .see("none", weighted.withReduction(Reduction.NONE).of(vector, truth).toDoubleArray(), new double[] {0.5, 8, 9, 48})
                        .see("sum", weighted.withReduction(Reduction.SUM).of(vector, truth).item(), 65.5)
                        .see("vector", weighted.perOutput(vector, truth).toDoubleArray(), new double[] {65.5 / 6.5})
                        .see("plain vector", new MeanSquaredError().perOutput(vector, truth).toDoubleArray(), new double[] {30 / 4.0})
                        .see("its axes", weighted.perOutput(vector, truth).rank(), 1)
                        .see("its axes", new MeanSquaredError().perOutput(vector, truth).rank(), 1)
                        .see("outputs",
                                new MeanSquaredError().withOutputWeights(Tensor.of(0.0, 3)).perOutput(columns, both).toDoubleArray(),
                                new double[] {5, 10})
                        .see("single", weighted.of(vector.to(DType.F32), truth).item(), 65.5 / 6.5f),
                below(1e-6));
    }

    @Test
    @Acceptance(topic = "mse", clause = 2) void theBestConstantIsTheMeanAndLeavesTheVariance() {
        double place = 0, value = 0;
        for (int i = 0; i < 20; i++) {
            var y = Tensor.randn(Rng.of(i), DType.F64, 50 + i).mul(3).add(i);
            // One Newton step from anywhere: the loss is a parabola, so its gradient vanishes exactly where it ends.
            var start = Tensor.scalar(-7.0);
            double slope = Autograd.grad(c -> Loss.mse(c.expand(y.size(0)), y)).apply(start).item(),
                    curvature = Autograd.hessian(c -> Loss.mse(c.expand(y.size(0)), y), start).item();
            double best = -7 - slope / curvature;
            place = Math.max(place, Math.abs(best - y.mean().item()));
            value = Math.max(value,
                    Math.abs(Loss.mse(Tensor.full(DType.F64, best, y.size(0)), y).item() - y.var(new int[0], 0, false).item()));
        }
        Evidence.of("argmin - mean", place, below(1e-12));
        Evidence.of("minimum - variance", value, below(1e-12));
    }

    @Test
    @Acceptance(topic = "mse", clause = 3) void isTheGaussianLogLikelihoodAndPicksTheSameWeights() {
        double gap = 0, weights = 0;
        for (int i = 0; i < 50; i++) {
            var rng = Rng.of(300 + i);
            var x = Tensor.randn(rng, DType.F64, 40, 3);
            var y = x.matmul(Tensor.randn(rng, DType.F64, 3)).add(Tensor.randn(rng, DType.F64, 40).mul(0.5)).compute();
            double s = 0.2 + 2 * rng.nextDouble();
            var variance = Tensor.scalar(s * s);
            var p = Tensor.randn(rng, DType.F64, 40);
            double direct = Loss.gaussianNll(p, variance, y).item(),
                    fromMse = Loss.mse(p, y).item() / (2 * s * s) + Math.log(s * Math.sqrt(2 * Math.PI));
            gap = Math.max(gap, Math.abs(direct - fromMse));
            var search = new Lbfgs().withGradientTolerance(1e-12);
            double[] byMse = search.minimize(Objective.of(w -> Loss.mse(x.matmul(w), y)), new double[3]).x();
            double[] byNll = search.minimize(Objective.of(w -> Loss.gaussianNll(x.matmul(w), variance, y)), new double[3]).x();
            for (int j = 0; j < 3; j++) weights = Math.max(weights, Math.abs(byMse[j] - byNll[j]));
        }
        Evidence.of("NLL - (mse / 2s^2 + log(s sqrt(2 pi)))", gap, below(1e-12));
        Evidence.of("weights", weights, below(1e-8));
    }

    /** Of whole residuals, so that the squares and their sum are exact: it is the contribution that grows 100 times; the share of the total cannot. */
    @Test
    @Acceptance(topic = "mse", clause = 4) void aTenfoldResidualContributesAHundredfoldExactly() {
        var gap = Gap.absolute();
        var rng = Rng.of(4);
        for (int run = 0; run < 100; run++) {
            var residuals = new double[16];
            for (int i = 0; i < residuals.length; i++) residuals[i] = rng.nextInt(2000) - 1000;
            int chosen = rng.nextInt(16);
            var zero = Tensor.zeros(DType.F64, 16);
            var each = new MeanSquaredError().withReduction(Reduction.NONE);
            double one = each.of(Tensor.of(residuals), zero).item(chosen), all = Loss.mse(Tensor.of(residuals), zero).item();
            residuals[chosen] *= 10;
            gap.see("contribution, run " + run, each.of(Tensor.of(residuals), zero).item(chosen), 100 * one);
            gap.see("sum, run " + run, 16 * Loss.mse(Tensor.of(residuals), zero).item(), 16 * all + 99 * one);
        }
        Evidence.of("contribution of a tenfold residual less 100 times its own", gap, exactly(0));
    }

    @Test
    @Acceptance(topic = "mse", clause = 5) void compensatedSumsKeepTheirDigitsAtAMillionRows() {
        var c = GOLDEN.named("million");
        var recipe = new Recipe(c.integer("input.seed"));
        int n = c.integer("input.n");
        double[] p = recipe.uniforms(n), t = recipe.uniforms(n);
        for (int i = 0; i < n; i++) p[i] += 1000;
        double expected = c.number("expected.mse");
        Evidence.of("sums of 64 squares that are not the nearest double, of 1,000", wrongSums(), exactly(0));
        Evidence.of("metric, relative", Math.abs(MeanSquaredError.value(Tensor.of(p), Tensor.of(t)) / expected - 1), below(1e-15));
        Evidence.of("loss, relative", Math.abs(Loss.mse(Tensor.of(p), Tensor.of(t)).item() / expected - 1), below(1e-12));
    }

    /** Against decimals without end: what products and additions lose is added again, with its sign. */
    private static int wrongSums() {
        var rng = Rng.of(25);
        int wrong = 0;
        for (int run = 0; run < 1000; run++) {
            var residuals = new double[64];
            var exact = BigDecimal.ZERO;
            for (int i = 0; i < 64; i++) {
                residuals[i] = rng.nextGaussian();
                exact = exact.add(new BigDecimal(residuals[i]).pow(2));
            }
            double nearest = exact.divide(BigDecimal.valueOf(64)).doubleValue();
            if (MeanSquaredError.value(Tensor.of(residuals), Tensor.zeros(DType.F64, 64)) != nearest) wrong++;
        }
        return wrong;
    }

    @Test void maskedElementsCountNowhereAndMayBeNaN() {
        var target = Tensor.of(new double[][] {{1, Double.NaN}, {3, 4}});
        var loss = new MeanSquaredError().withMask(target.isNaN().not());
        var p = Tensor.of(new double[][] {{2, 7}, {3, 1}}).requiresGrad();
        var value = loss.of(p, target);
        value.backward();
        assertThat(value.item()).isCloseTo((1 + 0 + 9) / 3.0, within(1e-15));
        assertThat(p.grad().toDoubleArray()).containsExactly(new double[] {2 / 3.0, 0, 0, -2}, within(1e-15));
        assertThat(loss.perOutput(p, target).toDoubleArray()).containsExactly(new double[] {0.5, 9}, within(1e-15));
    }

    @Test void partsAddUpToTheErrorOverAllPairs() {
        var rng = Rng.of(9);
        Tensor models = Tensor.randn(rng, DType.F64, 7, 30).add(0.4), targets = Tensor.randn(rng, DType.F64, 5, 30).mul(2);
        var parts = ErrorParts.of(models, targets);
        double all = models.unsqueeze(1).sub(targets.unsqueeze(0)).square().mean().item();
        assertThat(parts.total()).isCloseTo(all, within(1e-12));
        assertThat(parts.variance()).isCloseTo(models.var(0, 0, false).mean().item(), within(1e-12));
        assertThat(ErrorParts.of(models, targets.narrow(0, 0, 1)).noise()).isZero();
    }

    @Test void doesNotBroadcast() {
        assertThatThrownBy(() -> Loss.mse(Tensor.zeros(5, 1), Tensor.zeros(5))).isInstanceOf(ShapeException.class)
                .hasMessage("mse: prediction (5, 1) and target (5,) differ; reshape one, losses do not broadcast");
        assertThatThrownBy(() -> new MeanSquaredError().withWeights(Tensor.ones(4)).of(Tensor.zeros(5), Tensor.zeros(5)))
                .hasMessageContaining("weights (4,)");
    }

    @Test void relativesAreWhatTheySay() {
        Tensor p = Tensor.of(1.0, -2, 0.5, 4), t = Tensor.of(0.0, 0, 0, 0);
        assertThat(Loss.rmse(p, t).item()).isCloseTo(Math.sqrt(21.25 / 4), within(1e-15));
        assertThat(Autograd.grad(x -> Loss.rmse(x, t)).apply(p).toDoubleArray())
                .containsExactly(p.div(2 * Math.sqrt(21.25)).toDoubleArray(), within(1e-15));
        assertThat(Autograd.grad(x -> Loss.rmse(x, t)).apply(t).toDoubleArray()).as("of a perfect fit").containsOnly(0);
        assertThat(Loss.l1(p, t).item()).isCloseTo(7.5 / 4, within(1e-15));
        assertThat(Loss.huber(p, t, 1).item()).isCloseTo((0.5 + 1.5 + 0.125 + 3.5) / 4, within(1e-15));
        assertThat(Autograd.grad(x -> Loss.huber(x, t, 1)).apply(p).toDoubleArray())
                .containsExactly(new double[] {0.25, -0.25, 0.125, 0.25}, within(1e-15));
        assertThatThrownBy(() -> Loss.huber(p, t, 0)).hasMessage("huber: delta is 0.0; it is above 0");
    }
}
