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
        var near = Grid.over(b, n);
        for (int i : order) {
            if (near != null ? !near.isFree(i, classes, threshold) : !isFree(i, kept, count, b, classes)) continue;
            kept[count++] = i;
            if (near != null) near.add(i);
        }
        return Arrays.copyOf(kept, count);
    }

    private boolean isFree(int i, int[] kept, int count, double[] b, int[] classes) {
        for (int k = 0; k < count; k++) if (classes[kept[k]] == classes[i] && !(iou(b, kept[k], i) <= threshold)) return false;
        return true;
    }

    /** Boxes that were kept, by the cells of a grid that they touch: a box is compared with those that it may meet, and no others. */
    private static final class Grid {
        private static final int FEW = 64, MOST_ACROSS = 64;

        private final double[] b;
        private final double left, top, cell;
        private final int across, down;
        private final int[][] cells;
        private final int[] counts;

        private Grid(double[] b, double left, double top, double cell, int across, int down) {
            this.b = b;
            this.left = left;
            this.top = top;
            this.cell = cell;
            this.across = across;
            this.down = down;
            cells = new int[across * down][];
            counts = new int[across * down];
        }

        /** Cells about as large as the boxes; null where there are few boxes, or some without a place. */
        static Grid over(double[] b, int n) {
            if (n < FEW) return null;
            double[] box = {b[0], b[1], b[2], b[3]};
            double sides = 0;
            for (int p = 0; p < 4 * n; p += 4) {
                sides += Math.max(b[p + 2] - b[p], b[p + 3] - b[p + 1]) / n;
                for (int k = 0; k < 4; k++) box[k] = k < 2 ? Math.min(box[k], b[p + k]) : Math.max(box[k], b[p + k]);
            }
            double extent = Math.max(box[2] - box[0], box[3] - box[1]), cell = Math.max(sides, extent / MOST_ACROSS);
            if (!(cell > 0 && extent < Double.POSITIVE_INFINITY)) return null;
            return new Grid(b, box[0], box[1], cell, cells(box[2] - box[0], cell), cells(box[3] - box[1], cell));
        }

        /** Along an axis; one where all boxes end before they begin. */
        private static int cells(double length, double cell) { return 1 + (int) Math.max(0, length / cell); }

        private int column(double x) { return Math.clamp((int) ((x - left) / cell), 0, across - 1); }

        private int row(double y) { return Math.clamp((int) ((y - top) / cell), 0, down - 1); }

        boolean isFree(int i, int[] classes, double threshold) {
            int p = 4 * i, x1 = column(b[p + 2]), y1 = row(b[p + 3]);
            for (int y = row(b[p + 1]); y <= y1; y++) for (int x = column(b[p]); x <= x1; x++) {
                int at = y * across + x;
                for (int k = 0; k < counts[at]; k++)
                    if (classes[cells[at][k]] == classes[i] && !(iou(b, cells[at][k], i) <= threshold)) return false;
            }
            return true;
        }

        void add(int i) {
            int p = 4 * i, x1 = column(b[p + 2]), y1 = row(b[p + 3]);
            for (int y = row(b[p + 1]); y <= y1; y++) for (int x = column(b[p]); x <= x1; x++) {
                int at = y * across + x;
                if (cells[at] == null) cells[at] = new int[8];
                if (counts[at] == cells[at].length) cells[at] = Arrays.copyOf(cells[at], 2 * counts[at]);
                cells[at][counts[at]++] = i;
            }
        }
    }

    private static double iou(double[] b, int i, int j) {
        int p = 4 * i, q = 4 * j;
        double w = Math.min(b[p + 2], b[q + 2]) - Math.max(b[p], b[q]), h = Math.min(b[p + 3], b[q + 3]) - Math.max(b[p + 1], b[q + 1]);
        if (w <= 0 || h <= 0) return 0;
        double meet = w * h;
        return meet / ((b[p + 2] - b[p]) * (b[p + 3] - b[p + 1]) + (b[q + 2] - b[q]) * (b[q + 3] - b[q + 1]) - meet);
    }
}
