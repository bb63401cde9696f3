package lyceum.train;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.data.DataLoader;
import lyceum.data.Dataset;
import lyceum.memory.Memory;
import lyceum.memory.Scope;
import lyceum.nn.Activation;
import lyceum.nn.BatchNorm;
import lyceum.nn.Embedding;
import lyceum.nn.Init;
import lyceum.nn.Layer;
import lyceum.nn.LayerNorm;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.Sequential;
import lyceum.nn.loss.CrossEntropy;
import lyceum.nn.loss.Loss;
import lyceum.optim.Clip;
import lyceum.optim.Sgd;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.BackwardPass;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.compress.LotteryTicket;
import lyceum.train.compress.Masks;
import org.junit.jupiter.api.Test;

class GradientAccumulationTest {
    private static final int IGNORED = -100, ROWS = 66, LENGTH = 12;

    /** Sequences of which between 1 and 12 tokens count: long ones are rare, and harder. */
    private static Dataset sequences(Rng rng) {
        var x = new long[ROWS * LENGTH];
        var y = new long[ROWS * LENGTH];
        for (int i = 0; i < ROWS; i++) {
            int counts = i % 7 == 0 ? LENGTH : 1 + rng.nextInt(3);
            for (int t = 0; t < LENGTH; t++) {
                x[i * LENGTH + t] = rng.nextInt(5);
                y[i * LENGTH + t] = t < counts ? i % 7 == 0 ? 4 : x[i * LENGTH + t] : IGNORED;
            }
        }
        return Dataset.of(Tensor.of(x).reshape(ROWS, LENGTH), Tensor.of(y).reshape(ROWS, LENGTH));
    }

    private static Sequential reader() {
        var rng = Rng.of(5);
        return new Sequential(Module.to(new Embedding(5, 6, rng), DType.F64), new Linear(6, 5, true, DType.F64, Init.heNormal(), rng),
                Layer.of(logits -> logits.transpose(1, 2)));
    }

    /** The weights after so many steps. */
    private static double[] trained(Trainer trainer, BatchLoss loss, Sequential model, int steps) {
        var run = trainer.start(model, ROWS, loss, null, Rng.of(3));
        for (int s = 0; s < steps; s++) run.step();
        return model.parameters().values().stream().flatMapToDouble(p -> Arrays.stream(p.toDoubleArray())).toArray();
    }

    private static double gap(double[] a, double[] b) {
        double worst = 0;
        for (int i = 0; i < a.length; i++) worst = Math.max(worst, Math.abs(a[i] - b[i]));
        return worst;
    }

    @Test
    @Acceptance(topic = "gradient-accumulation", clause = 1) void microBatchesMakeTheStepOfTheWholeBatch() {
        var data = sequences(Rng.of(1));
        double worstGradient = 0, worst20 = 0, naive = Double.POSITIVE_INFINITY;
        int cases = 0;
        var base = new Trainer(new Sgd(1), 100).withBatchSize(48).withClip(Clip.norm(5)); // 48 and 18: the last batch is ragged
        // One step of a ragged batch: 8 micro-batches of 72 / 8 rows, of which the last has 3.
        for (int k : new int[] {1, 2, 3, 8}) {
            Sequential large = reader(), small = reader();
            var ragged = base.withClip(null).withBatchSize(72);
            var whole = trained(ragged, BatchLoss.of(large, new CrossEntropy(), data), large, 1);
            worstGradient = Math.max(worstGradient,
                    gap(whole, trained(ragged.accumulate(k), BatchLoss.of(small, new CrossEntropy(), data), small, 1)));
            cases++;
        }
        for (int k : new int[] {1, 2, 3, 8}) for (var rate : List.of(new Sgd(1), new Sgd(0.2).withMomentum(0.9))) {
            boolean one = rate.momentum() == 0;
            int steps = one ? 1 : 20;
            var trainer = one ? base.withClip(null) : base.withRule(rate);
            // With rate 1 and no clip, one step is the gradient.
            Sequential large = reader(), small = reader(), wrong = reader();
            var whole = trained(trainer, BatchLoss.of(large, new CrossEntropy(), data), large, steps);
            var parts = trained(trainer.accumulate(k), BatchLoss.of(small, new CrossEntropy(), data), small, steps);
            var byRows = trained(trainer.accumulate(k), BatchLoss.of(wrong, new CrossEntropy(), data).weighing(rows -> rows.length), wrong,
                    steps);
            if (one) worstGradient = Math.max(worstGradient, gap(whole, parts));
            else worst20 = Math.max(worst20, gap(whole, parts));
            if (k > 1) naive = Math.min(naive, gap(whole, byRows));
            cases++;
        }
        Evidence.of("cases", cases, exactly(4 + 8));
        Evidence.of("gradients, largest gap", worstGradient, atMost(1e-10));
        Evidence.of("parameters after 20 steps, largest gap", worst20, atMost(1e-10));
        Evidence.of("least gap of naive averaging", naive, above(1e-3));
    }

