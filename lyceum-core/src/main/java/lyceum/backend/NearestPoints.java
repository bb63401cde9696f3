package lyceum.backend;

import java.util.Arrays;

/**
 * The nearest of a few points to each of many rows by squared Euclidean distance. Points stand side by side in a {@link #table}, so that one row meets as many of
 * them at once as a vector has lanes, and no second copy of the rows is needed. A distance adds up the squares of four coordinates, then the next four, then what is left
 * one by one: with vector instructions and without the bits are the same.
 */
public interface NearestPoints {
    /** Columns of a table are a multiple of this. */
    int GROUP = 8;

    /** What this JVM runs fastest: vector instructions if it has the module {@code jdk.incubator.vector}; plain loops where the setting says {@code scalar}. */
    static NearestPoints best() { return Plain.BEST; }

    /** Columns of a table of {@code k} points. */
    static int width(int k) { return (k + GROUP - 1) / GROUP * GROUP; }

    /**
     * Coordinate {@code j} of point {@code c} at {@code j * width(k) + c}; what fills the last group up is infinitely far from every row.
     *
     * @param points the points (k x p), row by row
     */
    static double[] table(double[] points, int k, int p) {
        int width = width(k);
        var table = new double[width * p];
        for (int j = 0; j < p; j++) {
            for (int c = 0; c < k; c++) table[j * width + c] = points[c * p + j];
            Arrays.fill(table, j * width + k, (j + 1) * width, Double.POSITIVE_INFINITY);
        }
        return table;
    }

    /**
     * The squared distances of the row that starts at {@code rows[at]} to all points.
     *
     * @param out {@code width(k)} values
     */
    void distances(double[] rows, int at, int p, double[] table, int k, double[] out);

    /**
     * The nearest point to each of some rows, the first of equally near ones, its squared distance and that of the nearest other point: infinite if there is none.
     *
     * @param which numbers of the first {@code count} rows that are asked for
     */
    void nearest(double[] rows, int p, int[] which, int count, double[] table, int k, Nearest out);

    /**
     * Answers in the order of the questions.
     *
     * @param point numbers of the nearest points
     * @param first squared distances to them
     * @param second squared distances to the nearest other points
     */
    record Nearest(int[] point, double[] first, double[] second) {
        /** Room for so many rows. */
        public Nearest(int rows) { this(new int[rows], new double[rows], new double[rows]); }
    }

    /** Plain loops. */
    final class Plain implements NearestPoints {
        private static final NearestPoints BEST = Backends.nearestPoints();

        @Override public void distances(double[] rows, int at, int p, double[] table, int k, double[] out) {
            int width = width(k), j = 0;
            Arrays.fill(out, 0, width, 0);
            for (; j + 3 < p; j += 4) {
                double x = rows[at + j], y = rows[at + j + 1], z = rows[at + j + 2], u = rows[at + j + 3];
                for (int c = 0, o = j * width; c < width; c++, o++) {
                    double e = x - table[o], f = y - table[o + width], g = z - table[o + 2 * width], h = u - table[o + 3 * width];
                    out[c] += e * e + f * f + g * g + h * h;
                }
            }
            for (; j < p; j++) {
                double x = rows[at + j];
                for (int c = 0, o = j * width; c < width; c++, o++) {
                    double e = x - table[o];
                    out[c] += e * e;
                }
            }
        }

        @Override public void nearest(double[] rows, int p, int[] which, int count, double[] table, int k, Nearest out) {
            var distance = new double[width(k)];
            for (int t = 0; t < count; t++) {
                distances(rows, which[t] * p, p, table, k, distance);
                double first = Double.POSITIVE_INFINITY, second = first;
                int nearest = 0;
                for (int c = 0; c < k; c++) {
                    double d = distance[c];
                    if (d < first) {
                        second = first;
                        first = d;
                        nearest = c;
                    } else if (d < second) {
                        second = d;
                    }
                }
                out.point[t] = nearest;
                out.first[t] = first;
                out.second[t] = second;
            }
        }
    }
}
