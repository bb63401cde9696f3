package lyceum.kernel;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import lyceum.ShapeException;
import lyceum.backend.Parallel;

/** Points column by column, so that sums over columns are made for many points at a time. */
final class PointColumns {
    private static final int PIECE = 1024;

    private final int n;
    private final double[][] columns;

    PointColumns(double[][] points) {
        this.n = points.length;
        this.columns = new double[n == 0 ? 0 : points[0].length][n];
        for (int i = 0; i < n; i++) for (int j = 0; j < columns.length; j++) columns[j][i] = points[i][j];
    }

    private void check(double[] x) {
        if (n > 0 && x.length != columns.length)
            throw new ShapeException("KernelRows.row: x has " + x.length + " numbers, the points " + columns.length);
    }

    /** {@code f(|x - z_i|^2)} */
    void distances(double[] x, DoubleUnaryOperator f, double[] into) { sums(x, true, f, into); }

    /** {@code f(x . z_i)} */
    void products(double[] x, DoubleUnaryOperator f, double[] into) { sums(x, false, f, into); }

    private void sums(double[] x, boolean distances, DoubleUnaryOperator f, double[] into) {
        check(x);
        Parallel.range(n, PIECE, columns.length + 10.0, (from, to) -> {
            Arrays.fill(into, (int) from, (int) to, 0);
            for (int j = 0; j < columns.length; j++) {
                double[] column = columns[j];
                double value = x[j];
                if (distances) for (int i = (int) from; i < (int) to; i++) into[i] += (value - column[i]) * (value - column[i]);
                else for (int i = (int) from; i < (int) to; i++) into[i] += value * column[i];
            }
            for (int i = (int) from; i < (int) to; i++) into[i] = f.applyAsDouble(into[i]);
        });
    }
}
