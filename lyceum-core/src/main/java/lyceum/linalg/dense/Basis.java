package lyceum.linalg.dense;

import java.util.Arrays;
import lyceum.random.Rng;

/** A growing set of orthonormal vectors, kept as rows. */
public final class Basis {
    public final double[][] rows;
    public final int length;
    public int size;

    public Basis(int capacity, int length) {
        rows = new double[capacity][];
        this.length = length;
    }

    /** Removes from {@code w} its part in the span, twice ("twice is enough", Parlett and Kahan); returns the coefficients. */
    public double[] project(double[] w) {
        var total = new double[size];
        for (int pass = 0; pass < 2; pass++) {
            var h = new double[size];
            for (int i = 0; i < size; i++) h[i] = Rows.dot(rows[i], w, 0, length);
            int i = 0;
            for (; i + 3 < size; i += 4)
                Rows.axpy4(w, rows[i], rows[i + 1], rows[i + 2], rows[i + 3], -h[i], -h[i + 1], -h[i + 2], -h[i + 3], 0, length);
            for (; i < size; i++) Rows.axpy(-h[i], rows[i], w, 0, length);
            for (i = 0; i < size; i++) total[i] += h[i];
        }
        return total;
    }

    /** Appends {@code w}, already orthogonal and of length {@code norm}. */
    public void add(double[] w, double norm) {
        TriangularSolve.divide(w, norm, length);
        rows[size++] = w;
    }

    /** Appends a random unit vector orthogonal to the span; false if the span is the whole space. */
    public boolean addRandom(Rng rng) {
        for (int tries = 0; tries < 5 && size < length; tries++) {
            double[] w = gaussian(rng, length);
            double before = Rows.norm(w, 0, length);
            project(w);
            double norm = Rows.norm(w, 0, length);
            if (norm > 1e-8 * before) {
                TriangularSolve.divide(w, norm, length);
                project(w);
                add(w, Rows.norm(w, 0, length));
                return true;
            }
        }
        return false;
    }

    /** Replaces the basis by {@code k} combinations of its first {@code depth} rows; {@code y[i]} holds the weights of the i-th. */
    public void combine(double[][] y, int k, int depth) {
        var old = Arrays.copyOf(rows, depth);
        var combined = Dense.zeros(k, length);
        Product.add(combined, 0, k, 0, length, 1, y, 0, 0, old, 0, depth);
        Arrays.fill(rows, null);
        System.arraycopy(combined, 0, rows, 0, k);
        size = k;
    }

    public static double[] gaussian(Rng rng, int n) {
        var w = new double[n];
        for (int i = 0; i < n; i++) w[i] = rng.nextGaussian();
        return w;
    }
}
