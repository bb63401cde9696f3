package lyceum.train.continual;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import lyceum.data.Dataset;
import lyceum.nn.Module;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.UpdateRule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.train.Trainer;
import lyceum.withers.Withers;

/**
 * Trains a network on one task after the other and watches the earlier ones: how much it forgets, and how fast.
 *
 * {@snippet :
 * var facts = new AdditionFacts(3);                                      // the experiment of 1989
 * var network = new Mlp(MlpConfig.regressor(28, 24, 50).withActivation(Activation.SIGMOID).withDtype(DType.F64), Rng.of(1));
 * var seen = new ForgettingProbe().measure(network, List.of(facts.of(1), facts.of(2)), Rng.of(2), Progress.SILENT);
 * seen.matrix().forgetting(0);                                           // near 0.9
 * new ForgettingProbe().withRehearsal(1).measure(network, tasks, rng, progress);     // interleaved: near 0
 * }
 *
 * <p>Three controls: {@code rehearsal} from none through replay to interleaving; the overlap of the tasks' codes, which is that of the data
 * ({@link AdditionFacts#width}); and {@link Interference}, which says what one step on a task does to another. The optimiser starts anew
 * with each task.
 *
 * @param rule of the steps
 * @param loss of a batch
 * @param score what a point of the curve is
 * @param batchSize rows of a batch
 * @param epochs of a task at most
 * @param until a task ends when its score over its own rows, and those that are rehearsed, is at least this; above 1 never
 * @param rehearsal share of each earlier task's rows that stay in training, in [0, 1]: 0 for none, 1 for interleaved tasks, between for
 *         replay of rows drawn once
 * @param every epochs between points of the curve
 */
@Withers
public record ForgettingProbe(UpdateRule rule, Loss loss, TaskScore score, int batchSize, int epochs, double until, double rehearsal,
        int every) implements ForgettingProbeWithers {

    /** Scores of all tasks so many epochs into a task. Epoch 0 is before its first step. */
    public record Point(int task, int epoch, double[] scores) {}

    /** The curve, and of each task's end the matrix. */
    public record Report(AccuracyMatrix matrix, List<Point> curve) {
        /** A task's scores along the curve. */
        public double[] scores(int task) { return curve.stream().mapToDouble(p -> p.scores[task]).toArray(); }

        /** Epochs of all tasks up to each point of the curve. */
        public double[] epochs() {
            var at = new double[curve.size()];
            double before = 0;
            for (int i = 0; i < at.length; i++) {
                if (i > 0 && curve.get(i).task != curve.get(i - 1).task) before = at[i - 1];
                at[i] = before + curve.get(i).epoch;
            }
            return at;
        }
    }

    public ForgettingProbe {
        Objects.requireNonNull(rule, "rule");
        Objects.requireNonNull(loss, "loss");
        Objects.requireNonNull(score, "score");
        if (batchSize < 1 || epochs < 1 || every < 1) throw new IllegalArgumentException(
                "ForgettingProbe: batchSize is " + batchSize + ", epochs " + epochs + ", every " + every + "; each is at least 1");
        if (Double.isNaN(until)) throw new IllegalArgumentException("ForgettingProbe: until is NaN; it is a score, or above 1 for never");
        if (!(rehearsal >= 0 && rehearsal <= 1))
            throw new IllegalArgumentException("ForgettingProbe: rehearsal is " + rehearsal + "; it lies in [0, 1]");
    }

    /** Patterns of bits: Adam at 0.01 in batches of 4 until 99% are right, 2,000 epochs at most, nothing rehearsed, a point every epoch. */
    public ForgettingProbe() { this(new Adam(0.01), Loss::bce, TaskScore::patterns, 4, 2000, 0.99, 0, 1); }

    /**
     * Trains on the tasks in turn.
     *
     * @param tasks of one kind of rows; at least one
     * @throws lyceum.progress.CancelledException if progress says so; the model then holds the parameters of the last step
     */
    public Report measure(Module model, List<Dataset> tasks, Rng rng, Progress progress) {
        if (tasks.isEmpty()) throw new IllegalArgumentException("ForgettingProbe: no task; at least one is needed");
        var curve = new ArrayList<Point>();
        var matrix = new double[tasks.size()][];
        var kept = new ArrayList<Dataset>();
        double[] untrained = scores(model, tasks);
        for (int k = 0; k < tasks.size(); k++) {
            int task = k;
            var present = new ArrayList<>(kept);
            present.add(tasks.get(k));
            curve.add(new Point(k, 0, scores(model, tasks)));
            var data = TaskStream.joined(present);
            new Trainer(rule, epochs).withBatchSize(batchSize).withListener((run, epoch) -> {
                int number = epoch.number() + 1;
                boolean enough = present.stream().allMatch(d -> score.of(model, d) >= until);
                if (enough) run.stop();
                if (number % every == 0 || enough || number == epochs) curve.add(new Point(task, number, scores(model, tasks)));
            }).fit(model, loss, data, null, rng.split(2L * k), Progress.SILENT);
            matrix[k] = curve.getLast().scores;
            if (rehearsal > 0) kept.add(part(tasks.get(k), rng.split(2L * k + 1)));
            progress.step("tasks", k + 1, tasks.size(), "accuracy", matrix[k][k]);
        }
        return new Report(new AccuracyMatrix(matrix, untrained), List.copyOf(curve));
    }

    private double[] scores(Module model, List<Dataset> tasks) { return tasks.stream().mapToDouble(t -> score.of(model, t)).toArray(); }

    private Dataset part(Dataset task, Rng rng) {
        int rows = (int) Math.max(1, Math.round(rehearsal * task.size()));
        return rows == task.size() ? task : task.rows(Arrays.copyOf(rng.permutation(task.size()), rows));
    }
}
