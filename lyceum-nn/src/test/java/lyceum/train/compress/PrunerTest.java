package lyceum.train.compress;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.linalg.Linalg;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Module;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.AdamW;
import lyceum.optim.Sgd;
import lyceum.optim.UpdateRule;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import lyceum.train.BatchLoss;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrunerTest {
    private static final Dataset DIGITS = Datasets.digits().to(DType.F32).scaled(1 / 16.0);

    private static Mlp network(long seed) { return new Mlp(MlpConfig.classifier(64, 10, 24), Rng.of(seed)); }

    @Test
    @Acceptance(topic = "pruning", clause = 1) void globalMagnitudeEqualsTorch() {
        long cases = 0, differences = 0;
        for (var golden : Golden.load("golden/pruning.json").list("cases")) {
            var r = new Recipe(golden.integer("input.seed"));
            int layers = 1 + r.below(3);
            var shapes = new long[layers][];
            for (int i = 0; i < layers; i++) shapes[i] = new long[] {2 + r.below(12), 2 + r.below(12)};
            double amount = 0.05 + 0.9 * r.uniform();
            var weights = new LinkedHashMap<String, Tensor>();
            for (int i = 0; i < layers; i++)
                weights.put("" + i, Tensor.of(r.bells((int) (shapes[i][0] * shapes[i][1])), shapes[i]).to(DType.F32).compute());
            var masks = Pruner.magnitude(amount).masks(weights, List.of());
            var expected = golden.texts("expected.masks");
            for (int i = 0; i < layers; i++) {
                var ours = masks.kept("" + i).toBooleanArray();
                for (int j = 0; j < ours.length; j++) if (ours[j] != (expected.get(i).charAt(j) == '1')) differences++;
            }
            cases++;
        }
        Evidence.of("networks", cases, exactly(20));
        Evidence.of("weights whose mask differs", differences, exactly(0));
    }

    /** The oracle deletes a weight and minimises the quadratic over all others by solving its normal equations. */
    @Test
    @Acceptance(topic = "pruning", clause = 2) void obsIsTheCostOfTheBestDeletion() {
        double worst = 0;
        int weights = 0;
        for (int seed = 0; seed < 20; seed++) {
            var rng = Rng.of(seed);
            int n = 2 + seed % 7;
            var root = Tensor.randn(rng.split(1), DType.F64, n + 2, n).compute();
            var h = root.transpose().matmul(root).add(Tensor.eye(DType.F64, n).mul(0.1)).compute();
            var best = Tensor.randn(rng.split(2), DType.F64, n).compute();
            var w = best.copy().requiresGrad();
            Supplier<Tensor> loss = () -> {
                var d = w.sub(best);
                return d.matmul(h).mul(d).sum().mul(0.5);
            };
            var given = new LinkedHashMap<String, Tensor>(Map.of("w", w));
            double[] scores = Score.obs(0).of(given, List.of(loss)).get("w").toDoubleArray(), at = best.toDoubleArray();
            for (int q = 0; q < n; q++, weights++) {
                double cost = costWithout(q, h.toRows(), at);
                worst = Math.max(worst, Math.abs(scores[q] - cost) / Math.max(1, cost));
            }
        }
        Evidence.of("weights", weights, above(50));
        Evidence.of("OBS less the optimal cost, relative beyond one", worst, atMost(1e-8));
    }

    /** min over d with d_q = -w_q of d'Hd / 2. */
    private static double costWithout(int q, double[][] h, double[] w) {
        int n = w.length;
        double[][] rest = new double[n - 1][n - 1], right = new double[n - 1][1];
        for (int i = 0, a = 0; i < n; i++) {
            if (i == q) continue;
            for (int j = 0, b = 0; j < n; j++) if (j != q) rest[a][b++] = h[i][j];
            right[a++][0] = h[i][q] * w[q];
        }
        double[] others = Linalg.solve(Tensor.of(rest), Tensor.of(right)).flatten().toDoubleArray();
        var d = new double[n];
        for (int i = 0, a = 0; i < n; i++) d[i] = i == q ? -w[q] : others[a++];
        double sum = 0;
        for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) sum += d[i] * h[i][j] * d[j] / 2;
        return sum;
    }

    @Test
    @Tag("slow")
    @Acceptance(topic = "pruning", clause = 3) void ninetyPercentOfAFashionNetworkCanGo() {
        Assumptions.assumeTrue(Datasets.hasFashionMnist(), "dataset-fashion-mnist is not installed");
        var fashion = Fashion.of(6000);
        var dense = new Mlp(MlpConfig.classifier(784, 10, 100, 50), Rng.of(1));
        new Trainer(new Adam(1e-3), 8).withBatchSize(100).fit(dense, Loss::crossEntropy, fashion.train(), Rng.of(2));
        double whole = Fashion.accuracy(dense, fashion.test());
        Module once = Module.copy(dense), tuned = Module.copy(dense);
        Pruner.magnitude(0.9).masks(once).apply(once);
        var masks = Pruner.magnitude(0.9).withRounds(4).tune(tuned, new Trainer(new Adam(1e-3), 2).withBatchSize(100), Loss::crossEntropy,
                fashion.train(), Rng.of(3));
        double after = Fashion.accuracy(tuned, fashion.test()), cut = Fashion.accuracy(once, fashion.test());
        Evidence.of("dense accuracy (%)", whole, above(80));
        Evidence.of("sparsity", zeros(tuned), above(0.8999));
        Evidence.of("points lost with schedule and tuning", whole - after, atMost(1.5));
        Evidence.of("points more that one shot loses", after - cut, above(0));
        assertThat(masks.sparsity()).isCloseTo(0.9, within(1e-4));
    }

    private static double zeros(Module model) {
        long n = 0, zero = 0;
        for (var w : Pruner.weights(model).values()) for (double v : w.toDoubleArray()) {
            n++;
            if (v == 0) zero++;
        }
        return (double) zero / n;
    }

    /** With momentum, decay, and gradients of before the pruning in the optimiser's memory. */
    @Test
    @Acceptance(topic = "pruning", clause = 4) void maskedWeightsStayZero() {
        long moved = 0, masked = 0, others = 0;
        for (UpdateRule rule : List.of(new Sgd(0.05).withMomentum(0.9).withWeightDecay(1e-3), new Adam(1e-2), new AdamW(1e-2))) {
            var model = network(3);
            var run = new Trainer(rule, 20).withBatchSize(64).start(model, DIGITS.size(), BatchLoss.of(model, Loss::crossEntropy, DIGITS),
                    null, Rng.of(4));
            for (int i = 0; i < 10; i++) run.step();
            var masks = Pruner.magnitude(0.8).masks(model);
            masks.apply(model);
            var began = model.state().get("layers.0.weight").toDoubleArray();
            for (int i = 0; i < 100; i++) {
                masks.step(run);
                for (var mask : masks.kept().entrySet()) {
                    var stays = mask.getValue().toBooleanArray();
                    var w = model.state().get(mask.getKey()).toDoubleArray();
                    for (int j = 0; j < w.length; j++) {
                        if (stays[j]) continue;
                        masked++;
                        if (w[j] != 0) moved++;
                    }
                }
            }
            var ended = model.state().get("layers.0.weight").toDoubleArray();
            for (int j = 0; j < began.length; j++) if (began[j] != ended[j]) others++;
        }
        Evidence.of("masked weights seen", masked, above(100_000));
        Evidence.of("that were not 0", moved, exactly(0));
        Evidence.of("kept weights that moved", others, above(100));
    }

    /** Each against a formula computed one weight at a time with finite differences. */
    @Test void scoresAreTheirDefinitions() {
        var x = Tensor.randn(Rng.of(1), DType.F64, 12, 3).compute();
        var y = Tensor.randn(Rng.of(2), DType.F64, 12).compute();
        var w = Tensor.of(0.5, -1.2, 0.3).requiresGrad();
        Supplier<Tensor> first = () -> Loss.mse(x.matmul(w).tanh(), y), second = () -> Loss.mse(x.matmul(w).mul(0.5), y);
        var weights = new LinkedHashMap<String, Tensor>(Map.of("w", w));
        var losses = List.of(first, second);
        double e = 1e-4;
        double[] value = w.toDoubleArray(), g1 = new double[3], g2 = new double[3], h = new double[3];
        for (int i = 0; i < 3; i++) {
            g1[i] = (at(first, w, i, e) - at(first, w, i, -e)) / (2 * e);
            g2[i] = (at(second, w, i, e) - at(second, w, i, -e)) / (2 * e);
            for (var loss : losses) h[i] += (at(loss, w, i, e) - 2 * loss.get().item() + at(loss, w, i, -e)) / (e * e) / 2;
        }
        double[] linear = Score.gradientTimesWeight().of(weights, losses).get("w").toDoubleArray();
        double[] taylor = Score.taylor().of(weights, losses).get("w").toDoubleArray();
        double[] obd = Score.obd(1, Rng.of(1)).of(weights, losses).get("w").toDoubleArray();
        double[] movement = Score.movement(1e-9).of(weights, losses).get("w").toDoubleArray();
        for (int i = 0; i < 3; i++) {
            assertThat(linear[i]).isCloseTo(Math.abs((g1[i] + g2[i]) / 2 * value[i]), within(1e-6));
            assertThat(taylor[i]).isCloseTo((g1[i] * g1[i] + g2[i] * g2[i]) / 2 * value[i] * value[i], within(1e-6));
            assertThat(obd[i]).isCloseTo(h[i] * value[i] * value[i] / 2, within(1e-4));
            assertThat(movement[i]).isCloseTo(-(g1[i] + g2[i]) * value[i], within(1e-6));
        }
        assertThat(w.toDoubleArray()).as("put back").containsExactly(value);
        var inputs = new LinkedHashMap<String, Tensor>(Map.of("v", x));
        var v = new LinkedHashMap<String, Tensor>(Map.of("v", Tensor.of(new double[] {1, -2, 3, 4, 5, 6}, 2, 3)));
        double norm = 0;
        for (int i = 0; i < 12; i++) norm += x.item(i, 1) * x.item(i, 1);
        assertThat(Score.wanda(inputs).of(v, List.of()).get("v").item(0, 1)).isCloseTo(2 * Math.sqrt(norm), within(1e-12));
    }

    private static double at(Supplier<Tensor> loss, Tensor w, int i, double by) {
        var d = new double[3];
        d[i] = by;
        return Autograd.noGrad(() -> {
            w.add_(Tensor.of(d));
            double value = loss.get().item();
            w.sub_(Tensor.of(d));
            return value;
        });
    }

    @Test void scopesFloorsAndSchedule() {
        var weights = new LinkedHashMap<String, Tensor>();
        weights.put("small", Tensor.of(new double[] {0.1, 0.2, 0.3, 0.4}, 2, 2));
        weights.put("large", Tensor.of(new double[] {1, 9, 2, 8}, 2, 2));
        var half = Pruner.magnitude(0.5);
        assertThat(half.masks(weights, List.of()).sparsities().values()).containsExactly(1.0, 0.0);
        assertThat(half.withFloor(0.25).masks(weights, List.of()).sparsities().values()).containsExactly(0.75, 0.25);
        assertThat(half.withScope(Pruner.Scope.TENSOR).masks(weights, List.of()).kept("large").toBooleanArray()).containsExactly(false,
                true, false, true);
        assertThat(half.withScope(Pruner.Scope.ROW).masks(weights, List.of()).kept("small").toBooleanArray()).containsExactly(false, true,
                false, true);
        var ties = new LinkedHashMap<String, Tensor>(Map.of("w", Tensor.ones(DType.F64, 1, 4)));
        assertThat(half.masks(ties, List.of()).kept("w").toBooleanArray()).containsExactly(false, false, true, true);
        var rounds = Pruner.magnitude(0.8).withRounds(2);
        assertThat(rounds.sparsityAt(1)).isCloseTo(0.7, within(1e-12));
        assertThat(rounds.sparsityAt(2)).isEqualTo(0.8);
        assertThatThrownBy(() -> Pruner.magnitude(1)).hasMessageContaining("sparsity is 1.0");
        assertThatThrownBy(() -> half.withFloor(0.6)).hasMessageContaining("floor is 0.6");
        assertThatThrownBy(() -> new Pruner(Score.taylor(), 0.5).masks(weights, List.of())).hasMessageContaining("at least one batch");
        var bad = new LinkedHashMap<String, Tensor>(Map.of("w", Tensor.of(new double[] {1, Double.NaN}, 1, 2)));
        assertThatThrownBy(() -> half.masks(bad, List.of())).hasMessageContaining("NaN at 1");
    }

    @Test void masksAreSavedAndTuningKeepsWhatWasPruned(@TempDir Path folder) throws IOException {
        var model = network(5);
        var seen = new ArrayList<Double>();
        var masks = new Pruner(Score.taylor(), 0.7).withRounds(3).tune(model,
                new Trainer(new Adam(3e-3), 1).withBatchSize(64).withListener((run, epoch) -> seen.add(zeros(model))), Loss::crossEntropy,
                DIGITS.head(300), Rng.of(6));
        assertThat(zeros(model)).isEqualTo(masks.sparsity()).isCloseTo(0.7, within(1e-3));
        assertThat(seen).hasSize(3);
        masks.save(folder.resolve("masks.safetensors"));
        var again = Masks.load(folder.resolve("masks.safetensors"));
        masks.kept().forEach((name, mask) -> assertThat(again.kept(name).toBooleanArray()).isEqualTo(mask.toBooleanArray()));
        assertThat(masks.and(again).sparsity()).isEqualTo(masks.sparsity());
        assertThatThrownBy(() -> masks.apply(new Mlp(MlpConfig.classifier(32, 10, 24), Rng.of(1)))).hasMessageContaining("has shape");
    }
}
