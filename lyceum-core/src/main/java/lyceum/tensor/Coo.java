package lyceum.tensor;

import java.util.Arrays;
import lyceum.ShapeException;

/**
 * A sparse matrix as triples (row, column, value) in any order, those at one place adding up: easy to append to. Build with this, compute with
 * {@link #toCsr()}. Not safe for threads.
 */
public final class Coo {
    private final long rows, columns;
    private int[] row = new int[16], column = new int[16];
    private double[] value = new double[16];
    private int n;

    public Coo(long rows, long columns) {
        this.rows = rows;
        this.columns = columns;
    }

    /** The entries of a matrix, row by row. */
    public static Coo of(Csr matrix) {
        var coo = new Coo(matrix.rows(), matrix.columns());
        var value = matrix.numbers();
        for (int i = 0; i < matrix.rows(); i++)
            for (int e = matrix.rowStart(i); e < matrix.rowStart(i + 1); e++) coo.add(i, matrix.column(e), value[e]);
        return coo;
    }

    /** Appends an entry. @throws ShapeException if it lies outside */
    public Coo add(int i, int j, double v) {
        if (i < 0 || i >= rows || j < 0 || j >= columns)
            throw new ShapeException("Coo: entry (" + i + ", " + j + ") in a matrix of " + rows + " x " + columns);
        if (n == row.length) {
            row = Arrays.copyOf(row, Math.addExact(n, n));
            column = Arrays.copyOf(column, 2 * n);
            value = Arrays.copyOf(value, 2 * n);
        }
        row[n] = i;
        column[n] = j;
        value[n++] = v;
        return this;
    }

    /** Number of triples. */
    public int entries() { return n; }

    /** Bytes of the triples: two ints and a double each. */
    public long bytes() { return 16L * n; }

    /** In compressed rows, F64; duplicates are added in the order in which they came, zeros stay. */
    public Csr toCsr() { return Csr.fromEntries(rows, columns, Arrays.copyOf(row, n), Arrays.copyOf(column, n), Arrays.copyOf(value, n)); }
}
