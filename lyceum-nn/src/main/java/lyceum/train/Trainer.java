package lyceum.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.DoubleSupplier;
import lyceum.autograd.Autograd;
import lyceum.data.DataLoader;
import lyceum.data.Dataset;
import lyceum.memory.Scope;
import lyceum.nn.Module;
import lyceum.nn.loss.Loss;
import lyceum.optim.Clip;
import lyceum.optim.Schedule;
import lyceum.optim.UpdateRule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
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
 * <p>Memory: each step runs in a {@link Scope}, so that its tensors return at once. A loss function that keeps a value beyond its
 * step must {@linkplain lyceum.tensor.Tensor#toDoubleArray read it out}.
 *
 * @param rule turns gradients into steps
 * @param epochs passes over the data at most, at least 1
 * @param batchSize rows of a batch
 * @param accumulated batches whose gradients, weighted by their sizes, make one step: a larger batch in the memory of a small one
 * @param last what to do with rows that do not fill a batch
 * @param schedule multiplies the learning rate, by step
 * @param clip limits gradients; null for none
 * @param earlyStopping null for none
 * @param listeners hear of each epoch's end
 */
@Withers
public record Trainer(UpdateRule rule, int epochs, int batchSize, int accumulated, DataLoader.Last last, Schedule schedule, Clip clip,
        EarlyStopping earlyStopping, List<Listener> listeners) implements TrainerWithers {

    /** Hears of the end of an epoch; may call {@link TrainingRun#stop}, save, or change the optimiser's rates. */
    @FunctionalInterface
    public interface Listener {
        void epochEnded(TrainingRun run, History.Epoch epoch);
    }

    public Trainer {
        Objects.requireNonNull(rule, "rule");
        Objects.requireNonNull(last, "last");
        Objects.requireNonNull(schedule, "schedule");
        if (epochs < 1) throw new IllegalArgumentException("Trainer: epochs is " + epochs + "; it is at least 1");
        if (batchSize < 1) throw new IllegalArgumentException("Trainer: batchSize is " + batchSize + "; it is at least 1");
        if (accumulated < 1) throw new IllegalArgumentException("Trainer: accumulated is " + accumulated + "; it is at least 1");
        listeners = List.copyOf(listeners);
    }

    /** Batches of 32, each a step; a constant rate, no clipping, no early stop. */
    public Trainer(UpdateRule rule, int epochs) {
        this(rule, epochs, 32, 1, DataLoader.Last.KEEP, Schedule.CONSTANT, null, null, List.of());
    }

    /** One more listener. */
    public Trainer withListener(Listener listener) {
        var more = new ArrayList<>(listeners);
        more.add(listener);
        return new Trainer(rule, epochs, batchSize, accumulated, last, schedule, clip, earlyStopping, more);
    }

    /** Trains a model on a dataset. See {@link #fit(Module, Loss, Dataset, Dataset, Rng, Progress)}. */
    public History fit(Module model, Loss loss, Dataset data, Rng rng) { return fit(model, loss, data, null, rng, Progress.SILENT); }

    /**
     * Trains a model on a dataset, from its present parameters on.
     *
     * @param validation its loss is the score of each epoch; null for none
     * @throws lyceum.progress.CancelledException if progress says so; the model then holds the parameters of the last step
     * @throws lyceum.ConvergenceException if the loss is not finite; the model then holds the parameters before that batch
     */
    public History fit(Module model, Loss loss, Dataset data, Dataset validation, Rng rng, Progress progress) {
        var score = validation == null ? null : meanLoss(model, loss, validation);
        return start(model, data.size(), BatchLoss.of(model, loss, data), score, rng).finish(progress);
    }

    /**
     * A run that has not taken a step yet.
     *
     * @param rows of the data; batches are row numbers below it
     * @param loss of a batch
     * @param validation the score of the model as it is, lower is better; null for none
     * @param rng names the order of rows and the draws of dropout; nothing is drawn from it
     */
    public TrainingRun start(Module model, int rows, BatchLoss loss, DoubleSupplier validation, Rng rng) {
        return new TrainingRun(this, model, DataLoader.of(rows, batchSize, rng.split(1)).withLast(last), loss, validation, rng);
    }

    DoubleSupplier meanLoss(Module model, Loss loss, Dataset data) {
        return () -> Autograd.noGrad(() -> {
            double sum = 0;
            for (int from = 0; from < data.size(); from += batchSize) {
                try (var scope = Scope.open("validation batch")) {
                    var part = data.range(from, Math.min(data.size(), from + batchSize));
                    sum += loss.of(model.forward(part.x()), part.y()).item() * part.size();
                }
            }
            return sum / data.size();
        });
    }
}
