package lyceum.learn.impute;

import java.util.Arrays;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/** A table with NaN in its holes, as arrays; and the columns of indicators that follow a filled one. */
record Holes(double[] x, int rows, int columns) {
    static Holes of(Tensor x) { return new Holes(x.toDoubleArray(), (int) x.size(0), (int) x.size(1)); }

    /** @throws IllegalArgumentException if a column has no value to learn from */
    static Holes ofFit(LearnerInput input) {
        var holes = of(input.x());
        for (int j = 0; j < holes.columns; j++)
            if (holes.values(j).length == 0)
                throw new IllegalArgumentException(input.operation() + ": column " + j + " has no value at all; drop it");
        return holes;
    }

    boolean isHole(int row, int column) { return Double.isNaN(x[row * columns + column]); }

    /** The values of a column that are there. */
    double[] values(int column) {
        var found = new double[rows];
        int n = 0;
        for (int i = 0; i < rows; i++) if (!isHole(i, column)) found[n++] = x[i * columns + column];
        return Arrays.copyOf(found, n);
    }

    /** Columns with a hole. */
    int[] holed() {
        var found = new int[columns];
        int n = 0;
        for (int j = 0; j < columns; j++) if (values(j).length < rows) found[n++] = j;
        return Arrays.copyOf(found, n);
    }

    /** The filled table, and behind it 1 where a cell of the columns marked was a hole; in the type of {@code like}. */
    Tensor filled(double[] full, int[] marked, Tensor like) {
        int width = columns + marked.length;
        var all = new double[rows * width];
        for (int i = 0; i < rows; i++) {
            System.arraycopy(full, i * columns, all, i * width, columns);
            for (int m = 0; m < marked.length; m++) all[i * width + columns + m] = isHole(i, marked[m]) ? 1 : 0;
        }
        return Tensor.of(all, rows, width).to(like.dtype());
    }
}
