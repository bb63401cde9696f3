package lyceum.models.vision;

import java.util.Arrays;
import lyceum.tensor.Tensor;

/**
 * Leaves of boxes that tell of one thing the surest: from the highest score down, a box is kept unless its IoU with one that is kept is
 * above the threshold. Of equal scores the first comes first.
 *
 * @param threshold in [0, 1]
 */
public record NonMaxSuppression(double threshold) {
    public NonMaxSuppression {
        if (!(threshold >= 0 && threshold <= 1))
            throw new IllegalArgumentException("NonMaxSuppression: threshold is " + threshold + "; it lies in [0, 1]");
    }

    /** Rows of boxes (n, 4) that are kept, the surest first. */
    public int[] keep(Tensor boxes, Tensor scores) { return keep(boxes, scores, new int[(int) boxes.size(0)]); }

    /** The same, each class by itself. */
    public int[] keep(Tensor boxes, Tensor scores, int[] classes) {
        double[] b = boxes.toDoubleArray(), s = scores.toDoubleArray();
        int n = s.length;
        if (b.length != 4 * n || classes.length != n) throw new IllegalArgumentException(
                "NonMaxSuppression: " + b.length / 4 + " boxes, " + n + " scores, " + classes.length + " classes; as many of each");
        var order = new Integer[n];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, (i, j) -> Double.compare(s[j], s[i]));
        var kept = new int[n];
        int count = 0;
        for (int i : order) {
            boolean free = true;
            for (int k = 0; free && k < count; k++) free = classes[kept[k]] != classes[i] || iou(b, kept[k], i) <= threshold;
            if (free) kept[count++] = i;
        }
        return Arrays.copyOf(kept, count);
    }

    private static double iou(double[] b, int i, int j) {
        int p = 4 * i, q = 4 * j;
        double w = Math.min(b[p + 2], b[q + 2]) - Math.max(b[p], b[q]), h = Math.min(b[p + 3], b[q + 3]) - Math.max(b[p + 1], b[q + 1]);
        if (w <= 0 || h <= 0) return 0;
        double meet = w * h;
        return meet / ((b[p + 2] - b[p]) * (b[p + 3] - b[p + 1]) + (b[q + 2] - b[q]) * (b[q + 3] - b[q + 1]) - meet);
    }
}
