package lyceum.optim;

/** The four loops of flat-vector optimisation. Sums run in index order: same input, same bits. */
final class Vectors {
    private Vectors() {}

    static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) sum += a[i] * b[i];
        return sum;
    }

    /** {@code y += factor * x}. */
    static void addScaled(double[] y, double factor, double[] x) { for (int i = 0; i < y.length; i++) y[i] += factor * x[i]; }

    /** Largest absolute entry, NaN if there is one. */
    static double largest(double[] a) {
        double largest = 0;
        for (double value : a) largest = Math.max(largest, Math.abs(value));
        return largest;
    }

    /** Euclidean length, without overflow. */
    static double norm(double[] a) {
        double scale = largest(a);
        if (scale == 0 || !Double.isFinite(scale)) return scale;
        double sum = 0;
        for (double value : a) sum += (value / scale) * (value / scale);
        return scale * Math.sqrt(sum);
    }
}
