package lyceum.linalg;

import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** {@code H1 H2 D H2 H1} with two reflections: a symmetric operator whose eigenvalues are known and whose entries are not stored. */
record MixedSpectrum(double[] eigenvalues, double[] v1, double[] v2) {
    static MixedSpectrum of(double[] eigenvalues, Rng rng) {
        return new MixedSpectrum(eigenvalues, gaussian(eigenvalues.length, rng), gaussian(eigenvalues.length, rng));
    }

    /** n eigenvalues from 1 to condition, the k-th step of a logarithmic or uniform scale of {@code distinct} in turn. */
    static double[] spread(int n, int distinct, double condition, boolean logarithmic) {
        var values = new double[n];
        for (int i = 0; i < n; i++) {
            double part = distinct == 1 ? 0 : (double) (i % distinct) / (distinct - 1);
            values[i] = logarithmic ? Math.pow(condition, part) : 1 + (condition - 1) * part;
        }
        return values;
    }

    static double[] gaussian(int n, Rng rng) {
        var v = new double[n];
        for (int i = 0; i < n; i++) v[i] = rng.nextGaussian();
        return v;
    }

    LinearMap map() { return LinearMap.symmetricArray(eigenvalues.length, this::times); }

    double[] times(double[] x) {
        var y = reflect(v2, reflect(v1, x));
        for (int i = 0; i < y.length; i++) y[i] *= eigenvalues[i];
        return reflect(v1, reflect(v2, y));
    }

    private static double[] reflect(double[] v, double[] x) {
        double s = 2 * dot(v, x) / dot(v, v);
        var y = x.clone();
        for (int i = 0; i < y.length; i++) y[i] -= s * v[i];
        return y;
    }

    /** {@code sqrt((x - y)^T A (x - y))}. */
    double energy(double[] x, double[] y) {
        var e = minus(x, y);
        return Math.sqrt(dot(e, times(e)));
    }

    /** {@code |b - A x| / |b|}, computed anew. */
    double relativeResidual(Tensor x, double[] b) {
        var r = minus(b, times(x.toDoubleArray()));
        return Math.sqrt(dot(r, r) / dot(b, b));
    }

    static double[] minus(double[] x, double[] y) {
        var d = x.clone();
        for (int i = 0; i < d.length; i++) d[i] -= y[i];
        return d;
    }

    static double dot(double[] x, double[] y) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) sum += x[i] * y[i];
        return sum;
    }
}
