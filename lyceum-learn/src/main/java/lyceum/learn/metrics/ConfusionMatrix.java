package lyceum.learn.metrics;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.LongStream;
import lyceum.ShapeException;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.random.Rng;
import lyceum.stats.Interval;
import lyceum.tensor.Tensor;

/**
 * How often each true class (row) was predicted as each class (column), weighted.
 *
 * {@snippet :
 * var matrix = ConfusionMatrix.of(truth, predicted);
 * matrix.accuracy();
 * matrix.recall(Average.MACRO);
 * matrix.mcc();
 * }
 *
 * <p>Matrices of parts of the data {@linkplain #merge merge} into that of the whole. Immutable.
 */
public final class ConfusionMatrix {
    /** What the cells are divided by. */
    public enum Normalize {
        TRUTH, PREDICTION, ALL
    }

    private final long[] labels;
    private final double[][] counts;
    /** Sums of rows, of columns, of all. */
    private final double[] support, predicted;
    private final double total;

    private ConfusionMatrix(long[] labels, double[][] counts) {
        this.labels = labels;
        this.counts = counts;
        support = new double[labels.length];
        predicted = new double[labels.length];
        double sum = 0;
        for (int i = 0; i < labels.length; i++) {
            support[i] = Arrays.stream(counts[i]).sum();
            sum += support[i];
            for (int j = 0; j < labels.length; j++) predicted[j] += counts[i][j];
        }
        total = sum;
    }

    /** Labels that occur in either, ascending, all rows weighing 1. Tensors are integer vectors. */
    public static ConfusionMatrix of(Tensor truth, Tensor predicted) {
        return of(truth.toLongArray(), predicted.toLongArray(), null, null);
    }

    public static ConfusionMatrix of(long[] truth, long[] predicted) { return of(truth, predicted, null, null); }

    /**
     * @param labels order of rows and columns; rows with another label on either side are left out. Null for those that occur, ascending
     * @param weights of the rows; null for 1
     * @throws ShapeException if lengths differ
     */
    public static ConfusionMatrix of(long[] truth, long[] predicted, long[] labels, double[] weights) {
        if (truth.length != predicted.length)
            throw new ShapeException("ConfusionMatrix: " + truth.length + " true labels and " + predicted.length + " predictions");
        if (weights != null && weights.length != truth.length)
            throw new ShapeException("ConfusionMatrix: " + weights.length + " weights for " + truth.length + " rows");
        var order = labels != null ? labels.clone()
                : LongStream.concat(Arrays.stream(truth), Arrays.stream(predicted)).distinct().sorted().toArray();
        var index = new HashMap<Long, Integer>();
        for (int k = 0; k < order.length; k++)
            if (index.put(order[k], k) != null) throw new IllegalArgumentException("ConfusionMatrix: label " + order[k] + " stands twice");
        var counts = new double[order.length][order.length];
        for (int i = 0; i < truth.length; i++) {
            var row = index.get(truth[i]);
            var column = index.get(predicted[i]);
            if (row != null && column != null) counts[row][column] += weights == null ? 1 : weights[i];
        }
        return new ConfusionMatrix(order, counts);
    }

    /** From counts, rows true and columns predicted, labelled 0, 1, ... */
    public static ConfusionMatrix ofCounts(double[][] counts) {
        for (var row : counts)
            if (row.length != counts.length)
                throw new ShapeException("ConfusionMatrix: a row of " + row.length + " in a matrix of " + counts.length + " rows");
        return new ConfusionMatrix(LongStream.range(0, counts.length).toArray(),
                Arrays.stream(counts).map(double[]::clone).toArray(double[][]::new));
    }

    /** The sum with the matrix of other rows. @throws IllegalArgumentException if the labels differ */
    public ConfusionMatrix merge(ConfusionMatrix other) {
        if (!Arrays.equals(labels, other.labels)) throw new IllegalArgumentException(
                "merge: labels " + Arrays.toString(labels) + " and " + Arrays.toString(other.labels) + " differ");
        var sum = new double[classes()][classes()];
        for (int i = 0; i < classes(); i++) for (int j = 0; j < classes(); j++) sum[i][j] = counts[i][j] + other.counts[i][j];
        return new ConfusionMatrix(labels, sum);
    }

    public int classes() { return labels.length; }

    public long[] labels() { return labels.clone(); }

    /** Weight of rows of class {@code i} (by position) that were predicted as {@code j}. */
    public double count(int i, int j) { return counts[i][j]; }

    /** All counts, (classes, classes). */
    public double[][] counts() { return Arrays.stream(counts).map(double[]::clone).toArray(double[][]::new); }

