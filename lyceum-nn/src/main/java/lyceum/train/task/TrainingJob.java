package lyceum.train.task;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Consumer;
import lyceum.FormatException;
import lyceum.format.Durable;
import lyceum.plot.render.Svg;
import lyceum.plot.render.Theme;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.train.GradientNorms;
import lyceum.train.History;
import lyceum.train.Trainer;
import lyceum.train.TrainingRun;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The run that a file asks for: its folder gets {@code training.json} (the settings, a hash of what {@code data} names, and the classes), {@code run.safetensors} (the last checkpoint),
 * {@code metrics.jsonl} (the measures, see {@link MetricsLog}), and in the end the model and {@code curve.svg}. A run that is killed and resumed ends with the same weights, bit for bit.
 *
 * {@snippet :
 * var settings = TrainingSettings.of(file, json);
 * var outcome = new TrainingJob(settings, Path.of("out")).run(false, Progress.SILENT);
 * outcome.figures().get("accuracy");
 * }
 *
 * <p>A checkpoint that cannot be written leaves the one before in its place and is told; the run goes on.
 *
 * <table>
 * <caption>What every file may say</caption>
 * <tr><td>{@code task}</td><td>one of {@link TrainingTask#all}: it says what stands in {@code data}, {@code model} and {@code loss}</td></tr>
 * <tr><td>{@code seed}</td><td>of first weights, splits and the order of rows; 0</td></tr>
 * <tr><td>{@code out}</td><td>the run's folder, where the command names none</td></tr>
 * <tr><td>{@code checkpoint.steps}, {@code checkpoint.minutes}</td><td>beside each epoch's end: after so many steps, never by default, and minutes, 2</td></tr>
 * <tr><td>{@code metrics.steps}</td><td>a measure each so many steps, 10</td></tr>
 * <tr><td>{@code training.epochs} or {@code training.steps}</td><td>how long; 10 epochs by default</td></tr>
 * <tr><td>{@code training.batch}</td><td>rows of a step, 32</td></tr>
 * <tr><td>{@code training.accumulate}</td><td>parts that a step's batch is computed in, 1</td></tr>
 * <tr><td>{@code training.optimizer}</td><td>adamw, adam, sgd (momentum 0.9, Nesterov), rmsprop, lion or muon; adamw</td></tr>
 * <tr><td>{@code training.rate}</td><td>learning rate, 1e-3</td></tr>
 * <tr><td>{@code training.momentum}, {@code training.beta1}, {@code training.beta2}</td><td>of the rules that have them</td></tr>
 * <tr><td>{@code training.weightDecay}</td><td>0.01 for adamw, lion and muon, else 0</td></tr>
 * <tr><td>{@code training.schedule}</td><td>cosine, linear, onecycle or constant; cosine</td></tr>
 * <tr><td>{@code training.warmUp}</td><td>share of the steps in which the rate rises, 0</td></tr>
 * <tr><td>{@code training.floor}</td><td>share of the rate that cosine and linear end at, 0</td></tr>
 * <tr><td>{@code training.clip}</td><td>largest norm of the gradient; 0, the default, for none</td></tr>
 * <tr><td>{@code training.averaging}</td><td>decay of an average of the weights that is what remains; 0 for none</td></tr>
 * <tr><td>{@code training.precision}</td><td>f32 or bf16; f32</td></tr>
 * <tr><td>{@code training.keep}</td><td>last, or best by the held-out rows; last</td></tr>
 * <tr><td>{@code training.patience}</td><td>epochs without a better one before it stops; 0, the default, for never</td></tr>
 * </table>
 */
public final class TrainingJob {
    private static final String SETTINGS = "training.json", READ = "read", CLASSES = "classes", RUN = "run.safetensors",
            METRICS = "metrics.jsonl", CURVE = "curve.svg";
    private static final long MINUTE = 60_000_000_000L;

    private final TrainingSettings settings;
    private final Path out;
    private Consumer<String> notes = note -> {};
    private Consumer<History.Epoch> epochs = epoch -> {};
    private boolean lost, accepting;

    /**
     * What became of a run.
     *
     * @param finished false if it was stopped; it can be resumed then
     * @param steps taken
     * @param history of its epochs
     * @param figures in the end: of the held-out rows, and of those of the test, which have {@code test} before their names
     */
    public record Outcome(boolean finished, long steps, History history, SequencedMap<String, Double> figures) {}

    /** @param out the run's folder; it is made where it is absent */
    public TrainingJob(TrainingSettings settings, Path out) {
        this.settings = settings;
        this.out = out;
    }

    /** Hears of what was read, what was skipped, and of checkpoints that could not be written; a line each. */
    public TrainingJob telling(Consumer<String> notes) {
        this.notes = notes;
        return this;
    }

    /** Hears of each epoch's end. */
    public TrainingJob afterEpochs(Consumer<History.Epoch> epochs) {
        this.epochs = epochs;
        return this;
    }

    /** Whether a run goes on where its data are not those that it began with; else that is a mistake, which is the default. */
    public TrainingJob acceptingChangedData(boolean accepting) {
        this.accepting = accepting;
        return this;
    }

    /** The measures of this run. */
    public Path metrics() { return out.resolve(METRICS); }

    /**
     * Trains to the end, or until progress says stop: then it saves.
     *
     * @param resume whether to go on with the run that is in the folder
     * @throws IOException if there is a run and it is not to be resumed, or none that could be; if the model cannot be written
     * @throws lyceum.FormatException if the file, or the data that it names, are not those that the run began with
     * @throws lyceum.ConvergenceException if the loss is not finite: the last checkpoint stays
     */
    public Outcome run(boolean resume, Progress progress) throws IOException {
        var task = TrainingTask.named(settings);
        var then = begin(resume);
        var rng = Rng.of(settings.whole("seed", 0, 0));
        var prepared = task.prepare(settings, out, rng.split(100), progress);
        var plan = TrainingPlan.of(settings, prepared.rows(), prepared.holdsOut());
        var when = settings.section("checkpoint");
        int every = when.whole("steps", 0, 1);
        long nanos = (long) (when.number("minutes", 2, 0, 1e6) * MINUTE);
        int logged = settings.section("metrics").whole("steps", 10, 1);
        settings.has("out");
        settings.refuseUnknown();
        long total = plan.total(prepared.rows());
        prepared.summary().forEach(notes);
        var norm = new double[] {Double.NaN};
        var ended = new ArrayList<History.Epoch>();
        var trainer = plan.over(total).withListener(new Watching(norm, ended));
        var run = trainer.startEvaluated(prepared.model(), prepared.rows(), prepared.loss(),
                prepared.holdsOut() ? prepared::evaluate : null, rng);
        var read = DataPrint.of(settings.section("data").files(), out);
        if (resume) requireClasses(then.path(CLASSES), prepared.classes());
        boolean known = resume && isKnown(then.path(READ), read);
        if (resume && Files.exists(checkpoint())) goOn(run);
        if (!known || then.path(CLASSES).isMissingNode()) write(SETTINGS, begun(read, prepared.classes()));
        try (var log = MetricsLog.after(run.steps(), metrics())) {
            long saved = System.nanoTime(), savedAt = run.steps();
            while (run.steps() < total && !progress.isCancelled() && run.step()) {
                prepared.notes().forEach(notes);
                if (run.steps() % logged == 0 || run.steps() == 1) add(log, "step", run.steps(),
                        measures(run, trainer.rule().learningRate() * trainer.schedule().factor(run.steps() - 1), norm[0]));
                for (var epoch : ended) {
                    add(log, "epoch", run.steps(), measures(epoch));
                    epochs.accept(epoch);
                }
                if (!ended.isEmpty() || every > 0 && run.steps() % every == 0 || System.nanoTime() - saved > nanos) {
                    if (save(run)) savedAt = run.steps();
                    saved = System.nanoTime();
                }
                ended.clear();
                report(progress, run, total);
            }
            boolean finished = run.isFinished() || run.steps() >= total;
            if (savedAt < run.steps()) save(run);
            if (!finished) return new Outcome(false, run.steps(), run.history(), new LinkedHashMap<>());
            var figures = figures(prepared, run, log);
            prepared.write(out);
            Files.writeString(out.resolve(CURVE), Svg.write(MetricsLog.figure(MetricsLog.read(metrics())), Theme.LIGHT));
            return new Outcome(true, run.steps(), run.history(), figures);
        }
    }

    private Path checkpoint() { return out.resolve(RUN); }

    /** What the run that goes on began with; null where it begins now. */
    private JsonNode begin(boolean resume) throws IOException {
        var before = out.resolve(SETTINGS);
        if (resume && !Files.exists(before)) throw new NoSuchFileException(out + " holds no run to continue; leave out --resume");
        if (!resume && Files.exists(before))
            throw new IOException(out + " already holds a run; continue it with --resume, or name another folder");
        Files.createDirectories(out);
        if (!resume) return null;
        JsonNode then;
        try {
            then = JsonMapper.shared().readTree(Files.readString(before));
        } catch (JacksonException e) {
            throw new FormatException(before + ": " + e.getOriginalMessage(), e);
        }
        for (var name : List.of("task", "seed", "data", "model", "training", "loss"))
            if (!then.path(name).equals(settings.json().path(name))) throw settings.wrong(name, "it is " + settings.json().path(name)
                    + "; the run in " + out + " began with " + then.path(name) + " and goes on with the same, or another folder is named");
        return then;
    }

    /** What the run is to know again. */
    private JsonNode begun(DataPrint read, List<String> classes) {
        var json = (ObjectNode) settings.json().deepCopy();
        json.set(READ, read.json());
        var names = json.putArray(CLASSES);
        classes.forEach(names::add);
        return json;
    }

    /** As many classes of other names would go on with outputs that have learned the old ones; a change of the data that is accepted does not mean that. */
    private void requireClasses(JsonNode then, List<String> now) {
        var before = new ArrayList<String>();
        for (var name : then) before.add(name.asString());
        if (!then.isMissingNode() && !before.equals(now))
            throw settings.wrong("data", "its classes are " + TrainingSettings.listed(now) + "; the run in " + out + " has learned "
                    + TrainingSettings.listed(before) + ", in that order; restore them, or name another folder to begin anew");
    }

    /** Whether a run began with these data; false too where a run of an earlier version does not say, or the change is accepted. */
    private boolean isKnown(JsonNode then, DataPrint now) {
        if (then.isMissingNode()) return false;
        var before = DataPrint.of(then);
        if (before.equals(now)) return true;
        var change = now.told() + ", and the run in " + out + " began with "
                + (before.told().equals(now.told()) ? "as many of other contents" : before.told());
        if (!accepting) throw settings.wrong("data",
                "they have changed: " + change + "; name another folder to begin anew, or accept the change (--accept-changed-data)");
        notes.accept("the data have changed: " + change);
        return false;
    }

    /** Whole or not at all: a run whose settings are torn could neither go on nor begin. */
    private void write(String name, JsonNode json) throws IOException {
        var part = out.resolve(name + ".part");
        Files.writeString(part, json.toPrettyString());
        Durable.move(part, out.resolve(name));
    }

    private void goOn(TrainingRun run) throws IOException {
        try {
            run.resume(checkpoint());
        } catch (FormatException e) {
            throw new FormatException(checkpoint() + ": " + e.getMessage(), e);
        }
    }

    /** As with checkpoints: a disk that is full does not end what has been learned; it is told once. */
    private void add(MetricsLog log, String kind, long step, Map<String, Double> values) {
        try {
            log.add(kind, step, values);
            lost = false;
        } catch (IOException e) {
            if (!lost) notes.accept("the measures of step " + step + " could not be written (" + e.getMessage() + "); the run goes on");
            lost = true;
        }
    }

    /** Tells rather than throws: what has been learned is in memory still, and there may be room the next time. */
    private boolean save(TrainingRun run) {
        try {
            run.save(checkpoint());
            return true;
        } catch (IOException | UncheckedIOException e) {
            notes.accept("the checkpoint of step " + run.steps() + " could not be written (" + e.getMessage() + "); "
                    + (Files.exists(checkpoint()) ? "the one before it stays" : "there is none before it") + " and the run goes on");
            return false;
        }
    }

    private static void report(Progress progress, TrainingRun run, long total) {
        if (progress == Progress.SILENT) return;
        var shown = new LinkedHashMap<String, Double>();
        shown.put("loss", run.lastLoss());
        if (run.epochs() > 0) {
            var last = run.history().epochs().getLast();
            if (!Double.isNaN(last.validation())) shown.put("validation", last.validation());
            shown.putAll(last.metrics());
        }
        progress.report(new Progress.Update("training", run.steps(), total, "epoch " + (run.epochs() + 1), shown));
    }

    private static Map<String, Double> measures(TrainingRun run, double rate, double norm) {
        var values = new LinkedHashMap<String, Double>();
        values.put("epoch", run.epochs() + 1.0);
        values.put("loss", run.lastLoss());
        values.put("rate", rate);
        values.put("gradientNorm", norm);
        values.put("rowsPerSecond", run.rowsPerSecond());
        return values;
    }

    private static Map<String, Double> measures(History.Epoch epoch) {
        var values = new LinkedHashMap<String, Double>();
        values.put("epoch", epoch.number() + 1.0);
        values.put("loss", epoch.loss());
        if (!Double.isNaN(epoch.validation())) values.put("validation", epoch.validation());
        values.putAll(epoch.metrics());
        return values;
    }

    private SequencedMap<String, Double> figures(TrainingTask.Prepared prepared, TrainingRun run, MetricsLog log) {
        var figures = new LinkedHashMap<String, Double>();
        if (prepared.holdsOut()) {
            var held = prepared.evaluate();
            figures.put("validation", held.score());
            figures.putAll(held.metrics());
        }
        prepared.test().forEach((name, value) -> figures.put("test " + name, value));
        if (!figures.isEmpty()) add(log, "final", run.steps(), figures);
        return figures;
    }

    /** Remembers the gradient's norm of the last step, and the epochs that ended since somebody looked. */
    private record Watching(double[] norm, List<History.Epoch> ended) implements Trainer.Listener {
        @Override public void epochEnded(TrainingRun run, History.Epoch epoch) { ended.add(epoch); }

        @Override public void stepEnded(TrainingRun run, GradientNorms norms) { if (norms != null) norm[0] = Math.sqrt(norms.square()); }

        @Override public boolean wantsGradientNorms() { return true; }
    }
}