    @Test
    @Acceptance(topic = "gradient-accumulation", clause = 2) void activationsTakeAKthOfTheMemory() {
        var rng = Rng.of(2);
        int rows = 4096;
        var data = Dataset.of(Tensor.randn(rng, DType.F32, rows, 16).compute(), Tensor.randint(rng, 0, 2, rows));
        var model = new Sequential(new Linear(16, 128, rng), Activation.GELU, new Linear(128, 128, rng), Activation.GELU,
                new Linear(128, 2, rng));
        double worst = 0, held = 0;
        long full = saved(model, data, rows, 1), arena = arena(model, data, rows, 1);
        for (int k : new int[] {2, 4, 8}) {
            worst = Math.max(worst, (double) saved(model, data, rows, k) / full - 1.0 / k);
            // By the allocator, in which all else than activations takes the same: what its peak falls by, activations fall by.
            held = Math.max(held, (full - (arena - arena(model, data, rows, k))) / (double) full - 1.0 / k);
        }
        Evidence.of("activation bytes of the full batch", full, above(8e6));
        Evidence.of("largest share of them beyond 1/k that a micro-batch saves", worst, atMost(0.1));
        Evidence.of("largest share of them beyond 1/k in the allocator's peak", held, atMost(0.1));
    }

    /** The most that any batch of a step saves for its sweep. */
    private static long saved(Module model, Dataset data, int rows, int k) {
        long[] most = {0};
        var loss = BatchLoss.of(model, Loss::crossEntropy, data);
        new Trainer(new Sgd(0.1), 1).withBatchSize(rows).accumulate(k).start(model, rows, (batch, pass) -> {
            var value = loss.of(batch, pass);
            most[0] = Math.max(most[0], BackwardPass.savedBytes(value));
            return value;
        }, null, Rng.of(1)).step();
        return most[0];
    }

    /** The most that the allocator gives out in a step. */
    private static long arena(Module model, Dataset data, int rows, int k) {
        var loss = BatchLoss.of(model, Loss::crossEntropy, data);
        var run = new Trainer(new Sgd(0.1), 3).withBatchSize(rows).accumulate(k).start(model, rows, loss, null, Rng.of(1));
        run.step();
        return Memory.peakOf(run::step);
    }

    @Test
    @Acceptance(topic = "gradient-accumulation", clause = 3) void batchNormIsFoundAndItsDifferenceReported() {
        var rng = Rng.of(4);
        var data = Dataset.of(Tensor.randn(rng, DType.F64, 32, 3).compute(), Tensor.randn(rng, DType.F64, 32, 1).compute());
        var normed = new Sequential(new Linear(3, 4, true, DType.F64, Init.heNormal(), rng), new BatchNorm(4, 1e-5, 0.1, DType.F64),
                Activation.TANH, new Linear(4, 1, true, DType.F64, Init.heNormal(), rng));
        var trainer = new Trainer(new Sgd(0.1), 1).withBatchSize(16).withAccumulated(2);
        var run = trainer.start(normed, 32, BatchLoss.of(normed, Loss::mse, data), null, Rng.of(5));
        // By hand, on a copy: gradient of all 32 rows, and the mean of those of the two halves.
        var copy = Module.copy(normed);
        var halves = DataLoader.of(32, 16, Rng.of(5).split(1)).pass(0);
        double[] whole = gradient(copy, data, IntStream.concat(IntStream.of(halves.get(0)), IntStream.of(halves.get(1))).toArray());
        double[] a = gradient(copy, data, halves.get(0)), b = gradient(copy, data, halves.get(1));
        double difference = 0, norm = 0;
        for (int i = 0; i < whole.length; i++) {
            difference += Math.pow(whole[i] - (a[i] + b[i]) / 2, 2);
            norm += whole[i] * whole[i];
        }
        double expected = Math.sqrt(difference / norm);
        double[] before = normed.state().get("1.running_mean").toDoubleArray();
        run.step();
        Evidence.of("warnings", run.warnings().size(), exactly(1));
        var text = run.warnings().getFirst();
        double reported = Double.parseDouble(text.replaceAll(".* by ([0-9.e+-]+) of its norm.*", "$1"));
        Evidence.of("difference", expected, above(1e-3));
        Evidence.of("reported over measured by hand, less 1", Math.abs(reported / expected - 1), below(0.01));
        assertThat(text).contains("BatchNorm").contains("16 rows");
        // The measurement moved no statistics: two batches did.
        var alone = new BatchNorm(4, 1e-5, 0.1, DType.F64);
        assertThat(normed.state().get("1.num_batches_tracked").item()).isEqualTo(2);
        assertThat(before).containsExactly(alone.state().get("running_mean").toDoubleArray());

        var layered = new Sequential(new Linear(3, 4, true, DType.F64, Init.heNormal(), rng), new LayerNorm(1e-5, DType.F64, 4),
                new Linear(4, 1, true, DType.F64, Init.heNormal(), rng));
        var quiet = trainer.start(layered, 32, BatchLoss.of(layered, Loss::mse, data), null, Rng.of(5));
        quiet.step();
        Evidence.of("warnings without BatchNorm", quiet.warnings().size(), exactly(0));
    }

