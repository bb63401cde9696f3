package lyceum.learn.metrics;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * Hits and errors where a row may have several labels or none: for each label the four counts of its presence.
 *
 * {@snippet :
 * var confusion = MultilabelConfusion.of(truth, predicted);       // (rows, labels) of BOOL
 * confusion.fBeta(1, Average.MACRO, ZeroDivision.ZERO);
 * MultilabelConfusion.ofRows(truths, guesses, null).fBeta(1, Average.MACRO, ZeroDivision.ZERO);   // "samples": of each row, then over rows
 * }
 *
 * @param truePositives of each label, likewise the other three
 * @param weight what each label weighs in a macro average: 1, or the row's weight after {@link #ofRows}
 */
public record MultilabelConfusion(double[] truePositives, double[] falsePositives, double[] falseNegatives, double[] trueNegatives,
        double[] weight) {

    /** Truth and prediction are (rows, labels) of BOOL or 0 and 1. */
    public static MultilabelConfusion of(Tensor truth, Tensor predicted) { return of(flags(truth), flags(predicted), null); }

    /** @param weights of the rows, or null for 1 */
    public static MultilabelConfusion of(boolean[][] truth, boolean[][] predicted, double[] weights) {
        int labels = labels(truth, predicted, weights);
        var counts = new double[4][labels];
        for (int i = 0; i < truth.length; i++) {
            double w = weights == null ? 1 : weights[i];
            for (int k = 0; k < labels; k++) counts[cell(truth[i][k], predicted[i][k])][k] += w;
        }
        return new MultilabelConfusion(counts[0], counts[1], counts[2], counts[3], ones(labels));
    }

    /** The same with rows and labels exchanged: one entry for each row, so that a macro average is over rows ("samples"). */
    public static MultilabelConfusion ofRows(boolean[][] truth, boolean[][] predicted, double[] weights) {
        int labels = labels(truth, predicted, weights), n = truth.length;
        var counts = new double[4][n];
        for (int i = 0; i < n; i++) for (int k = 0; k < labels; k++) counts[cell(truth[i][k], predicted[i][k])][i]++;
        return new MultilabelConfusion(counts[0], counts[1], counts[2], counts[3], weights == null ? ones(n) : weights.clone());
    }

    private static int cell(boolean truth, boolean predicted) { return truth ? predicted ? 0 : 2 : predicted ? 1 : 3; }

    private static int labels(boolean[][] truth, boolean[][] predicted, double[] weights) {
        if (truth.length != predicted.length)
            throw new ShapeException("MultilabelConfusion: " + truth.length + " true rows and " + predicted.length + " predicted ones");
        if (weights != null && weights.length != truth.length)
            throw new ShapeException("MultilabelConfusion: " + weights.length + " weights for " + truth.length + " rows");
        int labels = truth.length == 0 ? 0 : truth[0].length;
        for (int i = 0; i < truth.length; i++) {
            if (truth[i].length != labels || predicted[i].length != labels) {
                throw new ShapeException("MultilabelConfusion: row " + i + " has " + truth[i].length + " true and " + predicted[i].length
                        + " predicted labels; row 0 has " + labels);
            }
        }
        return labels;
    }

    static boolean[][] flags(Tensor t) {
        if (t.rank() != 2) throw new ShapeException("MultilabelConfusion: shape " + t.shape() + "; rows and labels are needed");
        int n = (int) t.size(0), labels = (int) t.size(1);
        long[] values = t.to(lyceum.DType.I64).toLongArray();
        var flags = new boolean[n][labels];
        for (int i = 0; i < values.length; i++) {
            if (values[i] != 0 && values[i] != 1) throw new IllegalArgumentException(
                    "MultilabelConfusion: value " + values[i] + " in row " + i / labels + "; labels are 0 or 1");
            flags[i / labels][i % labels] = values[i] == 1;
        }
        return flags;
    }

    private static double[] ones(int n) {
        var ones = new double[n];
        Arrays.fill(ones, 1);
        return ones;
    }

    /** Number of labels. */
    public int size() { return truePositives.length; }

    /** The 2 x 2 matrix of one label, class 1 being its presence: {@code {{tn, fp}, {fn, tp}}}. */
    public ConfusionMatrix of(int label) {
        return ConfusionMatrix
                .ofCounts(new double[][] {{trueNegatives[label], falsePositives[label]}, {falseNegatives[label], truePositives[label]}});
    }

    /** The sum with the counts of other rows. */
    public MultilabelConfusion merge(MultilabelConfusion other) {
        if (size() != other.size()) throw new IllegalArgumentException("merge: " + size() + " and " + other.size() + " labels");
        return new MultilabelConfusion(sum(truePositives, other.truePositives), sum(falsePositives, other.falsePositives),
                sum(falseNegatives, other.falseNegatives), sum(trueNegatives, other.trueNegatives), weight);
    }

    private static double[] sum(double[] a, double[] b) {
        var sum = a.clone();
        for (int i = 0; i < sum.length; i++) sum[i] += b[i];
        return sum;
    }

    public double[] precision(ZeroDivision policy) { return ratios(policy, 0, 1, 0); }

    public double precision(Average average, ZeroDivision policy) { return average(average, policy, 0, 1, 0); }

    public double[] recall(ZeroDivision policy) { return ratios(policy, 0, 0, 1); }

    public double recall(Average average, ZeroDivision policy) { return average(average, policy, 0, 0, 1); }

    public double[] fBeta(double beta, ZeroDivision policy) { return ratios(policy, beta * beta, 1, beta * beta); }

    public double fBeta(double beta, Average average, ZeroDivision policy) {
        Thresholds.checkBeta(beta);
        return average(average, policy, beta * beta, 1, beta * beta);
    }

    /** Share of single decisions, a row's yes or no to one label, that are wrong. */
    public double hammingLoss() {
        double wrong = Arrays.stream(falsePositives).sum() + Arrays.stream(falseNegatives).sum();
        return wrong / (wrong + Arrays.stream(truePositives).sum() + Arrays.stream(trueNegatives).sum());
    }

    /** {@code (1 + extra) tp / (a predicted + b true)} of each label. */
    private double[] ratios(ZeroDivision policy, double extra, double a, double b) {
        var scores = new double[size()];
        for (int k = 0; k < scores.length; k++)
            scores[k] = ratio(policy, extra, a, b, truePositives[k], falsePositives[k], falseNegatives[k]);
        return scores;
    }

    private static double ratio(ZeroDivision policy, double extra, double a, double b, double tp, double fp, double fn) {
        return policy.divide((1 + extra) * tp, a * (tp + fp) + b * (tp + fn));
    }

    private double average(Average average, ZeroDivision policy, double extra, double a, double b) {
        if (average == Average.MICRO) {
            return ratio(policy, extra, a, b, Arrays.stream(truePositives).sum(), Arrays.stream(falsePositives).sum(),
                    Arrays.stream(falseNegatives).sum());
        }
        return Average.WEIGHTED.of(ratios(policy, extra, a, b), average == Average.WEIGHTED ? sum(truePositives, falseNegatives) : weight);
    }
}