    /** Shares of each true class, of each prediction, or of all; 0 where the sum is 0. */
    public double[][] normalized(Normalize by) {
        var shares = counts();
        double all = total();
        for (int i = 0; i < classes(); i++) {
            for (int j = 0; j < classes(); j++) {
                double sum = switch (by) {
                    case TRUTH -> support(i);
                    case PREDICTION -> predicted(j);
                    case ALL -> all;
                };
                shares[i][j] = sum == 0 ? 0 : shares[i][j] / sum;
            }
        }
        return shares;
    }

    // One class against the rest, by position.

    public double total() { return total; }

    /** Weight of rows whose true class is {@code k}. */
    public double support(int k) { return support[k]; }

    /** Weight of rows predicted as {@code k}. */
    public double predicted(int k) { return predicted[k]; }

    public double truePositives(int k) { return counts[k][k]; }

    public double falsePositives(int k) { return predicted(k) - counts[k][k]; }

    public double falseNegatives(int k) { return support(k) - counts[k][k]; }

    public double trueNegatives(int k) { return total() - support(k) - predicted(k) + counts[k][k]; }

    // Scores of all classes together.

    /** Share of rows on the diagonal. */
    public double accuracy() { return trace() / total(); }

    private double trace() {
        double sum = 0;
        for (int k = 0; k < classes(); k++) sum += counts[k][k];
        return sum;
    }

    /** Mean recall of the classes that occur. */
    public double balancedAccuracy() { return balancedAccuracy(false); }

    /** @param adjusted so that chance is 0 and perfection 1 */
    public double balancedAccuracy(boolean adjusted) {
        var recall = recall(ZeroDivision.UNDEFINED);
        double mean = Average.MACRO.of(recall, support);
        if (!adjusted) return mean;
        double chance = 1.0 / Arrays.stream(recall).filter(r -> !Double.isNaN(r)).count();
        return (mean - chance) / (1 - chance);
    }

    /** {@code tp / (tp + fp)} of each class. */
    public double[] precision(ZeroDivision policy) { return ratio(policy, 0, 1, 0); }

    public double precision(Average average) { return precision(average, ZeroDivision.ZERO); }

    public double precision(Average average, ZeroDivision policy) { return average(average, policy, 0, 1, 0); }

    /** {@code tp / (tp + fn)} of each class. */
    public double[] recall(ZeroDivision policy) { return ratio(policy, 0, 0, 1); }

    public double recall(Average average) { return recall(average, ZeroDivision.ZERO); }

    public double recall(Average average, ZeroDivision policy) {
        // each class's recall times its support is its diagonal cell: no need to divide and multiply again
        if (average == Average.WEIGHTED && total() > 0) return accuracy();
        return average(average, policy, 0, 0, 1);
    }

    /** {@code (1 + beta^2) tp / ((1 + beta^2) tp + beta^2 fn + fp)} of each class: recall weighs beta times as much as precision. */
    public double[] fBeta(double beta, ZeroDivision policy) { return ratio(policy, checked(beta) * beta, 1, beta * beta); }

    public double fBeta(double beta, Average average) { return fBeta(beta, average, ZeroDivision.ZERO); }

    public double fBeta(double beta, Average average, ZeroDivision policy) {
        return average(average, policy, checked(beta) * beta, 1, beta * beta);
    }

