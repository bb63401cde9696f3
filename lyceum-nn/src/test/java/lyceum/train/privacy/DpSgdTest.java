package lyceum.train.privacy;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.equalTo;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.nn.Activation;
import lyceum.nn.BatchNorm;
import lyceum.nn.Conv2d;
import lyceum.nn.LayerNorm;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Sequential;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Sgd;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.stats.ProportionInterval;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class DpSgdTest {
    private static final String TOPIC = "dp-sgd";
    private static final Golden GOLDEN = Golden.load("golden/dp-sgd.json");

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void theAccountantGivesThePublishedEpsilons() {
        var abadi = PrivacyAccountant.start().sampledGaussian(0.01, 4, 10_000);
        double classic = abadi.epsilon(1e-5, PrivacyAccountant.Conversion.CLASSIC);
        Evidence.of("epsilon of q = 0.01, sigma = 4, T = 10,000, delta = 1e-5", classic, equalTo(1.26, 0.03));
        Evidence.of("with the improved conversion less the classic one", abadi.epsilon(1e-5) - classic, below(0));
        var divergence = Gap.relative();
        for (var c : GOLDEN.cases("divergence"))
            divergence.see(c, "expected.value",
                    PrivacyAccountant.divergence(c.number("input.q"), c.number("input.sigma"), c.number("input.alpha")));
        Evidence.of("divergences against quadrature of their definition, sampled and not", divergence, below(1e-8));
        Evidence.of("divergences compared", divergence.seen(), exactly(40));
        var epsilon = Gap.relative();
        for (var c : GOLDEN.cases("epsilon")) {
            var spent = PrivacyAccountant.start().sampledGaussian(c.number("input.q"), c.number("input.sigma"), c.integer("input.steps"));
            double delta = c.number("input.delta");
            epsilon.see(c, "expected.classic", spent.epsilon(delta, PrivacyAccountant.Conversion.CLASSIC));
            epsilon.see(c, "expected.improved", spent.epsilon(delta));
            assertThat(spent.delta(spent.epsilon(delta))).isCloseTo(delta, offset(1e-12));
        }
        Evidence.of("epsilons against an accountant on mpmath's divergences", epsilon, below(1e-8));
        var plain = Gap.relative();
        for (double sigma : new double[] {0.3, 1, 5})
            for (double alpha : new double[] {1.1, 2, 7.5, 100})
                plain.see("sigma " + sigma + ", order " + alpha, PrivacyAccountant.divergence(1, sigma, alpha), renyi(sigma, alpha));
        Evidence.of("without sampling, against the divergence of N(1, s^2) from N(0, s^2) summed over a grid", plain, below(1e-10));
    }

    /** {@code log sum p^alpha q^(1 - alpha) dz / (alpha - 1)} of two normal densities, on a grid around the peak. */
    private static double renyi(double sigma, double alpha) {
        double step = sigma / 50, sum = 0, most = Double.NEGATIVE_INFINITY;
        for (int pass = 0; pass < 2; pass++) for (double z = alpha - 20 * sigma; z < alpha + 20 * sigma; z += step) {
            double p = -(z - 1) * (z - 1) / (2 * sigma * sigma), q = -z * z / (2 * sigma * sigma), log = alpha * p + (1 - alpha) * q;
            if (pass == 0) most = Math.max(most, log);
            else sum += Math.exp(log - most);
        }
        return (most + Math.log(sum * step / (sigma * Math.sqrt(2 * Math.PI)))) / (alpha - 1);
    }

    private static Sequential mlp(Rng rng, DType type) {
        return Module.to(new Sequential(new Linear(6, 8, rng), Activation.TANH, new Linear(8, 3, rng)), type);
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void gradientsAreThoseOfALoopAndNoNeighbourMovesTheSumByMoreThanC() {
        var rng = Rng.of(1);
        Gap gap = Gap.relativeBeyondOne(), ghost = Gap.relativeBeyondOne();
        Layer flat = Layer.of(t -> t.reshape(t.size(0), -1));
        var picture = new Sequential(new Conv2d(1, 3, 3, rng), Activation.RELU, flat, new Linear(48, 3, rng));
        for (var type : new DType[] {DType.F32, DType.F64}) for (int kind = 0; kind < 3; kind++) {
            var model = switch (kind) {
                case 0 -> mlp(rng, type);
                case 1 -> Module.to(new Sequential(new Linear(6, 8, rng), new LayerNorm(8), Activation.RELU, new Linear(8, 3, rng)), type);
                default -> Module.to(picture, type);
            };
            var x = kind == 2 ? Tensor.randn(rng, type, 20, 1, 6, 6).compute() : Tensor.randn(rng, type, 20, 6).compute();
            var y = Tensor.randint(rng, 0, 3, 20).compute();
            double[][] rows = PerExampleClipping.gradients(model, Loss::crossEntropy, x, y).toRows();
            var clipped = PerExampleClipping.VECTORISED.of(model, Loss::crossEntropy, x, y, 0.7);
            double[] sum = new double[rows[0].length];
            for (int i = 0; i < 20; i++) {
                model.zeroGrad();
                Loss.crossEntropy(model.forward(x.narrow(0, i, 1)), y.narrow(0, i, 1)).backward();
                double[] loop = joined(gradients(model));
                gap.see("model " + kind + ", " + type + ", row " + i, rows[i], loop);
                double norm = 0;
                for (double g : loop) norm += g * g;
                for (int p = 0; p < sum.length; p++) sum[p] += loop[p] * Math.min(1, 0.7 / Math.sqrt(norm));
            }
            ghost.see("clipped sum, model " + kind, joined(clipped.gradients()), sum);
            if (kind == 0) {
                var other = PerExampleClipping.GHOST.of(model, Loss::crossEntropy, x, y, 0.7);
                ghost.see("ghost, " + type, joined(other.gradients()), sum);
                ghost.see("ghost norms, " + type, other.norms(), clipped.norms());
            }
        }
        Evidence.of("gaps of per-example gradients to a loop's", gap, below(1e-6));
        double worst = 0, least = Double.POSITIVE_INFINITY;
        int neighbours = 0;
        for (int seed = 0; seed < 1_000; seed++, neighbours++) {
            var at = Rng.of(seed);
            var model = mlp(at, DType.F64);
            int n = 1 + at.nextInt(6);
            double clip = Math.exp(4 * at.nextDouble() - 3);
            var x = Tensor.randn(at, DType.F64, n + 1, 6).mul(Math.exp(3 * at.nextGaussian())).compute();
            var y = Tensor.randint(at, 0, 3, n + 1).compute();
            var method = PerExampleClipping.values()[seed % 2];
            double[] more = joined(method.of(model, Loss::crossEntropy, x, y, clip).gradients());
            double[] less = joined(method.of(model, Loss::crossEntropy, x.narrow(0, 0, n), y.narrow(0, 0, n), clip).gradients());
            double moved = 0;
            for (int i = 0; i < more.length; i++) moved += (more[i] - less[i]) * (more[i] - less[i]);
            worst = Math.max(worst, Math.sqrt(moved) / clip);
            least = Math.min(least, Math.sqrt(moved) / clip);
        }
        Evidence.of("neighbours", neighbours, exactly(1_000));
        Evidence.of("largest move of the clipped sum over C", worst, atMost(1));
        Evidence.of("largest move is near C", worst, above(0.999));
        Evidence.of("least move", least, below(0.9));
        Evidence.of("clipped sums, vectorised and by ghost norms, against the loop's", ghost, below(2e-5));
    }

    private static Map<String, Tensor> gradients(Module model) {
        var all = new LinkedHashMap<String, Tensor>();
        model.parameters().forEach((name, p) -> all.put(name, p.grad()));
        return all;
    }

    private static double[] joined(Map<String, Tensor> parts) {
        return parts.values().stream().flatMapToDouble(t -> Arrays.stream(t.toDoubleArray())).toArray();
    }

    /** A canary that only its own coordinate of the weights sees, among rows that never touch it; 1,000 runs with it and 1,000 without. */
    @Acceptance(topic = TOPIC, clause = 3)
    @Tag("slow")
    @Test void noAuditFindsMoreThanIsClaimed() {
        double excess = Double.NEGATIVE_INFINITY, power = 0;
        double[][] settings = {{20, 1, 1}, {10, 3, 1}, {20, 2, 2}};
        double delta = 0.05;
        for (double[] s : settings) {
            int lot = (int) s[0], steps = (int) s[1];
            double[][] ends = new double[2][1_000];
            double claim = 0;
            for (int with = 0; with < 2; with++) for (int run = 0; run < 1_000; run++) {
                var rng = Rng.of(7_000 + run).split(with);
                var x = Tensor.randn(rng, DType.F64, 20, 3).mul(Tensor.of(1.0, 1, 0));
                var y = Tensor.randn(rng, DType.F64, 20, 1);
                if (with == 1) {
                    x = Tensor.concat(0, x.narrow(0, 0, 19), Tensor.of(new double[][] {{0, 0, 50}}));
                    y = Tensor.concat(0, y.narrow(0, 0, 19), Tensor.of(new double[][] {{50}}));
                }
                var model = new Linear(Tensor.zeros(DType.F64, 1, 3), null);
                var dp = new DpSgd(new Sgd(1), 0.5, s[2], lot, steps);
                var end = dp.start(model, Loss::mse, new Dataset(x.compute(), y.compute(), List.of(), List.of(), "canary"), rng.split(9));
                while (end.step()) {
                }
                ends[with][run] = model.weight().item(0, 2) * lot;
                claim = end.epsilon(delta);
            }
            // The first halves choose the threshold, the second halves are counted.
            double found = Double.NEGATIVE_INFINITY, threshold = 0;
            for (double t : ends[0]) {
                double at = bound(ends, 0, t, delta);
                if (at <= found) continue;
                found = at;
                threshold = t;
            }
            found = bound(ends, 500, threshold, delta);
            excess = Math.max(excess, found - claim);
            power = Math.max(power, found / claim);
        }
        Evidence.of("empirical epsilon (95% Clopper-Pearson, 2,000 runs each of 3 settings) less the claim, largest", excess, atMost(0));
        Evidence.of("empirical epsilon over the claim, largest", power, above(0.2));
    }

    /** The log of true over false alarms of 500 runs each, both at the ends of their 95% intervals that speak for the model. */
    private static double bound(double[][] ends, int from, double threshold, double delta) {
        double[] alarms = new double[2];
        for (int with = 0; with < 2; with++) for (int i = from; i < from + 500; i++) if (ends[with][i] > threshold) alarms[with]++;
        double low = ProportionInterval.CLOPPER_PEARSON.of(alarms[1], 500, 0.95).low(),
                high = ProportionInterval.CLOPPER_PEARSON.of(alarms[0], 500, 0.95).high();
        return low <= delta ? Double.NEGATIVE_INFINITY : Math.log((low - delta) / high);
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void withoutNoiseAndClipItIsSgdOnTheSameBatches() {
        var gap = Gap.relative();
        boolean finite = true;
        int empty = 0;
        for (var method : PerExampleClipping.values()) for (int lot : new int[] {1, 12}) {
            var rng = Rng.of(3);
            var x = Tensor.randn(rng, DType.F64, 40, 6).compute();
            var y = Tensor.randint(rng, 0, 3, 40).compute();
            Sequential model = mlp(rng, DType.F64), twin = Module.copy(model);
            var settings = new DpSgd(new Sgd(0.3), Double.POSITIVE_INFINITY, 0, lot, 20).withMethod(method).withMicroBatch(5);
            var run = settings.start(model, Loss::crossEntropy, new Dataset(x, y, List.of(), List.of(), "random"), Rng.of(4));
            for (int step = 0; step < 20; step++) {
                int[] rows = run.rows(step);
                assertThat(run.step()).isTrue();
                if (rows.length == 0) empty++;
                else {
                    twin.zeroGrad();
                    Loss.crossEntropy(twin.forward(x.rows(rows)), y.rows(rows)).mul((double) rows.length / lot).backward();
                    Autograd.noGrad(() -> twin.parameters().values().forEach(p -> p.copy_(p.sub(p.grad().mul(0.3)))));
                }
                double[] own = joined(model.parameters()), plain = joined(twin.parameters());
                gap.see(method + ", lot " + lot + ", step " + step, own, plain);
                for (double v : own) finite &= Double.isFinite(v);
            }
            assertThat(run.step()).isFalse();
        }
        Evidence.of("relative gap to SGD over 20 steps", gap, below(1e-12));
        Evidence.that("all parameters stayed finite", finite);
        Evidence.of("steps without rows among them", empty, above(0));
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void calibratedNoiseMeetsItsTarget() {
        var gap = Gap.relative();
        double most = 0;
        for (int seed = 0; seed < 40; seed++) {
            var rng = Rng.of(seed);
            double q = Math.pow(10, -3 * rng.nextDouble()), target = Math.exp(4 * rng.nextDouble() - 2),
                    delta = Math.pow(10, -3 - 4 * rng.nextDouble());
            int steps = 1 + rng.nextInt(3_000);
            double sigma = PrivacyAccountant.noiseFor(target, delta, q, steps);
            double claim = PrivacyAccountant.start().sampledGaussian(q, sigma, steps).epsilon(delta);
            gap.see("q " + q + ", " + steps + " steps, epsilon " + target, claim, target);
            most = Math.max(most, claim / target);
        }
        Evidence.of("relative gap of the claim to its target, 40 settings", gap, below(1e-3));
        Evidence.of("largest claim over its target", most, atMost(1));
        var noise = Gap.relative();
        for (var c : GOLDEN.cases("noise"))
            noise.see(c, "expected.sigma", PrivacyAccountant.noiseFor(c.number("input.epsilon"), c.number("input.delta"),
                    c.number("input.q"), c.integer("input.steps")));
        Evidence.of("noise against a root of mpmath's epsilon", noise, below(1e-3));
    }

    @Test void mechanismsAreAsPrivateAsTheySay() {
        var rng = Rng.of(1);
        var noisy = PrivacyMechanism.laplace(Tensor.zeros(DType.F64, 100_000), 2, 0.5, rng);
        assertThat(noisy.abs().mean().item()).isCloseTo(4, offset(0.06));
        double sigma = PrivacyMechanism.gaussianScale(3, 0.7, 1e-5) / 3;
        double delta = 0; // by definition: the mass by which one density exceeds e^epsilon times the other
        for (double z = -40; z < 60; z += 1e-3)
            delta += 1e-3 * Math.max(0, Math.exp(-(z - 1) * (z - 1) / (2 * sigma * sigma)) - Math.exp(0.7 - z * z / (2 * sigma * sigma)))
                    / (sigma * Math.sqrt(2 * Math.PI));
        assertThat(delta).isCloseTo(1e-5, offset(1e-9));
        assertThat(PrivacyAccountant.start().gaussian(sigma, 1).epsilon(1e-5)).as("Rényi's claim is no tighter than the exact one")
                .isGreaterThan(0.7);
        double spread = PrivacyMechanism.gaussian(Tensor.zeros(DType.F64, 100_000), 3, 0.7, 1e-5, rng).std().item();
        assertThat(spread / (3 * sigma)).isCloseTo(1, offset(0.01));
        double[] u = {1, 2, 4}, p = PrivacyMechanism.exponentialProbabilities(u, 1, 2);
        assertThat(p[2] / p[0]).isCloseTo(Math.exp(3), offset(1e-9));
        var counts = new double[3];
        for (int i = 0; i < 20_000; i++) counts[PrivacyMechanism.exponential(u, 1, 2, rng)] += 1 / 20_000.0;
        for (int i = 0; i < 3; i++) assertThat(counts[i]).isCloseTo(p[i], offset(0.012));
    }

    @Test void poissonLotsAdamAndPartsOfABatch() {
        var rng = Rng.of(5);
        var data = new Dataset(Tensor.randn(rng, 300, 6).compute(), Tensor.randint(rng, 0, 3, 300).compute(), List.of(), List.of(), "r");
        var model = mlp(rng, DType.F32);
        var settings = DpSgd.within(2, 1e-3, 300, new Adam(0.01), 0.5, 30, 40);
        var run = settings.fit(model, Loss::crossEntropy, data, Rng.of(6), Progress.SILENT);
        assertThat(run.epsilon(1e-3)).isBetween(1.99, 2.0);
        assertThat(run.clippedShare()).isBetween(0.0, 1.0);
        double mean = 0, square = 0;
        for (int s = 0; s < 2_000; s++) {
            int n = run.rows(s).length;
            mean += n / 2_000.0;
            square += n * n / 2_000.0;
        }
        assertThat(mean).isCloseTo(30, offset(0.6));
        assertThat(square - mean * mean).as("binomial, not a fixed size").isBetween(24.0, 30.0);
        var small = mlp(Rng.of(5).split(1), DType.F64);
        var twin = Module.copy(small);
        var wide = new Dataset(data.x().to(DType.F64).compute(), data.y(), List.of(), List.of(), "r");
        settings.withMicroBatch(7).fit(small, Loss::crossEntropy, wide, Rng.of(6), Progress.SILENT);
        settings.withMethod(PerExampleClipping.GHOST).fit(twin, Loss::crossEntropy, wide, Rng.of(6), Progress.SILENT);
        assertThat(joined(small.parameters())).usingComparatorWithPrecision(1e-7).containsExactly(joined(twin.parameters()));
        // A row that is not finite counts as none.
        var spoiled = wide.x().copy().compute();
        var sum = PerExampleClipping.VECTORISED.of(small, Loss::crossEntropy,
                Tensor.concat(0, spoiled.narrow(0, 0, 4), Tensor.full(DType.F64, Double.NaN, 1, 6)).compute(), wide.y().narrow(0, 0, 5), 1);
        var without = PerExampleClipping.VECTORISED.of(small, Loss::crossEntropy, spoiled.narrow(0, 0, 4), wide.y().narrow(0, 0, 4), 1);
        assertThat(joined(sum.gradients())).usingComparatorWithPrecision(1e-9).containsExactly(joined(without.gradients()));
    }

    @Test void badSettingsAreNamed() {
        assertThatThrownBy(() -> new DpSgd(new Sgd(1), 0, 1, 1, 1)).hasMessageContaining("clip is 0.0");
        assertThatThrownBy(() -> new DpSgd(new Sgd(1), Double.POSITIVE_INFINITY, 1, 1, 1)).hasMessageContaining("infinite clip");
        assertThatThrownBy(() -> new DpSgd(new Sgd(1), 1, -1, 1, 1)).hasMessageContaining("noise is -1.0");
        assertThatThrownBy(() -> new DpSgd(new Sgd(1), 1, 1, 50, 1).cost(20)).hasMessageContaining("lotSize is 50 of 20");
        assertThatThrownBy(() -> PrivacyAccountant.divergence(1.2, 1, 2)).hasMessageContaining("q is 1.2");
        assertThatThrownBy(() -> PrivacyAccountant.start().epsilon(0)).hasMessageContaining("delta is 0.0");
        assertThat(PrivacyAccountant.start().sampledGaussian(0.1, 0, 1).epsilon(1e-5)).isInfinite();
        assertThat(PrivacyAccountant.start().epsilon(1e-5)).isZero();
        var data = new Dataset(Tensor.zeros(4, 6), Tensor.zeros(DType.I64, 4), List.of(), List.of(), "zeros");
        var normed = new Sequential(new Linear(6, 3, Rng.of(1)), new BatchNorm(3));
        assertThatThrownBy(() -> new DpSgd(new Sgd(1), 1, 1, 2, 1).start(normed, Loss::crossEntropy, data, Rng.of(1)))
                .hasMessageContaining("1 is a BatchNorm");
        var other = new Sequential(new Linear(6, 3, Rng.of(1)), new LayerNorm(3));
        assertThatThrownBy(() -> PerExampleClipping.GHOST.of(other, Loss::crossEntropy, data.x(), data.y(), 1))
                .hasMessageContaining("1.weight belongs to no Linear");
    }
}
