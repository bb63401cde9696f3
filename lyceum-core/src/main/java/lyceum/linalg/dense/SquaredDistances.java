package lyceum.linalg.dense;

import java.util.Arrays;

/**
 * Squared Euclidean distances to one point: of a single row, and of a block of rows that are stored column by column, so that the loop over the
 * rows becomes vector code (a sum along a row does not, its order is fixed). All add up in the same order and agree to the last bit.
 */
public final class SquaredDistances {
    /** Rows in a block. */
    public static final int BLOCK = 256;

    private SquaredDistances() {}

    /** Distances of the block whose columns are {@code columns[at .. at + p - 1]} to the point that starts at {@code point[from]}. */
    public static void ofBlock(double[][] columns, int at, double[] point, int from, int p, double[] out) {
        Arrays.fill(out, 0);
        int j = 0;
        for (; j + 3 < p; j += 4) {
            add(out, columns[at + j], columns[at + j + 1], columns[at + j + 2], columns[at + j + 3], point[from + j], point[from + j + 1],
                    point[from + j + 2], point[from + j + 3]);
        }
        for (; j < p; j++) add(out, columns[at + j], point[from + j]);
    }

    private static void add(double[] out, double[] x, double[] y, double[] z, double[] u, double a, double b, double c, double d) {
        for (int r = 0; r < BLOCK; r++) {
            double e = x[r] - a, f = y[r] - b, g = z[r] - c, h = u[r] - d;
            out[r] += e * e + f * f + g * g + h * h;
        }
    }

    private static void add(double[] out, double[] x, double a) {
        for (int r = 0; r < BLOCK; r++) {
            double e = x[r] - a;
            out[r] += e * e;
        }
    }

    /** The distance between the rows of length p that start at {@code x[at]} and {@code point[from]}. */
    public static double ofRow(double[] x, int at, double[] point, int from, int p) {
        double sum = 0;
        int j = 0;
        for (; j + 3 < p; j += 4) {
            double e = x[at + j] - point[from + j], f = x[at + j + 1] - point[from + j + 1], g = x[at + j + 2] - point[from + j + 2],
                    h = x[at + j + 3] - point[from + j + 3];
            sum += e * e + f * f + g * g + h * h;
        }
        for (; j < p; j++) {
            double e = x[at + j] - point[from + j];
            sum += e * e;
        }
        return sum;
    }
}
