package lyceum.train;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import lyceum.ConvergenceException;
import lyceum.DType;
import lyceum.backend.Parallel;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.nn.Activation;
import lyceum.nn.BatchNorm;
import lyceum.nn.Dropout;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Sequential;
import lyceum.nn.loss.Loss;
import lyceum.optim.AdamW;
import lyceum.optim.Clip;
import lyceum.optim.Schedule;
import lyceum.optim.Sgd;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeepLearningTest {
    private static final Dataset MOONS = Datasets.moons(Rng.of(1), 256, 0.2).to(DType.F32);

    private static Sequential network(long seed, boolean norm) {
        var rng = Rng.of(seed);
        return norm ? new Sequential(new Linear(2, 16, rng), new BatchNorm(16), Activation.RELU, new Dropout(0.2), new Linear(16, 2, rng))
                : new Sequential(new Linear(2, 16, rng), Activation.GELU, new Linear(16, 2, rng));
    }

    private static Trainer trainer() {
        return new Trainer(new AdamW(0.01), 16).withBatchSize(8).withAccumulated(2).withSchedule(new Schedule.Cosine(256))
                .withClip(Clip.norm(1)).withEarlyStopping(new EarlyStopping(9)).withAveraging(0.95)
                .withMetric("right", (output, target) -> output.argmax(1).eq(target).to(DType.F64).mean().item());
    }

    private static TrainingRun start(Trainer trainer, Module model) {
        return trainer.start(model, MOONS.size(), BatchLoss.of(model, Loss::crossEntropy, MOONS),
                () -> Loss.crossEntropy(model.forward(MOONS.x()), MOONS.y()).item(), Rng.of(9));
    }

    @Test
    @Acceptance(topic = "deep-learning", clause = 1)
    void stoppedAtStep137AndResumedItIsTheSameRun(@TempDir Path folder)
            throws IOException {
        int compared = 0, differing = 0, variants = 0;
        for (var t : new Trainer[] {trainer(), trainer().withPrecision(MixedPrecision.bf16()), trainer().withAveraging(0)}) {
            var whole = network(4, true);
            var run = start(t, whole);
            run.finish(Progress.SILENT);
            assertThat(run.steps()).isGreaterThan(137);
            var first = start(t, network(4, true));
            for (int i = 0; i < 137; i++) first.step();
            first.save(folder.resolve("run"));
            var model = network(5, true); // other parameters: all must come from the file
            var second = start(t, model);
            second.resume(folder.resolve("run"));
            assertThat(second.steps()).isEqualTo(137);
            assertThat(second.finish(Progress.SILENT)).isEqualTo(run.history());
            for (var entry : whole.state().entrySet()) {
                double[] a = entry.getValue().toDoubleArray(), b = model.state().get(entry.getKey()).toDoubleArray();
                for (int i = 0; i < a.length; i++, compared++)
                    if (Double.doubleToLongBits(a[i]) != Double.doubleToLongBits(b[i])) differing++;
            }
            variants++;
        }
        Evidence.of("trainers", variants, exactly(3));
        Evidence.of("numbers compared", compared, above(300));
        Evidence.of("numbers that differ in a bit", differing, exactly(0));
    }

    @Test
    @Acceptance(topic = "deep-learning", clause = 2) void twoThreadsComputeWhatOneDoes() {
        Assumptions.assumeTrue(Parallel.threads() > 1, "one thread");
        double worst = 0, moved = 0;
        int apart = 0;
        var t = new Trainer(new AdamW(0.01), 5).withBatchSize(31).withClip(Clip.norm(1));
        for (var trainer : new Trainer[] {t, t.withAccumulated(3)}) {
            Sequential one = network(6, false), two = network(6, false);
            double[] before = one.state().get("0.weight").toDoubleArray();
            Parallel.sequentially(() -> trainer.fit(one, Loss::crossEntropy, MOONS, Rng.of(7)));
            // The first shard waits for the second, which another thread must compute meanwhile.
            var threads = ConcurrentHashMap.<Thread>newKeySet();
            var both = new CountDownLatch(2);
            var loss = BatchLoss.of(two, Loss::crossEntropy, MOONS);
            trainer.withShards(2).start(two, MOONS.size(), (rows, pass) -> {
                threads.add(Thread.currentThread());
                both.countDown();
                try {
                    if (!both.await(20, TimeUnit.SECONDS)) throw new AssertionError("the shards are computed one after the other");
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
                return loss.of(rows, pass);
            }, null, Rng.of(7)).finish(Progress.SILENT);
            if (threads.size() > 1) apart++;
            for (var name : one.state().keySet()) {
                double[] a = one.state().get(name).toDoubleArray(), b = two.state().get(name).toDoubleArray();
                for (int i = 0; i < a.length; i++) worst = Math.max(worst, Math.abs(a[i] - b[i]));
            }
            double[] after = one.state().get("0.weight").toDoubleArray();
            for (int i = 0; i < after.length; i++) moved = Math.max(moved, Math.abs(after[i] - before[i]));
        }
        Evidence.of("runs whose shards had two threads at once", apart, exactly(2));
        Evidence.of("largest way of a weight", moved, above(0.05));
        Evidence.of("largest gap", worst, atMost(1e-6));
    }

    @Test void shardsGiveTheSameBitsAgain() {
        double[][] got = new double[3][];
        for (int i = 0; i < 3; i++) {
            var model = network(6, false);
            new Trainer(new Sgd(0.1), 2).withBatchSize(32).withShards(4).fit(model, Loss::crossEntropy, MOONS, Rng.of(7));
            got[i] = model.state().get("2.weight").toDoubleArray();
        }
        assertThat(got[1]).isEqualTo(got[0]);
        assertThat(got[2]).isEqualTo(got[0]);
        assertThatThrownBy(() -> new Trainer(new Sgd(0.1), 2).withShards(2).fit(network(1, true), Loss::crossEntropy, MOONS, Rng.of(7)))
                .hasMessageContaining("the model has BatchNorm, whose statistics 2 shards would write at once");
    }

    @Test void averagedParametersAreValidatedAndKept() {
        var model = network(3, false);
        var raw = new ArrayList<double[]>();
        new Trainer(new Sgd(0.5), 3).withBatchSize(256).withAveraging(0.5)
                .withListener((run, epoch) -> raw.add(model.state().get("2.bias").toDoubleArray()))
                .fit(model, Loss::crossEntropy, MOONS, Rng.of(7));
        double[] bias = model.state().get("2.bias").toDoubleArray();
        for (int i = 0; i < bias.length; i++)
            assertThat(bias[i]).isCloseTo(0.25 * raw.get(0)[i] + 0.25 * raw.get(1)[i] + 0.5 * raw.get(2)[i], within(1e-6));
    }

    @Test void progressTellsSpeedAndMetrics() {
        var heard = new ArrayList<Progress.Update>();
        var history = trainer().withEpochs(2).fit(network(3, true), Loss::crossEntropy, MOONS, MOONS, Rng.of(7), heard::add);
        assertThat(heard.getLast().metrics()).containsKeys("rows/s", "seconds left", "right", "validation");
        assertThat(heard.getLast().metrics().get("seconds left")).isEqualTo(0);
        assertThat(heard.getFirst().metrics().get("rows/s")).isPositive();
        assertThat(history.metric("right")).hasSize(2);
    }

    @Test void progressTellsTheRateAndTheGradientsNormOfEachStep() {
        for (var clip : new Clip[] {null, Clip.norm(1e-3)}) {
            var heard = new ArrayList<Progress.Update>();
            var rates = new Schedule.Linear(4, 0);
            new Trainer(new Sgd(0.5), 1).withBatchSize(MOONS.size() / 4).withSchedule(rates).withClip(clip).fit(network(3, false),
                    Loss::crossEntropy, MOONS, null, Rng.of(7), heard::add);
            assertThat(heard).hasSize(4);
            for (int i = 0; i < 4; i++)
                assertThat(heard.get(i).metrics().get("learning rate")).isCloseTo(0.5 * rates.factor(i), within(1e-12));
            var first = heard.getFirst().metrics().get("gradient norm");
            var model = network(3, false);
            new Trainer(new Sgd(1), 1).withBatchSize(MOONS.size() / 4).withListener(Trainer.Listener.afterStep(TrainingRun::stop))
                    .fit(model, Loss::crossEntropy, MOONS, Rng.of(7));
            double square = 0; // a step of rate 1 moves the parameters by the gradient
            for (var moved : model.parameters().entrySet())
                square += network(3, false).parameters().get(moved.getKey()).sub(moved.getValue()).to(DType.F64).square().sum().item();
            assertThat(first).isCloseTo(Math.sqrt(square), withinPercentage(0.01));
        }
    }

    @Test void aLossThatIsNotFiniteNamesStepRowsAndLayer() {
        var x = Tensor.randn(Rng.of(1), DType.F32, 8, 2).toDoubleArray();
        x[2 * 5] = Double.NaN;
        var data = Dataset.of(Tensor.of(x).reshape(8, 2).to(DType.F32), Tensor.zeros(8, 1));
        var model = new Sequential(new Linear(2, 4, Rng.of(1)), Activation.RELU, new Linear(4, 1, Rng.of(2)));
        assertThatThrownBy(() -> new Trainer(new Sgd(0.1), 1).fit(model, Loss::mse, data, Rng.of(1)))
                .isInstanceOf(ConvergenceException.class)
                .hasMessageContaining("at step 0 in epoch 0; the first output that is not finite is that of 0")
                .hasMessageContaining("rows [5] alone give such a loss");
    }

    @Test void theBestCheckpointIsSaved(@TempDir Path folder) throws IOException {
        double[] scores = {3, 1, 2};
        int[] at = {0};
        var model = network(3, false);
        var file = folder.resolve("best");
        var kept = new ArrayList<double[]>();
        new Trainer(new Sgd(0.1), 3).withListener(Trainer.Listener.savingBest(file))
                .withListener((run, epoch) -> kept.add(model.state().get("0.weight").toDoubleArray()))
                .start(model, MOONS.size(), BatchLoss.of(model, Loss::crossEntropy, MOONS), () -> scores[at[0]++], Rng.of(1))
                .finish(Progress.SILENT);
        var other = network(8, false);
        var again = new Trainer(new Sgd(0.1), 3).start(other, MOONS.size(), BatchLoss.of(other, Loss::crossEntropy, MOONS), () -> 0,
                Rng.of(1));
        again.resume(file);
        assertThat(again.epochs()).isEqualTo(2);
        assertThat(other.state().get("0.weight").toDoubleArray()).isEqualTo(kept.get(1));
    }
}
