package lyceum.linalg.dense;

/**
 * Loops over contiguous vectors. A matrix in this package is a {@code double[][]} of rows: C2 turns every loop here into vector
 * code because all arrays share one index, which it does not do for offsets into one flat array (measured on JDK 25: 34 against
 * 7 GFLOP/s for {@link #axpy4}).
 */
public final class Rows {
    private Rows() {}

    /** {@code sum x[i] y[i]} over {@code [from, to)}; four partial sums, because one would wait for each addition. */
    public static double dot(double[] x, double[] y, int from, int to) {
        double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
        int i = from;
        for (; i + 3 < to; i += 4) {
            s0 += x[i] * y[i];
            s1 += x[i + 1] * y[i + 1];
            s2 += x[i + 2] * y[i + 2];
            s3 += x[i + 3] * y[i + 3];
        }
        for (; i < to; i++) s0 += x[i] * y[i];
        return (s0 + s1) + (s2 + s3);
    }

    /** {@code y += s x} over {@code [from, to)}. */
    public static void axpy(double s, double[] x, double[] y, int from, int to) { for (int i = from; i < to; i++) y[i] += s * x[i]; }

    /** {@code y += s0 a + s1 b + s2 c + s3 d}: one load and store of {@code y} for four products. A larger body
     * would pass C2's unrolling limit and fall to scalar speed. */
    public static void axpy4(double[] y, double[] a, double[] b, double[] c, double[] d, double s0, double s1, double s2, double s3,
            int from, int to) {
        for (int i = from; i < to; i++) y[i] += (s0 * a[i] + s1 * b[i]) + (s2 * c[i] + s3 * d[i]);
    }

    /** Plane rotation: {@code x <- c x + s y}, {@code y <- c y - s x}. */
    public static void rotate(double[] x, double[] y, double c, double s, int from, int to) {
        for (int i = from; i < to; i++) {
            double p = x[i], q = y[i];
            x[i] = c * p + s * q;
            y[i] = c * q - s * p;
        }
    }

    public static void scale(double s, double[] x, int from, int to) { for (int i = from; i < to; i++) x[i] *= s; }

    /** Euclidean norm without overflow or harmful underflow. */
    public static double norm(double[] x, int from, int to) {
        double square = dot(x, x, from, to);
        if (square > 1e-280 && square < 1e280) return Math.sqrt(square);
        double max = 0;
        for (int i = from; i < to; i++) max = Math.max(max, Math.abs(x[i]));
        if (max == 0 || !(max < Double.POSITIVE_INFINITY)) return max;
        double unit = Math.scalb(1.0, -Math.getExponent(max)), sum = 0;
        for (int i = from; i < to; i++) {
            double v = x[i] * unit;
            sum += v * v;
        }
        return Math.sqrt(sum) / unit;
    }

    public static void swap(double[][] a, int i, int j) {
        double[] t = a[i];
        a[i] = a[j];
        a[j] = t;
    }
}
