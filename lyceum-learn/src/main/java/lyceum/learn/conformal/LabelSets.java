package lyceum.learn.conformal;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * A set of labels a row, empty ones among them: no label was likely enough.
 *
 * @param classes the labels, ascending
 * @param contains whether each row's set has each class
 */
public record LabelSets(long[] classes, boolean[][] contains) {
    /** The labels of one row. */
    public long[] set(int row) {
        var labels = new long[classes.length];
        int n = 0;
        for (int c = 0; c < classes.length; c++) if (contains[row][c]) labels[n++] = classes[c];
        return Arrays.copyOf(labels, n);
    }

    /** Share of the rows whose set holds their label. */
    public double coverage(Tensor labels) {
        long[] truth = labels.toLongArray();
        if (truth.length != contains.length)
            throw new ShapeException("coverage: " + truth.length + " labels for " + contains.length + " sets");
        int covered = 0;
        for (int i = 0; i < truth.length; i++) {
            int c = Arrays.binarySearch(classes, truth[i]);
            if (c >= 0 && contains[i][c]) covered++;
        }
        return covered / (double) truth.length;
    }

    /** Mean number of labels. */
    public double meanSize() {
        double sum = 0;
        for (var row : contains) for (boolean in : row) if (in) sum++;
        return sum / contains.length;
    }
}
