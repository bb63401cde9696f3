package lyceum.train.continual;

import java.util.Arrays;
import java.util.Locale;
import lyceum.ShapeException;

/**
 * Accuracies R of each task after each stage of training, and what they say about memory. With T stages and tasks, numbered from 0:
 *
 * <pre>
 * average accuracy   mean_j R[T-1][j]
 * forgetting of j    max_{i &lt; T-1} R[i][j] - R[T-1][j]           below 0 where the last stage was the best
 * backward transfer  mean_{j &lt; T-1} (R[T-1][j] - R[j][j])
 * forward transfer   mean_{j > 0} (R[j-1][j] - b[j])
 * </pre>
 *
 * @param values R, (T, T): row i after stage i, column j of task j; in [0, 1], NaN where it was not measured
 * @param untrained b, accuracies before any training; null if unknown
 * @see <a href="https://arxiv.org/abs/1706.08840">Lopez-Paz and Ranzato (2017), section 2, for transfer</a>
 * @see <a href="https://arxiv.org/abs/1801.10112">Chaudhry et al. (2018), section 3, for forgetting</a>
 */
public record AccuracyMatrix(double[][] values, double[] untrained) {
    public AccuracyMatrix {
        if (values.length == 0) throw new ShapeException("AccuracyMatrix: no stage; at least one is needed");
        values = Arrays.stream(values).map(double[]::clone).toArray(double[][]::new);
        for (double[] row : values) {
            if (row.length != values.length)
                throw new ShapeException("AccuracyMatrix: " + values.length + " stages, and one of " + row.length + " tasks; it is square");
            for (double a : row) check(a);
        }
        if (untrained != null) {
            if (untrained.length != values.length)
                throw new ShapeException("AccuracyMatrix: " + untrained.length + " untrained accuracies for " + values.length + " tasks");
            untrained = untrained.clone();
            for (double a : untrained) check(a);
        }
    }

    private static void check(double a) {
        if (a < 0 || a > 1) throw new IllegalArgumentException("AccuracyMatrix: an accuracy is " + a + "; it lies in [0, 1]");
    }

    /** Without accuracies of the untrained model. */
    public AccuracyMatrix(double[][] values) { this(values, null); }

    @Override public double[][] values() { return Arrays.stream(values).map(double[]::clone).toArray(double[][]::new); }

    @Override public double[] untrained() { return untrained == null ? null : untrained.clone(); }

    /** How many tasks, and stages. */
    public int tasks() { return values.length; }

    /** Of a task after a stage. */
    public double of(int stage, int task) { return values[stage][task]; }

    /** Mean over all tasks, after the last stage. */
    public double averageAccuracy() { return Arrays.stream(values[values.length - 1]).average().orElseThrow(); }

    /** The best accuracy before the last stage, less the last. @throws IllegalStateException if there is one stage alone */
    public double forgetting(int task) {
        several("forgetting");
        double best = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < values.length - 1; i++) if (!Double.isNaN(values[i][task])) best = Math.max(best, values[i][task]);
        return best - values[values.length - 1][task];
    }

    /** Mean {@link #forgetting(int)} of all tasks but the last. */
    public double averageForgetting() {
        several("forgetting");
        double sum = 0;
        for (int j = 0; j < values.length - 1; j++) sum += forgetting(j);
        return sum / (values.length - 1);
    }

    /** What later tasks did to earlier ones: below 0 is forgetting. */
    public double backwardTransfer() {
        several("backward transfer");
        double sum = 0;
        for (int j = 0; j < values.length - 1; j++) sum += values[values.length - 1][j] - values[j][j];
        return sum / (values.length - 1);
    }

    /** What earlier tasks did for later ones before those were trained. @throws IllegalStateException without untrained accuracies */
    public double forwardTransfer() {
        several("forward transfer");
        if (untrained == null) throw new IllegalStateException("AccuracyMatrix: forward transfer needs the untrained model's accuracies");
        double sum = 0;
        for (int j = 1; j < values.length; j++) sum += values[j - 1][j] - untrained[j];
        return sum / (values.length - 1);
    }

    private void several(String what) {
        if (values.length == 1) throw new IllegalStateException("AccuracyMatrix: " + what + " needs two stages, there is one");
    }

    @Override public String toString() {
        var text = new StringBuilder("AccuracyMatrix");
        for (double[] row : values) {
            text.append('\n');
            for (double a : row) text.append(String.format(Locale.ROOT, "%7.3f", a));
        }
        return text.toString();
    }
}
