package lyceum.train;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import java.util.function.ToDoubleBiFunction;
import java.util.stream.IntStream;
import lyceum.ConvergenceException;
import lyceum.autograd.Autograd;
import lyceum.data.DataLoader;
import lyceum.data.Dataset;
import lyceum.format.EventFile;
import lyceum.memory.Scope;
import lyceum.nn.Module;
import lyceum.nn.loss.Loss;
import lyceum.optim.Clip;
import lyceum.optim.LearningRateFinder;
import lyceum.optim.Schedule;
import lyceum.optim.UpdateRule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * How to train: an optimiser's rule, mini-batches, and when to stop.
 *
 * {@snippet :
 * var trainer = new Trainer(new Adam(1e-3), 20).withBatchSize(64).withClip(Clip.norm(1)).withEarlyStopping(new EarlyStopping(5));
 * History history = trainer.fit(network, Loss::crossEntropy, train, validation, Rng.of(1), Progress.SILENT);
 * history.figure();
 *
 * var run = trainer.start(network, train.size(), BatchLoss.of(network, Loss::mse, train), null, Rng.of(1));
 * while (run.step()) if (run.steps() % 1000 == 0) run.save(path);
 * run.resume(path);                        // later, in another JVM: goes on as if it had not stopped, bit for bit
 * }
 *
 * <p>Memory: each step runs in a {@link Scope}, so that its tensors are freed at once. A loss function that keeps a value beyond its
 * step must {@linkplain lyceum.tensor.Tensor#toDoubleArray read it out}.
 *
 * @param rule turns gradients into steps
 * @param epochs the most passes over the data, at least 1
 * @param batchSize rows of a batch
 * @param accumulated how many batches make one step, their gradients weighted by size: a larger batch in the memory of a small one
 * @param last what to do with rows that do not fill a batch
 * @param schedule multiplies the learning rate, by step
 * @param clip limits gradients; null for none
 * @param earlyStopping null for none
 * @param listeners are told of each step and of each epoch's end
 * @param shards parts of a batch that threads compute in parallel, at least 1; the sum of their gradients does not depend on their order. The
 *         loss is then called by several threads
 * @param averaging decay of an exponential moving average of the parameters, which validation uses and the model holds at the end; 0 for none
 * @param precision of products; null for that of the parameters
 * @param regularizer adds its penalty to each batch's loss and restores its constraints after each step; null for none
 * @param metrics of the validation data at an epoch's end, for {@link #fit}: see {@link #withMetric}
 */
@Withers
public record Trainer(UpdateRule rule, int epochs, int batchSize, int accumulated, DataLoader.Last last, Schedule schedule, Clip clip,
        EarlyStopping earlyStopping, List<Listener> listeners, int shards, double averaging, MixedPrecision precision,
        Regularizer regularizer, SequencedMap<String, ToDoubleBiFunction<Tensor, Tensor>> metrics) implements TrainerWithers {

    /** Called at the end of an epoch; may call {@link TrainingRun#stop}, save, or change the optimiser's rates. */
    @FunctionalInterface
    public interface Listener {
        void epochEnded(TrainingRun run, History.Epoch epoch);

        /**
         * Called at the end of a step.
         *
         * @param norms null unless {@link #wantsGradientNorms}
         */
        default void stepEnded(TrainingRun run, GradientNorms norms) {}

        /** Whether gradient norms should be computed for it. */
        default boolean wantsGradientNorms() { return false; }

        /** A listener that runs at the end of each step. */
        static Listener afterStep(Consumer<TrainingRun> body) {
            return new Listener() {
                @Override public void epochEnded(TrainingRun run, History.Epoch epoch) {}

                @Override public void stepEnded(TrainingRun run, GradientNorms norms) { body.accept(run); }
            };
        }

        /** Writes losses, the learning rate's factor and metrics for TensorBoard at each epoch's end, by step. A failure is an {@link UncheckedIOException}. */
        static Listener writing(EventFile events) {
            return (run, epoch) -> {
                try {
                    events.scalar("loss/train", epoch.loss(), epoch.steps());
                    if (!Double.isNaN(epoch.validation())) events.scalar("loss/validation", epoch.validation(), epoch.steps());
                    events.scalar("rate", epoch.rateFactor(), epoch.steps());
                    for (var metric : epoch.metrics().entrySet())
                        events.scalar("metric/" + metric.getKey(), metric.getValue(), epoch.steps());
                } catch (IOException e) {
                    throw new UncheckedIOException("training: could not write an event to " + events.path(), e);
                }
            };
        }

        /** Saves the run whenever an epoch is the best so far. A failure is an {@link UncheckedIOException}. */
        static Listener savingBest(Path path) {
            return (run, epoch) -> {
                if (run.history().best() != epoch.number()) return;
                try {
                    run.save(path);
                } catch (IOException e) {
                    throw new UncheckedIOException("training: could not write the best checkpoint to " + path, e);
                }
            };
        }
    }

    public Trainer {
        Objects.requireNonNull(rule, "rule");
        Objects.requireNonNull(last, "last");
        Objects.requireNonNull(schedule, "schedule");
        if (epochs < 1) throw new IllegalArgumentException("Trainer: epochs is " + epochs + "; it is at least 1");
        if (batchSize < 1) throw new IllegalArgumentException("Trainer: batchSize is " + batchSize + "; it is at least 1");
        if (accumulated < 1) throw new IllegalArgumentException("Trainer: accumulated is " + accumulated + "; it is at least 1");
        listeners = List.copyOf(listeners);
        if (shards < 1) throw new IllegalArgumentException("Trainer: shards is " + shards + "; it is at least 1");
        if (!(averaging >= 0 && averaging < 1))
            throw new IllegalArgumentException("Trainer: averaging is " + averaging + "; it lies in [0, 1), 0 for none");
        metrics = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(metrics));
    }

    /** Batches of 32, one step each; a constant learning rate, no clipping, no early stopping. */
    public Trainer(UpdateRule rule, int epochs) {
        this(rule, epochs, 32, 1, DataLoader.Last.KEEP, Schedule.CONSTANT, null, null, List.of(), 1, 0, null, null, new LinkedHashMap<>());
    }

    /** The same batches, each computed in {@code k} micro-batches: activations take a k-th of the memory, and the step is the same. */
    public Trainer accumulate(int k) {
        if (k < 1 || batchSize * accumulated % k != 0) throw new IllegalArgumentException(
                "Trainer.accumulate: k is " + k + "; it must divide the batch of " + batchSize * accumulated + " rows");
        return withBatchSize(batchSize * accumulated / k).withAccumulated(k);
    }

    /**
     * Adds a metric for each epoch's end, computed from the model's outputs for all validation rows and their targets; early stopping can watch it by name.
     */
    public Trainer withMetric(String name, ToDoubleBiFunction<Tensor, Tensor> metric) {
        var more = new LinkedHashMap<>(metrics);
        more.put(name, metric);
        return withMetrics(more);
    }

    /** Adds a listener. */
    public Trainer withListener(Listener listener) {
        var more = new ArrayList<>(listeners);
        more.add(listener);
        return withListeners(more);
    }

    /** Trains a model on a dataset. See {@link #fit(Module, Loss, Dataset, Dataset, Rng, Progress)}. */
    public History fit(Module model, Loss loss, Dataset data, Rng rng) { return fit(model, loss, data, null, rng, Progress.SILENT); }

    /**
     * Trains a model on a dataset, starting from its current parameters.
     *
     * @param validation its loss is the score of each epoch; null for none
     * @throws lyceum.progress.CancelledException if progress says so; the model then holds the parameters of the last step
     * @throws lyceum.ConvergenceException if the loss is not finite; the model then holds the parameters before that batch
     */
    public History fit(Module model, Loss loss, Dataset data, Dataset validation, Rng rng, Progress progress) {
        if (validation == null && !metrics.isEmpty())
            throw new IllegalArgumentException("Trainer: metrics " + metrics.keySet() + " need validation data");
        var score = validation == null ? null : evaluation(model, loss, validation);
        return startEvaluated(model, data.size(), BatchLoss.of(model, loss, data), score, rng).finish(progress);
    }

    /**
     * A run that has not taken a step yet.
     *
     * @param rows of the data; batches are row numbers below it
     * @param loss of a batch
     * @param validation the score of the current model, lower is better; null for none
     * @param rng seeds the order of rows and dropout; nothing is drawn from it
     */
    public TrainingRun start(Module model, int rows, BatchLoss loss, DoubleSupplier validation, Rng rng) {
        return startEvaluated(model, rows, loss,
                validation == null ? null : () -> new TrainingRun.Evaluated(validation.getAsDouble(), new LinkedHashMap<>()), rng);
    }

    /** As {@link #start}, with a score and metrics of the current model. */
    public TrainingRun startEvaluated(Module model, int rows, BatchLoss loss, Supplier<TrainingRun.Evaluated> validation, Rng rng) {
        return new TrainingRun(this, model, DataLoader.of(rows, batchSize, rng.split(1)).withLast(last), loss, validation, rng);
    }

    /**
     * A range test for the rule's learning rate with the batches, clipping and precision of this trainer: a step at each of a rising sequence of rates, until the loss
     * blows up. The model gets back all that it holds.
     *
     * {@snippet :
     * var trainer = new Trainer(new Adam(1e-3), 20);
     * double rate = trainer.rangeTest(new LearningRateFinder(), network, Loss::crossEntropy, train, rng).suggestion();
     * trainer.withRule(new Adam(rate)).fit(network, Loss::crossEntropy, train, rng);
     * }
     */
    public LearningRateFinder.RangeTest rangeTest(LearningRateFinder finder, Module model, Loss loss, Dataset data, Rng rng) {
        return rangeTest(finder, model, data.size(), BatchLoss.of(model, loss, data), rng);
    }

    /** The same over what {@link #start} takes. Schedule, averaging, early stopping and listeners have no part in it. */
    public LearningRateFinder.RangeTest rangeTest(LearningRateFinder finder, Module model, int rows, BatchLoss loss, Rng rng) {
        if (!(rule.learningRate() > 0)) throw new IllegalArgumentException(
                "Trainer.rangeTest: the rule's learning rate is " + rule.learningRate() + "; the test scales it, so it is above 0");
        double[] factor = {0};
        var held = TrainingRun.copies(model.state());
        var run = withSchedule(step -> factor[0]).withEpochs(Integer.MAX_VALUE).withAveraging(0).withEarlyStopping(null)
                .withListeners(List.of()).start(model, rows, loss, null, rng);
        try {
            return finder.run(rate -> {
                factor[0] = rate / rule.learningRate();
                try {
                    run.step();
                } catch (ConvergenceException e) {
                    if (Double.isNaN(run.lastLoss())) throw e; // not by the rate: nothing was learned yet
                    return Double.NaN; // the loss blew up: the test is over
                }
                return run.lastLoss();
            });
        } finally {
            model.load(held);
        }
    }

    /** The mean loss over a dataset's units, in inference mode. */
    DoubleSupplier meanLoss(Module model, Loss loss, Dataset data) {
        var evaluation = evaluation(model, loss, data);
        return () -> evaluation.get().score();
    }

    private Supplier<TrainingRun.Evaluated> evaluation(Module model, Loss loss, Dataset data) {
        return () -> Autograd.noGrad(() -> {
            double sum = 0, total = 0;
            var counted = BatchLoss.of(model, loss, data);
            var outputs = new ArrayList<Tensor>();
            for (int from = 0; from < data.size(); from += batchSize) {
                try (var scope = Scope.open("validation batch")) {
                    int to = Math.min(data.size(), from + batchSize);
                    var part = data.range(from, to);
                    double units = counted.units(IntStream.range(from, to).toArray());
                    var output = model.forward(part.x());
                    if (units > 0) sum += loss.of(output, part.y()).item() * units;
                    total += units;
                    if (!metrics.isEmpty()) outputs.add(output.compute().keptBy(scope));
                }
            }
            var values = new LinkedHashMap<String, Double>();
            if (!metrics.isEmpty()) {
                var all = Tensor.concat(0, outputs.toArray(Tensor[]::new));
                metrics.forEach((name, metric) -> values.put(name, metric.applyAsDouble(all, data.y())));
            }
            return new TrainingRun.Evaluated(sum / total, values);
        });
    }
}
