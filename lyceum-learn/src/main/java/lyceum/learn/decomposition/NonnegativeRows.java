package lyceum.learn.decomposition;

import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;

/** A matrix without negative entries, its positive ones row by row: zeros add nothing to a product, and pixels and words are mostly zero. */
record NonnegativeRows(int rows, int columns, int[] start, int[] column, double[] value) {

    static NonnegativeRows of(Tensor x) { return of(Csr.fromDense(x)); }

    static NonnegativeRows of(Csr x) {
        int n = Math.toIntExact(x.rows());
        var start = new int[n + 1];
        var column = new int[x.entries()];
        for (int i = 0; i < n; i++) start[i + 1] = x.rowStart(i + 1);
        for (int e = 0; e < column.length; e++) column[e] = x.column(e);
        return new NonnegativeRows(n, Math.toIntExact(x.columns()), start, column, x.values().toDoubleArray());
    }

    NonnegativeRows transpose() {
        int[] next = new int[columns + 1], turned = new int[column.length];
        var values = new double[column.length];
        for (int c : column) next[c + 1]++;
        for (int j = 0; j < columns; j++) next[j + 1] += next[j];
        int[] starts = next.clone();
        for (int i = 0; i < rows; i++) {
            for (int e = start[i]; e < start[i + 1]; e++) {
                int at = next[column[e]]++;
                turned[at] = i;
                values[at] = value[e];
            }
        }
        return new NonnegativeRows(columns, rows, starts, turned, values);
    }

    /** Whether every entry is positive. */
    boolean isFull() {
        for (double v : value) if (v == 0) return false;
        return value.length == (long) rows * columns;
    }

    double sum() {
        double sum = 0;
        for (double v : value) sum += v;
        return sum;
    }

    double mean() { return sum() / rows / columns; }
}
