package lyceum.learn.metrics;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * Average precision where there are several classes or labels, each against the rest.
 *
 * {@snippet :
 * var truth = Tensor.of(new int[] {0, 1, 2, 1});
 * var p = Tensor.of(new double[][] {{0.6, 0.3, 0.1}, {0.2, 0.5, 0.3}, {0.3, 0.4, 0.3}, {0.1, 0.7, 0.2}});
 * AveragePrecision.multiclass(truth, p, Average.MACRO);
 * }
 */
public final class AveragePrecision {
    private AveragePrecision() {}

    /** {@link PrecisionRecallCurve#averagePrecision()}. @param weights of the rows, or null for 1 */
    public static double of(boolean[] positive, double[] scores, double[] weights) {
        return PrecisionRecallCurve.of(positive, scores, weights).averagePrecision();
    }

    /**
     * Each row has one class.
     *
     * @param truth class numbers 0 .. classes - 1 (n), each occurring
     * @param scores (n x classes)
     * @param average MICRO ranks the decisions of all classes together
     */
    public static double multiclass(Tensor truth, Tensor scores, Average average) {
        if (truth.rank() != 1 || scores.rank() != 2 || truth.size(0) != scores.size(0))
            throw new ShapeException("AveragePrecision.multiclass: scores " + scores.shape() + " for truth " + truth.shape());
        int[] classes = truth.toIntArray();
        var labels = new boolean[classes.length][(int) scores.size(1)];
        for (int i = 0; i < classes.length; i++) {
            if (classes[i] < 0 || classes[i] >= labels[i].length)
                throw new IllegalArgumentException("AveragePrecision.multiclass: class " + classes[i] + " in row " + i + "; with "
                        + labels[i].length + " columns of scores classes are 0 to " + (labels[i].length - 1));
            labels[i][classes[i]] = true;
        }
        return of(labels, scores.to(DType.F64).toRows(), average);
    }

    /**
     * Each row has any number of labels.
     *
     * @param truth 0 or 1, or BOOL (n x labels), each label occurring
     * @param scores (n x labels)
     */
    public static double multilabel(Tensor truth, Tensor scores, Average average) {
        if (truth.rank() != 2 || !truth.shape().equals(scores.shape()))
            throw new ShapeException("AveragePrecision.multilabel: scores " + scores.shape() + " for truth " + truth.shape());
        boolean[] flat = RocCurve.positives(truth.toLongArray());
        int k = (int) truth.size(1);
        var labels = new boolean[(int) truth.size(0)][];
        for (int i = 0; i < labels.length; i++) labels[i] = Arrays.copyOfRange(flat, i * k, (i + 1) * k);
        return of(labels, scores.to(DType.F64).toRows(), average);
    }

    private static double of(boolean[][] labels, double[][] scores, Average average) {
        int n = labels.length, k = n == 0 ? 0 : labels[0].length;
        boolean[] all = new boolean[n * k], positive = new boolean[n];
        double[] allScores = new double[n * k], column = new double[n], areas = new double[k], support = new double[k];
        for (int c = 0; c < k; c++) {
            for (int i = 0; i < n; i++) {
                all[c * n + i] = positive[i] = labels[i][c];
                allScores[c * n + i] = column[i] = scores[i][c];
                if (labels[i][c]) support[c]++;
            }
            if (average == Average.MICRO) continue;
            if (support[c] == 0)
                throw new IllegalArgumentException("AveragePrecision: no row has label " + c + "; each is needed, or take Average.MICRO");
            areas[c] = of(positive, column, null);
        }
        return average == Average.MICRO ? of(all, allScores, null) : average.of(areas, support);
    }
}
