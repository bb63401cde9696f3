package lyceum.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import lyceum.ConvergenceException;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.memory.Memory;
import lyceum.memory.Scope;
import lyceum.nn.Activation;
import lyceum.nn.BatchNorm;
import lyceum.nn.Dropout;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Sequential;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Clip;
import lyceum.optim.LearningRateFinder;
import lyceum.optim.Schedule;
import lyceum.optim.Sgd;
import lyceum.progress.CancelledException;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Fuzz;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainerTest {
    private static final Dataset MOONS = Datasets.moons(Rng.of(1), 200, 0.15).to(DType.F32);

    /** With everything that has state or draws numbers. */
    private static Sequential network(long seed) {
        var rng = Rng.of(seed);
        return new Sequential(new Linear(2, 16, rng), new BatchNorm(16), Activation.RELU, new Dropout(0.2), new Linear(16, 2, rng));
    }

    private static Trainer trainer() {
        return new Trainer(new Adam(0.01), 6).withBatchSize(16).withSchedule(new Schedule.Cosine(80)).withClip(Clip.norm(1))
                .withEarlyStopping(new EarlyStopping(3));
    }

    private static TrainingRun start(Trainer trainer, Module model) {
        return trainer.start(model, MOONS.size(), BatchLoss.of(model, Loss::crossEntropy, MOONS),
                () -> Loss.crossEntropy(model.forward(MOONS.x()), MOONS.y()).item(), Rng.of(9));
    }

    @Test void learnsAndTellsItsHistory() {
        var model = network(2);
        var heard = new ArrayList<Progress.Update>();
        var epochs = new ArrayList<Integer>();
        var history = new Trainer(new Adam(0.02), 40).withBatchSize(32).withListener((run, epoch) -> epochs.add(epoch.number())).fit(model,
                Loss::crossEntropy, MOONS, MOONS, Rng.of(3), heard::add);
        assertThat(model.forward(MOONS.x()).argmax(1).eq(MOONS.y()).to(DType.F64).mean().item()).isGreaterThan(0.95);
        assertThat(history.losses()[39]).isLessThan(history.losses()[0] / 2);
        assertThat(history.size()).isEqualTo(40);
        assertThat(epochs).hasSize(40).startsWith(0, 1, 2);
        assertThat(heard).hasSize(40 * 7);
        assertThat(heard.getLast().fraction()).isEqualTo(1);
        assertThat(heard.getLast().metrics()).containsKeys("epoch", "loss", "validation");
        assertThat(history.figure().table().rows()).isNotEmpty();
    }

    @Test void aResumedRunIsTheSameBitForBit(@TempDir Path folder) throws IOException {
        var whole = network(4);
        var history = start(trainer(), whole).finish(Progress.SILENT);
        var file = folder.resolve("run.safetensors");
        for (int stop : new int[] {1, 13, 20}) {
            var first = start(trainer(), network(4));
            for (int i = 0; i < stop; i++) first.step();
            first.save(file);
            var model = network(5); // other parameters: all must come from the file
            var second = start(trainer(), model);
            second.resume(file);
            assertThat(second.steps()).isEqualTo(stop);
            assertThat(second.finish(Progress.SILENT)).isEqualTo(history);
            whole.state().forEach((name, tensor) -> assertThat(model.state().get(name).toDoubleArray()).as("%s, stopped at %d", name, stop)
                    .isEqualTo(tensor.toDoubleArray()));
        }
    }

    @Test void aCheckpointOfSomethingElseIsRefused(@TempDir Path folder) throws IOException {
        var file = folder.resolve("run.safetensors");
        var run = start(trainer(), network(4));
        run.step();
        run.save(file);
        var other = new Sequential(new Linear(2, 2, Rng.of(1)));
        assertThatThrownBy(() -> start(trainer(), other).resume(file)).isInstanceOf(FormatException.class)
                .hasMessageContaining("this model has");
        var rate = new Trainer(new Sgd(0.1), 6).withBatchSize(16);
        assertThatThrownBy(() -> start(rate, network(4)).resume(file)).isInstanceOf(FormatException.class).hasMessageContaining("Adam");
        var model = network(4);
        var seeded = trainer().start(model, MOONS.size(), BatchLoss.of(model, Loss::crossEntropy, MOONS), null, Rng.of(10));
        assertThatThrownBy(() -> seeded.resume(file)).isInstanceOf(FormatException.class).hasMessageContaining("another seed");
        model.save(file);
        assertThatThrownBy(() -> run.resume(file)).isInstanceOf(FormatException.class).hasMessageContaining("lyceum.training");
        assertThat(run.steps()).isEqualTo(1);
    }

    @Test void damagedCheckpointsAreRefused(@TempDir Path folder) throws IOException {
        var file = folder.resolve("run.safetensors");
        var run = start(trainer(), network(4));
        for (int i = 0; i < 15; i++) run.step();
        run.save(file);
        var mutant = folder.resolve("mutant.safetensors");
        var report = Fuzz.of(file).allowing(FormatException.class).mutants(1000, bytes -> {
            Files.write(mutant, bytes);
            start(trainer(), network(4)).resume(mutant);
        });
        assertThat(report.refused()).isGreaterThan(300);
    }

    @Test void accumulatedBatchesMakeTheStepOfALargeOne() {
        var rng = Rng.of(6);
        var data = Datasets.linear(rng, 90, new double[] {1, -2}, 0.5, 0.1);
        var one = new Linear(2, 1, true, DType.F64, Init.heNormal(), Rng.of(7));
        var many = new Linear(one.weight(), one.bias());
        var target = data.withY(data.y().unsqueeze(1));
        var large = new Trainer(new Sgd(0.1).withMomentum(0.9), 5).withBatchSize(40);
        large.fit(one, Loss::mse, target, Rng.of(8));
        large.withBatchSize(10).withAccumulated(4).fit(many, Loss::mse, target, Rng.of(8));
        assertThat(many.weight().toDoubleArray()).containsExactly(one.weight().toDoubleArray(), within(1e-12));
        assertThat(many.bias().toDoubleArray()).containsExactly(one.bias().toDoubleArray(), within(1e-12));
    }

    @Test void everythingOutlivesTheScopeOfTheStep() {
        var model = network(4);
        var run = start(trainer(), model);
        try (var around = Scope.open("around the first steps")) {
            for (int i = 0; i < 14; i++) run.step();
        }
        while (run.step()) {
        }
        model.state().forEach((name, tensor) -> assertThat(tensor.isFinite().all().item()).as(name).isEqualTo(1));
        model.parameters().values().forEach(parameter -> assertThat(parameter.grad()).isNull());
    }

    /** Wide enough that its tensors have blocks of their own: what a step allocates is back when it ends, without the collector. */
    @Test void stepsGiveTheirMemoryBack() {
        var rng = Rng.of(11);
        var data = Dataset.of(Tensor.randn(rng, 512, 128).compute(), Tensor.randint(rng, 0, 2, 512));
        var model = new Sequential(new Linear(128, 256, rng), Activation.RELU, new Linear(256, 2, rng));
        var run = new Trainer(new Adam(0.001), 1000).withBatchSize(256).withAccumulated(2).start(model, 512,
                BatchLoss.of(model, Loss::crossEntropy, data), null, Rng.of(12));
        for (int i = 0; i < 20; i++) run.step();
        long before = Memory.stats().inUse();
        for (int i = 0; i < 100; i++) run.step();
        assertThat(Memory.stats().inUse() - before).isLessThan(8L << 20);
    }

    @Test void cancellingLeavesARunThatCanGoOn() {
        var model = network(4);
        var run = start(trainer(), model);
        assertThatThrownBy(() -> run.finish(((Progress) u -> {}).stoppedBy(() -> run.steps() >= 5))).isInstanceOf(CancelledException.class)
                .hasMessage("training: stopped at step 5 of 78");
        run.finish(Progress.SILENT);
        var whole = network(4);
        start(trainer(), whole).finish(Progress.SILENT);
        assertThat(model.state().get("0.weight").toDoubleArray()).isEqualTo(whole.state().get("0.weight").toDoubleArray());
    }

    @Test void aListenerMayStopTheRun() {
        var history = trainer().withListener((run, epoch) -> { if (epoch.number() == 1) run.stop(); }).fit(network(4), Loss::crossEntropy,
                MOONS, Rng.of(1));
        assertThat(history.size()).isEqualTo(2);
        assertThat(history.stoppedEarly()).isTrue();
    }

    @Test void earlyStoppingRestoresTheBestEpoch() {
        var model = network(4);
        // The validation score worsens from the third epoch on, whatever the model does.
        var scores = new double[] {3, 2, 1, 1.5, 1.6, 1.7, 1.8, 1.9, 2, 2.1};
        var snapshots = new ArrayList<double[]>();
        int[] at = {0};
        var history = trainer().withEpochs(10).withListener((run, epoch) -> snapshots.add(model.state().get("0.weight").toDoubleArray()))
                .start(model, MOONS.size(), BatchLoss.of(model, Loss::crossEntropy, MOONS), () -> scores[at[0]++], Rng.of(1))
                .finish(Progress.SILENT);
        assertThat(history.best()).isEqualTo(2);
        assertThat(history.size()).isEqualTo(6);
        assertThat(model.state().get("0.weight").toDoubleArray()).isEqualTo(snapshots.get(2));
    }

    @Test void aLossThatIsNotFiniteStopsBeforeItDoesHarm() {
        var model = new Linear(2, 1, Rng.of(1));
        double[] before = model.weight().toDoubleArray();
        var data = Dataset.of(Tensor.full(DType.F32, Double.NaN, 4, 2), Tensor.zeros(4, 1));
        assertThatThrownBy(() -> new Trainer(new Sgd(0.1), 1).fit(model, Loss::mse, data, Rng.of(1)))
                .isInstanceOf(ConvergenceException.class).hasMessageStartingWith("training: the loss is NaN at step 0 in epoch 0");
        assertThat(model.weight().toDoubleArray()).isEqualTo(before);
    }

    @Test void aRangeTestFindsARateAndPutsEverythingBack() {
        var model = network(7);
        var before = new LinkedHashMap<String, double[]>();
        model.state().forEach((name, tensor) -> before.put(name, tensor.toDoubleArray()));
        var trainer = new Trainer(new Sgd(1), 5).withBatchSize(20)
                .withListener((run, epoch) -> { throw new AssertionError("a listener"); });
        var test = trainer.rangeTest(new LearningRateFinder().withLow(1e-4).withHigh(1e4).withSteps(120), model, Loss::crossEntropy, MOONS,
                Rng.of(4));
        assertThat(test.rates()).startsWith(1e-4).hasSizeLessThan(120); // it blew up on the way
        model.state().forEach((name, tensor) -> assertThat(tensor.toDoubleArray()).as(name).isEqualTo(before.get(name)));
        double rate = test.suggestion();
        assertThat(rate).isBetween(1e-3, 100.0);
        var history = trainer.withListeners(List.of()).withRule(new Sgd(rate)).fit(model, Loss::crossEntropy, MOONS, Rng.of(4));
        var slow = trainer.withListeners(List.of()).withRule(new Sgd(1e-4)).fit(network(7), Loss::crossEntropy, MOONS, Rng.of(4));
        assertThat(history.losses()[4]).isLessThan(0.7 * slow.losses()[4]);
        assertThatThrownBy(
                () -> new Trainer(new Sgd(0), 1).rangeTest(new LearningRateFinder(), model, Loss::crossEntropy, MOONS, Rng.of(4)))
                .hasMessageContaining("learning rate is 0.0");
    }

    @Test void settingsAreChecked() {
        assertThatThrownBy(() -> new Trainer(new Sgd(0.1), 0)).hasMessage("Trainer: epochs is 0; it is at least 1");
        assertThatThrownBy(() -> new EarlyStopping(0)).hasMessage("EarlyStopping: patience is 0; it is at least 1");
    }
}
