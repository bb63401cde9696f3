package lyceum.stats.learner;

import java.util.Arrays;
import java.util.Map;
import lyceum.tensor.Tensor;

/**
 * Class labels as codes: {@code 7 3 7} has classes {@code 3 7} and codes {@code 1 0 1}.
 *
 * @param classes the distinct labels, ascending
 * @param codes for each row the position of its label in {@code classes}
 */
public record Labels(long[] classes, int[] codes) {
    public static Labels of(long[] labels) {
        long[] classes = Arrays.stream(labels).distinct().sorted().toArray();
        var codes = new int[labels.length];
        for (int i = 0; i < codes.length; i++) codes[i] = Arrays.binarySearch(classes, labels[i]);
        return new Labels(classes, codes);
    }

    public int rows() { return codes.length; }

    /** Number of classes. */
    public int count() { return classes.length; }

    /** Total weight of each class. */
    public double[] weightOfClasses(double[] weights) {
        var total = new double[classes.length];
        for (int i = 0; i < codes.length; i++) total[codes[i]] += weights[i];
        return total;
    }

    /**
     * Rows' weights times their class's factor; new numbers.
     *
     * @param factors of labels; those that are not named have 1
     * @param balanced whether every class's total is first made the same, their sum kept
     */
    public double[] weighted(double[] weights, Map<Long, Double> factors, boolean balanced) {
        double[] total = weightOfClasses(weights), factor = new double[classes.length], out = weights.clone();
        double all = Arrays.stream(total).sum();
        for (int k = 0; k < factor.length; k++) {
            factor[k] = factors.getOrDefault(classes[k], 1.0);
            if (balanced && total[k] > 0) factor[k] *= all / (factor.length * total[k]);
        }
        for (int i = 0; i < out.length; i++) out[i] *= factor[codes[i]];
        return out;
    }

    /** The label of each row's largest score, I64; scores are (n x classes), or (n) where positive means the second of two classes. */
    public static Tensor choose(long[] classes, Tensor scores) {
        int n = (int) scores.size(0), k = classes.length;
        double[] values = scores.toDoubleArray();
        var labels = new long[n];
        for (int i = 0; i < n; i++) {
            if (scores.rank() == 1) {
                labels[i] = classes[k > 1 && values[i] > 0 ? 1 : 0];
                continue;
            }
            int best = 0;
            for (int c = 1; c < k; c++) if (values[i * k + c] > values[i * k + best]) best = c;
            labels[i] = classes[best];
        }
        return Tensor.of(labels);
    }
}
