package lyceum.learn.metrics;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/** Areas under ROC curves where there are more than two classes: each class against the rest, or every pair of classes. */
public final class MulticlassAuc {
    private MulticlassAuc() {}

    /**
     * Mean area of "this class or another?". MICRO ranks all decisions of all classes together.
     *
     * @param truth class numbers 0 .. classes - 1, each occurring
     * @param scores (rows, classes): probabilities or other scores
     */
    public static double oneVsRest(Tensor truth, Tensor scores, Average average) {
        var rows = checked("oneVsRest", truth, scores);
        int[] classes = truth.toIntArray();
        if (average != Average.MICRO) return average.of(oneVsRest(truth, scores), counts(classes, rows[0].length));
        int k = rows[0].length;
        var flat = new double[classes.length * k];
        var positive = new boolean[flat.length];
        for (int i = 0; i < classes.length; i++) {
            System.arraycopy(rows[i], 0, flat, i * k, k);
            positive[i * k + classes[i]] = true;
        }
        return RocCurve.of(positive, flat, null).auc();
    }

    /** The area of each class against the rest. */
    public static double[] oneVsRest(Tensor truth, Tensor scores) {
        var rows = checked("oneVsRest", truth, scores);
        int[] classes = truth.toIntArray();
        var areas = new double[rows[0].length];
        for (int c = 0; c < areas.length; c++) {
            int which = c;
            var positive = new boolean[classes.length];
            for (int i = 0; i < positive.length; i++) positive[i] = classes[i] == c;
            areas[c] = RocCurve.of(positive, Arrays.stream(rows).mapToDouble(row -> row[which]).toArray(), null).auc();
        }
        return areas;
    }

    /**
     * Mean over pairs of classes, each being the area by one class's score and the area by the other's, halved: insensitive to class sizes.
     *
     * @param average MACRO, or WEIGHTED by the share of rows in the pair; there is no MICRO
     * @see <a href="https://doi.org/10.1023/A:1010920819831">Hand and Till (2001)</a>
     */
    public static double oneVsOne(Tensor truth, Tensor scores, Average average) {
        if (average == Average.MICRO) throw new IllegalArgumentException("oneVsOne: pairs have no micro average; take MACRO or WEIGHTED");
        var rows = checked("oneVsOne", truth, scores);
        int[] classes = truth.toIntArray();
        double[] counts = counts(classes, rows[0].length);
        double sum = 0, weights = 0;
        for (int a = 0; a < counts.length; a++) {
            for (int b = a + 1; b < counts.length; b++) {
                double area = (pair(classes, rows, a, b) + pair(classes, rows, b, a)) / 2,
                        w = average == Average.WEIGHTED ? counts[a] + counts[b] : 1;
                sum += w * area;
                weights += w;
            }
        }
        return sum / weights;
    }

    /** The area of class a's score on the rows of classes a and b. */
    private static double pair(int[] classes, double[][] rows, int a, int b) {
        int n = 0;
        var positive = new boolean[classes.length];
        var scores = new double[classes.length];
        for (int i = 0; i < classes.length; i++) {
            if (classes[i] != a && classes[i] != b) continue;
            positive[n] = classes[i] == a;
            scores[n++] = rows[i][a];
        }
        return RocCurve.of(Arrays.copyOf(positive, n), Arrays.copyOf(scores, n), null).auc();
    }

    private static double[][] checked(String operation, Tensor truth, Tensor scores) {
        if (scores.rank() != 2 || truth.rank() != 1 || scores.size(0) != truth.size(0))
            throw new ShapeException(operation + ": scores " + scores.shape() + " for truth " + truth.shape());
        int k = (int) scores.size(1);
        if (k < 2)
            throw new ShapeException(operation + ": scores " + scores.shape() + "; a column for each of at least two classes is needed");
        var counts = new double[k];
        for (int c : truth.toIntArray()) {
            if (c < 0 || c >= k) throw new IllegalArgumentException(
                    operation + ": class " + c + "; with " + k + " columns of scores classes are 0 to " + (k - 1));
            counts[c]++;
        }
        for (int c = 0; c < k; c++)
            if (counts[c] == 0)
                throw new IllegalArgumentException(operation + ": class " + c + " does not occur; an area needs rows of every class");
        return scores.to(DType.F64).toRows();
    }

    private static double[] counts(int[] classes, int k) {
        var counts = new double[k];
        for (int c : classes) counts[c]++;
        return counts;
    }
}