    private static double checked(double beta) {
        if (!(beta >= 0 && beta < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("fBeta: beta is " + beta + "; it is finite and at least 0");
        return beta;
    }

    /** {@code tp / (tp + fp + fn)} of each class: the overlap of truth and prediction. */
    public double[] jaccard(ZeroDivision policy) {
        var scores = new double[classes()];
        for (int k = 0; k < scores.length; k++) scores[k] = policy.divide(counts[k][k], support(k) + predicted(k) - counts[k][k]);
        return scores;
    }

    public double jaccard(Average average, ZeroDivision policy) {
        if (average == Average.MICRO) return policy.divide(trace(), 2 * total() - trace());
        return average.of(jaccard(policy), support);
    }

    /** {@code fn / (tp + fn)} of each class: what recall leaves. */
    public double[] missRate(ZeroDivision policy) {
        var scores = new double[classes()];
        for (int k = 0; k < scores.length; k++) scores[k] = policy.divide(falseNegatives(k), support(k));
        return scores;
    }

    /** {@code tn / (tn + fp)} of each class. */
    public double[] specificity(ZeroDivision policy) {
        var scores = new double[classes()];
        for (int k = 0; k < scores.length; k++) scores[k] = policy.divide(trueNegatives(k), trueNegatives(k) + falsePositives(k));
        return scores;
    }

    /** {@code (1 + extra) tp / (a (tp + fp) + b (tp + fn))} of each class: precision, recall and F-beta are cases of it. */
    private double[] ratio(ZeroDivision policy, double extra, double a, double b) {
        var scores = new double[classes()];
        for (int k = 0; k < scores.length; k++) scores[k] = policy.divide((1 + extra) * counts[k][k], a * predicted(k) + b * support(k));
        return scores;
    }

    private double average(Average average, ZeroDivision policy, double extra, double a, double b) {
        if (average == Average.MICRO) return policy.divide((1 + extra) * trace(), (a + b) * total());
        return average.of(ratio(policy, extra, a, b), support);
    }

    /**
     * Matthews correlation, for any number of classes: the correlation of truth and prediction as indicator vectors; 0 where one is constant.
     *
     * @see <a href="https://doi.org/10.1016/j.compbiolchem.2004.09.006">Gorodkin (2004)</a>
     */
    public double mcc() {
        double n = total(), both = 0, truth = 0, prediction = 0;
        for (int k = 0; k < classes(); k++) {
            both += support(k) * predicted(k);
            truth += support(k) * support(k);
            prediction += predicted(k) * predicted(k);
        }
        double spread = (n * n - prediction) * (n * n - truth);
        return spread == 0 ? 0 : (trace() * n - both) / Math.sqrt(spread);
    }

    /** How disagreements count in Cohen's kappa: all alike, or by the distance of positions. */
    public enum Disagreement {
        EQUAL, LINEAR, QUADRATIC
    }

    /** Cohen's kappa: agreement beyond chance, 1 - observed / expected disagreement. NaN where none is expected. */
    public double kappa() { return kappa(Disagreement.EQUAL); }

    public double kappa(Disagreement weights) {
        double observed = 0, expected = 0, n = total();
        for (int i = 0; i < classes(); i++) {
            double row = 0, chance = 0;
            for (int j = 0; j < classes(); j++) {
                double w = switch (weights) {
                    case EQUAL -> i == j ? 0 : 1;
                    case LINEAR -> Math.abs(i - j);
                    case QUADRATIC -> (double) (i - j) * (i - j);
                };
                row += w * counts[i][j];
                chance += w * predicted[j];
            }
            observed += row;
            expected += support[i] * chance / n;
        }
        return 1 - observed / expected;
    }

    /** {@code recall / (1 - specificity)} of class {@code k}: how much a positive prediction raises the odds. */
    public double positiveLikelihoodRatio(int k) { return truePositives(k) / support(k) / (falsePositives(k) / (total() - support(k))); }

    /** {@code (1 - recall) / specificity} of class {@code k}: how much a negative prediction lowers the odds. */
    public double negativeLikelihoodRatio(int k) { return falseNegatives(k) / support(k) / (trueNegatives(k) / (total() - support(k))); }

    /**
     * Percentile interval of any score by the bootstrap (Efron 1979): rows drawn with replacement, which is a multinomial draw of the cells, so that a
     * resample costs O(classes^2) however many rows there were. Resamples in which the score is NaN are left out.
     *
     * {@snippet :
     * var interval = matrix.bootstrap(m -> m.fBeta(1, Average.MACRO), 2000, 0.95, Rng.of(1));
     * }
     *
     * @param resamples some thousands; at least 20
     * @param level such as 0.95, in (0, 1)
     * @throws IllegalArgumentException if a count is not whole: rows with weights cannot be drawn by their cells
     */
    public Interval bootstrap(ToDoubleFunction<ConfusionMatrix> score, int resamples, double level, Rng rng) {
        return CellBootstrap.interval(this, score, resamples, level, rng);
    }

    /** These labels with other counts. */
    ConfusionMatrix withCounts(double[][] other) { return new ConfusionMatrix(labels, other); }

    /** A heat map, truth down and predictions across. */
    public Plot figure(String title) {
        var names = Arrays.stream(labels).mapToObj(Long::toString).toArray(String[]::new);
        return Figure.heatmap(title, counts(), names, names).cellLabels().axes("predicted class", "true class").describedAs(
                String.format(Locale.ROOT, "Counts of true against predicted class; %.1f%% lie on the diagonal.", 100 * accuracy()));
    }

    /** The table with its totals, a row a true class; of more than 24 classes the heaviest confusions instead. */
    @Override public String toString() { return ConfusionTable.text(this); }
}