    private static double[] gradient(Sequential model, Dataset data, int[] rows) {
        model.zeroGrad();
        try (var scope = Scope.open()) {
            Loss.mse(model.forward(data.x().rows(rows), Pass.training(null)), data.y().rows(rows)).backward();
            return model.parameters().values().stream().flatMapToDouble(p -> Arrays.stream(p.grad().toDoubleArray())).toArray();
        } finally {
            model.zeroGrad();
        }
    }

    @Test void classWeightsAreUnits() {
        var data = Dataset.of(Tensor.zeros(4, 2), Tensor.of(new long[] {0, 1, 2, IGNORED}));
        var loss = BatchLoss.of(new Linear(2, 3, Rng.of(1)), new CrossEntropy().withClassWeights(Tensor.of(new double[] {1, 0.5, 4})),
                data);
        assertThat(loss.units(new int[] {0, 1, 2, 3})).isCloseTo(5.5, within(1e-12));
        assertThat(loss.units(new int[] {3})).isZero();
        assertThatThrownBy(() -> new Trainer(new Sgd(1), 1).withBatchSize(10).accumulate(3))
                .hasMessage("Trainer.accumulate: k is 3; it must divide the batch of 10 rows");
    }

    private static final Dataset HALF_IGNORED = Dataset.of(Tensor.randn(Rng.of(2), 6, 2).compute(),
            Tensor.of(new long[] {0, IGNORED, IGNORED, IGNORED, 1, 2}));

    @Test void reportedLossesAreMeansOverUnits() {
        var model = new Linear(2, 3, Rng.of(1));
        double whole = new CrossEntropy().of(model.forward(HALF_IGNORED.x()), HALF_IGNORED.y()).item();
        for (int shards : new int[] {1, 2}) {
            var epoch = new Trainer(new Sgd(1e-30), 1).withBatchSize(2).withAccumulated(3).withShards(shards)
                    .fit(model, new CrossEntropy(), HALF_IGNORED, HALF_IGNORED, Rng.of(3), Progress.SILENT).epochs().getFirst();
            assertThat(epoch.loss()).isCloseTo(whole, within(1e-6));
            assertThat(epoch.validation()).as("a batch of two ignored rows is left out").isCloseTo(whole, within(1e-6));
        }
    }

    @Test void masksKeepTheUnits() {
        var masks = Masks.of(Map.of("weight", Tensor.of(new boolean[] {true, false, true, true, true, true}, 3, 2)));
        var whole = new Trainer(new Sgd(1), 1).withBatchSize(6);
        var parts = whole.withBatchSize(2).withAccumulated(3);
        var start = new Linear(2, 3, Rng.of(1));
        Linear plain = Module.copy(start), fitted = Module.copy(start), ticket = Module.copy(start);
        masks.fit(whole, plain, new CrossEntropy(), HALF_IGNORED, Rng.of(3));
        masks.fit(parts, fitted, new CrossEntropy(), HALF_IGNORED, Rng.of(3));
        new LotteryTicket(parts, 0.5, 1).train(ticket, masks, new CrossEntropy(), HALF_IGNORED, null, Rng.of(3));
        assertThat(plain.weight().sub(start.weight()).abs().max().item()).isGreaterThan(0.01);
        assertThat(fitted.weight().sub(plain.weight()).abs().max().item()).isLessThan(1e-6);
        assertThat(ticket.weight().sub(plain.weight()).abs().max().item()).isLessThan(1e-6);
    }

    @Test void batchesWithoutAnyTokenAreRefused() {
        var data = Dataset.of(Tensor.zeros(2, 2), Tensor.of(new long[] {IGNORED, IGNORED}));
        var model = new Linear(2, 3, Rng.of(1));
        assertThatThrownBy(() -> new Trainer(new Sgd(1), 1).fit(model, new CrossEntropy(), data, Rng.of(1)))
                .hasMessageContaining("a batch has 0.0 units");
    }
}
