package lyceum.train;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.DoubleStream;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.linalg.Linalg;
import lyceum.linalg.Svd;
import lyceum.memory.Scope;
import lyceum.nn.Activation;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.Sequential;
import lyceum.nn.loss.Loss;
import lyceum.optim.Average;
import lyceum.optim.Sgd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class RegularizerTest {
    /** One parameter of any shape. */
    private static final class Only extends Module {
        private final Tensor w;

        Only(Tensor w) { this.w = w.copy().requiresGrad(); }

        @Override protected Tensor compute(Tensor x, Pass pass) { return x.mul(w); }
    }

    @Test
    @Acceptance(topic = "regularization", clause = 1) void penaltiesHaveTorchsGradients() {
        var gap = Gap.relativeBeyondOne();
        int seen = 0;
        for (var c : Golden.load("golden/regularization.json").list("cases")) {
            var kind = c.text("input.kind");
            var r = new Recipe(c.integer("input.seed"));
            Tensor[] leaves;
            Tensor value;
            if (kind.equals("jacobian") || kind.equals("entropy")) {
                Tensor x = bells(r, 4, 3), a = bells(r, 5, 3).requiresGrad(), b = bells(r, 2, 5).requiresGrad(),
                        z = bells(r, 4, 3).mul(3).compute().requiresGrad();
                boolean jacobian = kind.equals("jacobian");
                leaves = jacobian ? new Tensor[] {a, b} : new Tensor[] {z};
                value = jacobian ? Regularizer.jacobian(v -> v.matmul(a.transpose()).tanh().matmul(b.transpose()), x)
                        : Regularizer.entropy(z);
            } else {
                long[] shape = c.longs("input.shape");
                double[] values = r.bells((int) Arrays.stream(shape).reduce(1, (p, q) -> p * q));
                if (c.integer("input.seed") == 900) Arrays.fill(values, 4, 8, 0);
                var model = new Only(Tensor.of(values).reshape(shape));
                leaves = new Tensor[] {model.w};
                value = (switch (kind) {
                    case "l1" -> Regularizer.l1(1);
                    case "l2" -> Regularizer.l2(1);
                    case "elasticNet" -> Regularizer.elasticNet(1, 0.3);
                    case "groupLasso" -> Regularizer.groupLasso(1);
                    case "orthogonality" -> Regularizer.orthogonality(1);
                    case "spectralNorm" -> Regularizer.spectralNorm(1);
                    default -> throw new AssertionError(kind);
                }).penalty(model);
            }
            gap.see(c, "expected.value", value.item());
            var gradients = DoubleStream.builder();
            for (var g : Autograd.gradients(value, leaves, false)) for (double d : g.toDoubleArray()) gradients.add(d);
            gap.see(c, "expected.gradient", gradients.build().toArray());
            seen++;
        }
        Evidence.of("cases", seen, exactly(56));
        Evidence.of("largest gap to PyTorch", gap, atMost(1e-6));
    }

    private static Tensor bells(Recipe r, int rows, int columns) {
        return Tensor.of(r.bells(rows * columns)).reshape(rows, columns).compute();
    }

    /** {@code (X'X + lambda I)^-1 X'y}. */
    private static double[] ridge(Tensor x, Tensor y, double lambda) {
        var a = x.transpose().matmul(x).add(Tensor.eye(DType.F64, x.size(1)).mul(lambda));
        return Linalg.solve(a, x.transpose().matmul(y)).toDoubleArray();
    }

    @Test
    @Acceptance(topic = "regularization", clause = 2) void inputNoiseConvergesToRidge() {
        double worst = 0, effect = Double.POSITIVE_INFINITY;
        for (double variance : new double[] {0.1, 0.4, 1}) {
            var rng = Rng.of(10);
            int n = 40, p = 4, copies = 50;
            var x = Tensor.randn(rng, DType.F64, n, p).compute();
            var y = x.matmul(Tensor.of(new double[] {1, -2, 0.5, 3}).reshape(p, 1)).add(Tensor.randn(rng, DType.F64, n, 1)).compute();
            var model = new Linear(Tensor.zeros(DType.F64, 1, p), null);
            // Full batches with fresh noise, several draws of it a step; the mean of the iterates takes the rest of the noise away.
            var wide = Tensor.concat(0, Collections.nCopies(copies, x).toArray(Tensor[]::new)).compute();
            var targets = Tensor.concat(0, Collections.nCopies(copies, y).toArray(Tensor[]::new)).compute();
            var average = Average.mean(200);
            var optimizer = new Sgd(0.1).over(model.parameters()).averagedBy(average);
            for (int t = 0; t < 2200; t++) {
                try (var scope = Scope.open()) {
                    optimizer.zeroGrad();
                    var noisy = wide.add(Tensor.randn(rng, DType.F64, (long) n * copies, p).mul(Math.sqrt(variance)));
                    Loss.mse(model.forward(noisy), targets).backward();
                    optimizer.step();
                    optimizer.zeroGrad();
                }
            }
            double[] got = average.of(model.weight()).toDoubleArray(), wanted = ridge(x, y, n * variance), ols = ridge(x, y, 0);
            worst = Math.max(worst, distance(got, wanted) / norm(wanted));
            effect = Math.min(effect, distance(ols, wanted) / norm(wanted));
        }
        Evidence.of("distance of least squares from ridge, relative", effect, above(0.05));
        Evidence.of("distance from ridge at n s^2, relative", worst, atMost(0.01));
    }

    private static double distance(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
        return Math.sqrt(sum);
    }

    private static double norm(double[] a) { return distance(a, new double[a.length]); }

    @Test
    @Acceptance(topic = "regularization", clause = 3) void flowIsNeverMuchWorseThanRidge() {
        // Ali, Kolter and Tibshirani (2019): for any coefficients, in the scale X'X/n; the risk is bias squared and variance, exact.
        var rng = Rng.of(11);
        double worst = 0, sharpest = 0;
        int problems = 0, times = 0;
        for (int c = 0; c < 200; c++, problems++) {
            int p = 1 + rng.nextInt(12), n = 3 + rng.nextInt(40);
            var x = Tensor.randn(rng, DType.F64, n, p);
            if (c % 3 == 0) x = x.matmul(Tensor.randn(rng, DType.F64, p, p)); // correlated
            double[] s = Svd.values(x.compute()).toDoubleArray(), beta = new double[s.length];
            double sigma2 = Math.exp(4 * rng.nextDouble() - 2);
            for (int i = 0; i < beta.length; i++) beta[i] = c % 4 == 0 && i > 0 ? 0 : rng.nextGaussian();
            for (double t = 1e-3; t < 1e4; t *= 1.5, times++) {
                double flow = 0, ridge = 0, time = t, lambda = 1 / t;
                for (int i = 0; i < s.length; i++) {
                    // One direction at a time, by the public measure of the share that it keeps.
                    var one = new DegreesOfFreedom(new double[] {s[i] / Math.sqrt(n)});
                    double d = s[i] * s[i] / n, f = one.flow(time), r = one.ridge(lambda);
                    flow += Math.pow((1 - f) * beta[i], 2) + sigma2 / n * f * f / d;
                    ridge += Math.pow((1 - r) * beta[i], 2) + sigma2 / n * r * r / d;
                }
                worst = Math.max(worst, flow / ridge);
            }
        }
        // The bound is sharp in the variance: sup of ((1 - e^-x)(1 + x)/x)^2 = 1.6862.
        for (double z = 0.01; z < 20; z += 0.001) sharpest = Math.max(sharpest, Math.pow(-Math.expm1(-z) * (1 + z) / z, 2));
        Evidence.of("problems", problems, exactly(200));
        Evidence.of("risks compared", times, above(5000));
        Evidence.of("largest risk of flow over that of ridge", worst, atMost(1.6862));
        Evidence.of("largest possible", sharpest, below(1.68625));
        Evidence.of("and it comes close", worst, atLeast(1.5));
    }

    @Test
    @Acceptance(topic = "regularization", clause = 4) void testErrorHasAMinimumInside() {
        int wins = 0;
        double least = 1;
        for (int seed = 0; seed < 10; seed++) {
            var rng = Rng.of(400 + seed);
            var w = Tensor.randn(rng, DType.F64, 30, 1).div(Math.sqrt(30)).compute();
            Dataset train = noisy(rng, w, 40), test = noisy(rng, w, 2000);
            double[] lambdas = {0, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 1e4, 1e5}, errors = new double[lambdas.length];
            for (int i = 0; i < lambdas.length; i++) {
                // The penalised loss itself, to its minimum: a quadratic, so that one Newton step from zero is exact.
                var model = new Linear(Tensor.zeros(DType.F64, 1, 30), null);
                var regularizer = Regularizer.l2(lambdas[i]);
                var at = model.weight();
                Supplier<Tensor> loss = () -> model.forward(train.x()).sub(train.y()).square().sum().add(regularizer.penalty(model));
                var g = Autograd.gradients(loss.get(), new Tensor[] {at}, true)[0].flatten();
                var h = new double[30][];
                for (int j = 0; j < 30; j++) h[j] = Autograd.gradients(g.get(j), new Tensor[] {at}, false)[0].toDoubleArray();
                var step = Linalg.solve(Tensor.of(h), g.detach().unsqueeze(1));
                Autograd.noGrad(() -> { at.copy_(step.neg().reshape(1, 30)); });
                errors[i] = Loss.mse(model.forward(test.x()), test.y()).item();
            }
            int best = 0;
            for (int i = 1; i < errors.length; i++) if (errors[i] < errors[best]) best = i;
            double gain = 1 - errors[best] / errors[0];
            least = Math.min(least, gain);
            if (best > 0 && best < errors.length - 1 && gain >= 0.2) wins++;
        }
        Evidence.of("seeds with a minimum inside, 20 percent below", wins, exactly(10));
        Evidence.of("least gain", least, atLeast(0.2));
    }

    private static Dataset noisy(Rng rng, Tensor w, int n) {
        var x = Tensor.randn(rng, DType.F64, n, 30).compute();
        return Dataset.of(x, x.matmul(w).add(Tensor.randn(rng, DType.F64, n, 1).mul(1.5)).compute());
    }

    @Test
    @Acceptance(topic = "regularization", clause = 5) void maxNormHoldsAfterEveryStep() {
        var data = Datasets.moons(Rng.of(1), 120, 0.2).to(DType.F64);
        double worst = 0, free = 0;
        int steps = 0;
        for (double most : new double[] {0.3, 1, 2}) for (boolean bound : new boolean[] {true, false}) {
            var rng = Rng.of(2);
            var model = Module.to(new Sequential(new Linear(2, 12, rng), Activation.RELU, new Linear(12, 2, rng)), DType.F64);
            var run = new Trainer(new Sgd(0.5), 10).withBatchSize(20)
                    .withRegularizer(bound ? Regularizer.maxNorm(most).on("*.weight") : Regularizer.l2(0))
                    .start(model, data.size(), BatchLoss.of(model, Loss::crossEntropy, data), null, Rng.of(3));
            while (run.step()) for (var w : model.parameters("*.weight").values()) {
                for (double[] unit : w.toRows()) if (bound) worst = Math.max(worst, norm(unit) / most);
                else free = Math.max(free, norm(unit) / most);
                if (bound) steps++;
            }
        }
        Evidence.of("norms after steps, matrices seen", steps, exactly(3 * 10 * 6 * 2));
        Evidence.of("largest norm without it, over the bound", free, above(1.5));
        Evidence.of("largest norm, over the bound", worst, atMost(1 + 1e-12));
    }

    @Test void degreesOfFreedomAgreeWithWhatFitsDo() {
        var rng = Rng.of(5);
        var x = Tensor.randn(rng, DType.F64, 30, 5).compute();
        double[] y = Tensor.randn(rng, DType.F64, 30).toDoubleArray();
        var df = DegreesOfFreedom.of(x);
        double lambda = 7, measured = DegreesOfFreedom
                .measured(t -> x.matmul(Tensor.of(ridge(x, Tensor.of(t).unsqueeze(1), lambda))).toDoubleArray(), y, 0.1, 2000, rng);
        assertThat(measured).isCloseTo(df.ridge(lambda), within(0.15));
        assertThat(df.ridge(0)).isCloseTo(5, within(1e-12));
        assertThat(new DegreesOfFreedom(new double[] {10, Math.sqrt(10), 1, Math.sqrt(0.1), 0.1}).ridge(1)).isCloseTo(2.5, within(1e-2));
        assertThat(df.stopped(1e-4, 1)).isCloseTo(1e-4 * x.square().sum().item(), within(1e-9));
        assertThat(df.stopped(1e-5, 20_000)).isCloseTo(df.flow(0.2), within(1e-2));
        assertThat(df.smoothedTargets(0.1)).isCloseTo(4.5, within(1e-12));
        assertThat(DegreesOfFreedom.dropout(x, 0)).isCloseTo(5, within(1e-12));
        assertThat(DegreesOfFreedom.dropout(x, 0.5)).isBetween(2.0, 2.6);
        assertThat(df.inputNoise(0.5, 30)).isEqualTo(df.ridge(15));
    }

    @Test void termsAddUpAndChooseTheirParameters() {
        var model = new Linear(Tensor.of(new double[][] {{3, -4}}), Tensor.of(new double[] {2}));
        assertThat(Regularizer.l1(1).on("weight").penalty(model).item()).isEqualTo(7);
        assertThat(Regularizer.l1(1).on("weight").and(Regularizer.l2(0.5).on("bias")).penalty(model).item()).isEqualTo(9);
        Regularizer.maxNorm(1).on("weight").project(model);
        assertThat(model.weight().toDoubleArray()).containsExactly(new double[] {0.6, -0.8}, within(1e-12));
        assertThat(model.bias().toDoubleArray()).containsExactly(2);
        assertThatThrownBy(() -> Regularizer.l1(1).on("wight").penalty(model))
                .hasMessage("Regularizer: l1(1.0) on \"wight\" matches none of [weight, bias]");
        for (Runnable bad : List.<Runnable>of(() -> Regularizer.l1(-1), () -> Regularizer.maxNorm(0), () -> Regularizer.elasticNet(1, 2)))
            assertThatThrownBy(bad::run).isInstanceOf(IllegalArgumentException.class);
    }
}
