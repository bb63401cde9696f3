package lyceum.learn.recommend;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.tensor.Csr;

/** A sparse matrix as plain arrays, checked. */
record SparseRows(int[] start, int[] column, double[] value, int width) {
    static SparseRows of(Csr matrix) {
        var start = new int[(int) matrix.rows() + 1];
        for (int i = 0; i < start.length; i++) start[i] = matrix.rowStart(i);
        var column = new int[matrix.entries()];
        for (int e = 0; e < column.length; e++) column[e] = matrix.column(e);
        return new SparseRows(start, column, matrix.values().detach().toDoubleArray(), (int) matrix.columns());
    }

    /** Finite, with at least one entry. */
    static SparseRows checked(String operation, Csr ratings) {
        if (ratings.rows() == 0 || ratings.columns() == 0 || ratings.entries() == 0)
            throw new ShapeException(operation + ": ratings are " + ratings + "; at least one entry is needed");
        var rows = of(ratings);
        for (double v : rows.value)
            if (!Double.isFinite(v)) throw new IllegalArgumentException(operation + ": a rating is " + v + "; leave unknown cells out");
        return rows;
    }

    /** {@link #checked} for counts or weights of what was seen. */
    static SparseRows positive(String operation, Csr seen) {
        var rows = checked(operation, seen);
        for (double v : rows.value)
            if (!(v > 0))
                throw new IllegalArgumentException(operation + ": an entry is " + v + "; what was seen counts above 0, leave the rest out");
        return rows;
    }

    int count() { return start.length - 1; }

    int[] columns(int i) { return Arrays.copyOfRange(column, start[i], start[i + 1]); }

    double[] values(int i) { return Arrays.copyOfRange(value, start[i], start[i + 1]); }

    boolean has(int row, int j) { return Arrays.binarySearch(column, start[row], start[row + 1], j) >= 0; }

    double mean() {
        double sum = 0;
        for (double v : value) sum += v;
        return sum / value.length;
    }
}
