package lyceum.bayes;

import lyceum.ShapeException;
import lyceum.linalg.dense.Dense;

/**
 * One step of a linear state space: what is measured now, {@code y = H x + v}, {@code v ~ N(0, R)}, and how the state then moves on,
 * {@code x' = F x + B u + w}, {@code w ~ N(0, Q)}.
 *
 * {@snippet :
 * var level = LinearGaussian.localLevel(1469, 15099);     // variances of the level's steps and of the measurements
 * double[][] f = {{1, 1}, {0, 1}}, q = {{1 / 3.0, 1 / 2.0}, {1 / 2.0, 1}}, h = {{1, 0}}, r = {{4}};
 * var track = new LinearGaussian(f, q, h, r);              // position and speed, position seen
 * }
 *
 * <p>Arrays are copied. Q and R are covariances; either may be singular.
 */
public final class LinearGaussian {
    final double[][] f, q, h, r, b, rootQ, rootR;

    /** A step without controls. */
    public LinearGaussian(double[][] f, double[][] q, double[][] h, double[][] r) { this(f, q, h, r, null); }

    /**
     * @param f (d x d)
     * @param q (d x d)
     * @param h (p x d)
     * @param r (p x p)
     * @param b (d x c), or null for no controls
     */
    public LinearGaussian(double[][] f, double[][] q, double[][] h, double[][] r, double[][] b) {
        int d = f.length, p = h.length;
        requireShape("F", f, d, d);
        requireShape("H", h, p, d);
        GaussianBelief.requireSymmetric("LinearGaussian: Q", q, d);
        GaussianBelief.requireSymmetric("LinearGaussian: R", r, p);
        if (b != null) requireShape("B", b, d, b[0].length);
        this.f = Dense.copy(f);
        this.q = Dense.copy(q);
        this.h = Dense.copy(h);
        this.r = Dense.copy(r);
        this.b = b == null ? null : Dense.copy(b);
        rootQ = GaussianBelief.squareRoot("LinearGaussian: Q", q);
        rootR = GaussianBelief.squareRoot("LinearGaussian: R", r);
    }

    private static void requireShape(String name, double[][] a, int rows, int columns) {
        if (a.length == 0 || a.length != rows)
            throw new ShapeException("LinearGaussian: " + name + " has " + a.length + " rows, not " + rows);
        for (var row : a)
            if (row.length != columns)
                throw new ShapeException("LinearGaussian: a row of " + name + " has " + row.length + " entries; it needs " + columns);
    }

    /** A level that wanders, measured with noise: the simplest structural time series. */
    public static LinearGaussian localLevel(double stepVariance, double measurementVariance) {
        double[][] one = {{1}};
        return new LinearGaussian(one, new double[][] {{stepVariance}}, one, new double[][] {{measurementVariance}});
    }

    /** Length d of the state. */
    public int states() { return f.length; }

    /** Length p of a measurement. */
    public int measurements() { return h.length; }

    /** F, (d x d). A copy. */
    public double[][] transition() { return Dense.copy(f); }

    /** Q, (d x d). A copy. */
    public double[][] transitionNoise() { return Dense.copy(q); }

    /** H, (p x d). A copy. */
    public double[][] observation() { return Dense.copy(h); }

    /** R, (p x p). A copy. */
    public double[][] observationNoise() { return Dense.copy(r); }
}
