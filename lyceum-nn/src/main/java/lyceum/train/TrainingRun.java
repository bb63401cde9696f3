package lyceum.train;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.DoubleSupplier;
import lyceum.ConvergenceException;
import lyceum.autograd.Autograd;
import lyceum.data.DataLoader;
import lyceum.memory.Scope;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.optim.Optimizer;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A training in progress: made by {@link Trainer#start}. Advance it by {@link #step} or to the end by {@link #finish}; between steps it can be
 * saved and resumed. For one thread.
 */
public final class TrainingRun {
    private final Trainer trainer;
    private final Module model;
    private final Optimizer optimizer;
    private final DataLoader loader;
    private final BatchLoss loss;
    private final DoubleSupplier validation;
    private final Rng rng;
    private TrainingState state = TrainingState.start();
    private SequencedMap<String, Tensor> best;

    TrainingRun(Trainer trainer, Module model, DataLoader loader, BatchLoss loss, DoubleSupplier validation, Rng rng) {
        if (loader.steps() == 0)
            throw new IllegalArgumentException("Trainer: the rows fill no batch of " + trainer.batchSize() + " and the last is dropped");
        this.trainer = trainer;
        this.model = model;
        this.loader = loader;
        this.loss = loss;
        this.validation = validation;
        this.rng = rng;
        optimizer = trainer.rule().over(model.parameters()).scheduledBy(trainer.schedule());
        if (trainer.clip() != null) optimizer.clippedBy(trainer.clip());
    }

    public Module model() { return model; }

    public Optimizer optimizer() { return optimizer; }

    /** Steps taken. */
    public long steps() { return optimizer.steps(); }

    /** Epochs that have ended. */
    public int epochs() { return state.epochs().size(); }

    /** True when all epochs have ended or the run was stopped. */
    public boolean isFinished() { return state.stopped() || epochs() >= trainer.epochs(); }

    /** Ends the run after the present step: what a listener calls. */
    public void stop() { state = state.stop(); }

    public History history() { return new History(state.epochs(), state.best(), state.stopped()); }

    private int stepsInEpoch() { return (loader.steps() + trainer.accumulated() - 1) / trainer.accumulated(); }

    /**
     * One optimiser step, and the end of the epoch where it was its last.
     *
     * @return false if there was none to take
     * @throws ConvergenceException if the loss is not finite; parameters stay as they are
     */
    public boolean step() {
        if (isFinished()) return false;
        var group = loader.accumulated(epochs(), trainer.accumulated()).get(state.step());
        int rows = 0;
        for (var batch : group) rows += batch.length;
        double sum = 0;
        try (var scope = Scope.open("training step")) {
            optimizer.zeroGrad();
            for (int i = 0; i < group.size(); i++) sum += accumulate(group.get(i), rows, i);
            optimizer.step();
            optimizer.zeroGrad(); // gradients are memory of this scope
        }
        state = state.stepped(sum, rows);
        if (state.step() == stepsInEpoch()) endEpoch();
        return true;
    }

    /** Adds a batch's gradients to the step's and gives its summed loss. */
    private double accumulate(int[] rows, int all, int place) {
        // A stream for every batch: what dropout draws does not depend on what was drawn before, and so a run can be resumed.
        var pass = Pass.training(rng.split(2).split(steps()).split(place));
        try (var scope = Scope.open("training batch")) {
            var value = loss.of(rows, pass);
            double number = value.item();
            if (!Double.isFinite(number)) {
                optimizer.zeroGrad();
                throw new ConvergenceException("training: the loss is " + number + " at step " + steps() + " in epoch " + epochs()
                        + "; lower the learning rate, clip gradients or look for such values in the data");
            }
            (rows.length == all ? value : value.mul((double) rows.length / all)).backward();
            for (var parameter : optimizer.parameters()) if (parameter.grad() != null) parameter.grad().keptBy(scope);
            return number * rows.length;
        }
    }

    private void endEpoch() {
        double score = validation == null ? Double.NaN : validation.getAsDouble();
        var epoch = new History.Epoch(epochs(), steps(), state.lossSum() / state.rows(), score, optimizer.rateFactor());
        var stopping = trainer.earlyStopping();
        boolean better = state.best() < 0 || epoch.score() < state.bestScore() - (stopping == null ? 0 : stopping.least());
        state = state.ended(epoch, better);
        if (stopping != null) {
            if (better && stopping.restoreBest()) best = copies(model.state());
            if (epochs() - 1 - state.best() >= stopping.patience()) stop();
        }
        for (var listener : trainer.listeners()) listener.epochEnded(this, epoch);
        if (isFinished() && best != null) model.load(best);
    }

    /**
     * Runs to the end, reporting each step.
     *
     * @throws lyceum.progress.CancelledException if progress says so, between two steps: the run can go on or be saved
     */
    public History finish(Progress progress) {
        long total = (long) stepsInEpoch() * trainer.epochs();
        while (step()) {
            if (progress == Progress.SILENT) continue;
            var metrics = new LinkedHashMap<String, Double>();
            boolean between = state.rows() == 0;
            metrics.put("epoch", (double) epochs() + (between ? 0 : 1));
            metrics.put("loss", between ? state.epochs().getLast().loss() : state.lossSum() / state.rows());
            if (validation != null && epochs() > 0) metrics.put("validation", state.epochs().getLast().validation());
            progress.step("training", steps(), total, metrics);
        }
        return history();
    }

    private static SequencedMap<String, Tensor> copies(Map<String, Tensor> tensors) {
        var copies = new LinkedHashMap<String, Tensor>();
        try (var outside = Scope.outside()) {
            Autograd.noGrad(() -> tensors.forEach((name, tensor) -> copies.put(name, tensor.detach().copy().compute())));
        }
        return copies;
    }

    /** Writes parameters, optimiser, position and history to one safetensors file, which appears whole or not at all. */
    public void save(Path path) throws IOException { Checkpoint.write(path, model.state(), optimizer.state(), best, state, rng.key()); }

    /**
     * Goes on where {@link #save} was called: the later steps are the same, bit for bit.
     *
     * @throws lyceum.FormatException if the file is malformed, or belongs to another model, rule, seed or data size; nothing is changed then
     */
    public void resume(Path path) throws IOException {
        var checkpoint = Checkpoint.read(path, model.state(), rng.key(), stepsInEpoch());
        optimizer.restore(checkpoint.optimizer());
        model.load(checkpoint.model());
        best = checkpoint.best() == null ? null : copies(checkpoint.best());
        state = checkpoint.state();
    }

    /** For tests: what a run knows besides tensors. */
    TrainingState state() { return state; }

    static List<History.Epoch> with(List<History.Epoch> epochs, History.Epoch next) {
        var longer = new ArrayList<>(epochs);
        longer.add(next);
        return List.copyOf(longer);
    }
}
