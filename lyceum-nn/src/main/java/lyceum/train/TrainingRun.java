package lyceum.train;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Supplier;
import lyceum.ConvergenceException;
import lyceum.LyceumException;
import lyceum.autograd.Autograd;
import lyceum.data.DataLoader;
import lyceum.memory.Scope;
import lyceum.nn.BatchNorm;
import lyceum.nn.Module;
import lyceum.optim.Average;
import lyceum.optim.Clip;
import lyceum.optim.Optimizer;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Training in progress, started by {@link Trainer#start}. Advance it with {@link #step}, or to the end with {@link #finish}; between steps it can be
 * saved and resumed. Not thread-safe.
 */
public final class TrainingRun {
    private static final System.Logger LOG = System.getLogger(TrainingRun.class.getName());

    /**
     * What is known of a model at an epoch's end.
     *
     * @param score of the held-out rows, lower is better
     * @param metrics of them by name
     */
    public record Evaluated(double score, SequencedMap<String, Double> metrics) {}

    private final Trainer trainer;
    private final Module model;
    private final Optimizer optimizer;
    private final DataLoader loader;
    private final BatchGradients batches;
    private final Supplier<Evaluated> validation;
    private final Rng rng;
    private final Average average;
    private final List<String> warnings = new ArrayList<>();
    private TrainingState state = TrainingState.start();
    private EarlyStopping.Watch watch;
    private SequencedMap<String, Tensor> best;
    private long rowsHere, nanosHere;
    private double lastLoss = Double.NaN, gradientNorm = Double.NaN;
    private boolean reported;

    TrainingRun(Trainer trainer, Module model, DataLoader loader, BatchLoss loss, Supplier<Evaluated> validation, Rng rng) {
        if (loader.steps() == 0) throw new IllegalArgumentException(
                "Trainer: there are too few rows for a batch of " + trainer.batchSize() + " and the last is dropped");
        if (trainer.shards() > 1 && hasBatchNorm(model)) throw new IllegalArgumentException("Trainer: the model has BatchNorm, whose "
                + "statistics " + trainer.shards() + " shards would write at once; use GroupNorm or LayerNorm, or one shard");
        this.trainer = trainer;
        this.model = model;
        this.loader = loader;
        this.validation = validation;
        this.rng = rng;
        watch = newWatch();
        optimizer = trainer.rule().over(model.parameters()).scheduledBy(trainer.schedule());
        if (trainer.clip() != null) optimizer.clippedBy(trainer.clip());
        if (trainer.precision() != null) {
            optimizer.withMasterWeights();
            state = state.with(trainer.precision().start());
        }
        average = trainer.averaging() == 0 ? null : Average.exponential(trainer.averaging());
        if (average != null) optimizer.averagedBy(average);
        batches = new BatchGradients(trainer, model, optimizer.parameters(), loss);
    }

    private static boolean hasBatchNorm(Module model) { return model.modules().values().stream().anyMatch(BatchNorm.class::isInstance); }

    private EarlyStopping.Watch newWatch() {
        return (trainer.earlyStopping() == null ? new EarlyStopping(Integer.MAX_VALUE) : trainer.earlyStopping()).watch();
    }

    public Module model() { return model; }

    public Optimizer optimizer() { return optimizer; }

    /** Steps taken, not counting those that mixed precision skipped. */
    public long steps() { return optimizer.steps(); }

    /** Epochs that have ended. */
    public int epochs() { return state.epochs().size(); }

    /** True when all epochs have ended or the run was stopped. */
    public boolean isFinished() { return state.stopped() || epochs() >= trainer.epochs(); }

    /** Ends the run after the current step; for listeners. */
    public void stop() { state = state.stop(); }

    public History history() { return new History(state.epochs(), state.best(), state.stopped()); }

    /** What a reader should know about this run, such as batch statistics of micro-batches; filled by the first step. */
    public List<String> warnings() { return List.copyOf(warnings); }

    /** The loss scale of {@link MixedPrecision}; 1 without it. */
    public MixedPrecision.Scale lossScale() { return state.scale(); }

    /** Mean loss of the last step's rows, before that step; NaN before the first step of this object. */
    public double lastLoss() { return lastLoss; }

    /** Training rows a second, over the steps taken by this object; NaN before the first. */
    public double rowsPerSecond() { return rowsHere == 0 ? Double.NaN : rowsHere * 1e9 / nanosHere; }

    private int stepsInEpoch() { return (loader.steps() + trainer.accumulated() - 1) / trainer.accumulated(); }

    /**
     * Takes one optimiser step, and ends the epoch if it was the last.
     *
     * @return false if no step was left
     * @throws ConvergenceException if the loss is not finite: it names the step, the rows and the first module whose output is not; parameters stay
     */
    public boolean step() {
        if (isFinished()) return false;
        long start = System.nanoTime();
        var group = loader.accumulated(epochs(), trainer.accumulated()).get(state.step());
        var streams = rng.split(2).split(steps());
        if (state.step() == 0 && epochs() == 0 && group.size() > 1 && hasBatchNorm(model)) warnOfStatistics(group);
        BatchGradients.Report report;
        try (var scope = Scope.open("training step")) {
            report = batches.of(group, streams, state.scale().value(), () -> "at step " + steps() + " in epoch " + epochs());
            update(report);
        }
        lastLoss = report.lossSum() / report.units();
        for (var listener : trainer.listeners()) listener.stepEnded(this, report.norms());
        state = state.stepped(report.lossSum(), report.units());
        rowsHere += report.rows();
        nanosHere += System.nanoTime() - start;
        if (state.step() == stepsInEpoch()) endEpoch();
        return true;
    }

    private void update(BatchGradients.Report report) {
        var gradients = report.gradients();
        var precision = trainer.precision();
        if (precision != null) {
            if (state.scale().value() != 1) gradients = MixedPrecision.unscaled(state.scale().value(), gradients);
            boolean overflow = MixedPrecision.overflows(gradients);
            state = state.with(precision.after(state.scale(), overflow));
            if (overflow) return;
        }
        optimizer.step(gradients);
        if (reported) gradientNorm = report.norms() != null ? Math.sqrt(report.norms().square())
                : trainer.clip() instanceof Clip.ByNorm ? optimizer.gradientNorm() : Clip.normOf(gradients);
        if (trainer.regularizer() != null) trainer.regularizer().project(model);
    }

    private void warnOfStatistics(List<int[]> group) {
        var before = copies(model.state()); // a pass that learns moves the running statistics
        double gap = batches.statisticsGap(group.get(0), group.get(1));
        model.load(before);
        var text = "accumulation: BatchNorm sees micro-batches of " + group.getFirst().length
                + " rows, not the whole batch; the gradient of the first " + "two differs from that of both as one by "
                + String.format(Locale.ROOT, "%.3g", gap) + " of its norm; GroupNorm or LayerNorm would not";
        warnings.add(text);
        LOG.log(System.Logger.Level.WARNING, text);
    }

    private void endEpoch() {
        var raw = average == null ? null : copies(model.parameters());
        if (average != null) loadAverages();
        var evaluated = validation == null ? new Evaluated(Double.NaN, new LinkedHashMap<>()) : validation.get();
        var epoch = new History.Epoch(epochs(), steps(), state.lossSum() / state.units(), evaluated.score(), optimizer.rateFactor(),
                evaluated.metrics());
        var stopping = trainer.earlyStopping();
        boolean better = watch.see(watched(epoch));
        state = state.ended(epoch, watch);
        if (stopping != null && stopping.restoreBest() && better) best = copies(model.state());
        if (watch.isOver()) stop();
        if (raw != null) write(raw);
        for (var listener : trainer.listeners()) listener.epochEnded(this, epoch);
        if (!isFinished()) return;
        if (best != null) model.load(best);
        else if (average != null) loadAverages();
    }

    private double watched(History.Epoch epoch) {
        var stopping = trainer.earlyStopping();
        if (stopping == null || stopping.metric() == null) return epoch.score();
        var value = epoch.metrics().get(stopping.metric());
        if (value == null) throw new IllegalArgumentException(
                "EarlyStopping: there is no metric " + stopping.metric() + "; there are " + epoch.metrics().keySet());
        return value;
    }

    private void loadAverages() {
        var averages = new LinkedHashMap<String, Tensor>();
        model.parameters().forEach((name, parameter) -> averages.put(name, average.of(parameter)));
        write(averages);
    }

    private void write(Map<String, Tensor> values) {
        Autograd.noGrad(() -> model.parameters().forEach((name, parameter) -> parameter.copy_(values.get(name).to(parameter.dtype()))));
    }

    /**
     * Runs to the end, reporting after each step the epoch, the losses, the rule's {@code learning rate} of the step, the {@code gradient norm} before clipping,
     * {@code rows/s} and {@code seconds left}.
     *
     * @throws lyceum.progress.CancelledException if progress says so, between two steps: the run can go on or be saved
     */
    public History finish(Progress progress) {
        long total = (long) stepsInEpoch() * trainer.epochs();
        reported = progress != Progress.SILENT;
        for (double rate = rate(); step(); rate = rate()) {
            if (!reported) continue;
            var metrics = new LinkedHashMap<String, Double>();
            boolean between = state.units() == 0;
            metrics.put("epoch", (double) epochs() + (between ? 0 : 1));
            metrics.put("loss", between ? state.epochs().getLast().loss() : state.lossSum() / state.units());
            if (validation != null && epochs() > 0) metrics.put("validation", state.epochs().getLast().validation());
            if (epochs() > 0) metrics.putAll(state.epochs().getLast().metrics());
            metrics.put("learning rate", rate);
            metrics.put("gradient norm", gradientNorm);
            metrics.put("rows/s", rowsPerSecond());
            metrics.put("seconds left", (total - position()) * (double) rowsHere / Math.max(1, position()) / rowsPerSecond());
            progress.step("training", position(), total, metrics);
        }
        return history();
    }

    private double rate() { return trainer.rule().learningRate() * optimizer.rateFactor(); }

    /** Steps tried, including skipped ones. */
    private long position() { return (long) epochs() * stepsInEpoch() + state.step(); }

    static SequencedMap<String, Tensor> copies(Map<String, Tensor> tensors) {
        var copies = new LinkedHashMap<String, Tensor>();
        try (var outside = Scope.outside()) {
            Autograd.noGrad(() -> tensors.forEach((name, tensor) -> copies.put(name, tensor.detach().copy().compute())));
        }
        return copies;
    }

    /** Writes parameters, optimiser, position and history to one safetensors file, atomically. */
    public void save(Path path) throws IOException { Checkpoint.write(path, model.state(), optimizer.state(), best, state, rng.key()); }

    /**
     * Continues where {@link #save} was called: the later steps are the same, bit for bit.
     *
     * @throws lyceum.FormatException if the file is malformed, or belongs to another model, rule, seed or data size; nothing is changed then
     */
    public void resume(Path path) throws IOException {
        var checkpoint = Checkpoint.read(path, model.state(), rng.key(), stepsInEpoch());
        var again = newWatch();
        for (var epoch : checkpoint.state().epochs()) again.see(watched(epoch));
        if (again.bestStep() != checkpoint.state().best()) throw new LyceumException("resume: the best epoch is " + again.bestStep()
                + " by this trainer's early stopping, " + checkpoint.state().best() + " by the checkpoint's; use the same settings");
        optimizer.restore(checkpoint.optimizer());
        model.load(checkpoint.model());
        best = checkpoint.best() == null ? null : copies(checkpoint.best());
        state = checkpoint.state();
        watch = again;
    }

    /** For tests: what a run knows besides tensors. */
    TrainingState state() { return state; }

    static List<History.Epoch> with(List<History.Epoch> epochs, History.Epoch next) {
        var longer = new ArrayList<>(epochs);
        longer.add(next);
        return List.copyOf(longer);
    }
}
