package lyceum.stats;

import lyceum.ShapeException;
import lyceum.stats.Descriptive.Weights;
import lyceum.tensor.Tensor;

/**
 * Mean and covariance of vectors that come one by one, or in parts that are merged.
 *
 * {@snippet :
 * var left = new Moments(2);
 * left.add(1.5, 2.0).add(1.7, 2.2);
 * left.merge(right);               // as if right's vectors had been added too
 * left.variance(0);
 * left.covariance();               // (2, 2)
 * }
 *
 * <p>Welford's (1962) update with West's (1979) weights; parts merge by Chan, Golub and LeVeque (1983). Means are pairs of doubles, so that data far
 * from 0 lose nothing. Holds state; one thread. Whole matrices at once: {@link Descriptive#covariance(Tensor)}.
 */
public final class Moments {
    private final int size;
    private long count;
    private double weight, squaredWeights;
    /** The mean is {@code mean + rest}. */
    private final double[] mean, rest, delta;
    /** {@code sum w (x - mean)(x - mean)'}, lower triangle. */
    private final double[][] scatter;

    /** Nothing yet. @param size of the vectors, at least 1 */
    public Moments(int size) {
        if (size < 1) throw new IllegalArgumentException("Moments: vectors of " + size + " entries; at least 1 is needed");
        this.size = size;
        mean = new double[size];
        rest = new double[size];
        delta = new double[size];
        scatter = new double[size][];
        for (int i = 0; i < size; i++) scatter[i] = new double[i + 1];
    }

    /** Of one variable. */
    public static Moments of(double... values) {
        var m = new Moments(1);
        for (double v : values) m.add(v);
        return m;
    }

    /** Of the rows of x (n, d). */
    public static Moments of(Tensor x) {
        if (x.rank() != 2) throw new ShapeException("Moments: x has shape " + x.shape() + "; it needs rows and columns");
        var m = new Moments((int) x.size(1));
        for (var row : x.toRows()) m.add(row);
        return m;
    }

    /** Adds a vector. Returns this. */
    public Moments add(double... x) { return addWeighted(1, x); }

    /** Adds a vector of weight w. @param w finite and at least 0; 0 changes nothing */
    public Moments addWeighted(double w, double... x) {
        if (x.length != size) throw new ShapeException("Moments: a vector of " + x.length + " entries; the others have " + size);
        if (!(w >= 0) || w == Double.POSITIVE_INFINITY)
            throw new IllegalArgumentException("Moments: the weight is " + w + "; it is finite and at least 0");
        if (w == 0) return this;
        count++;
        squaredWeights += w * w;
        double before = weight;
        weight += w;
        for (int i = 0; i < size; i++) delta[i] = x[i] - mean[i] - rest[i];
        spread(w * before / weight);
        for (int i = 0; i < size; i++) shift(i, delta[i] * w / weight);
        return this;
    }

    /** Adds all that {@code other} has seen. Returns this. */
    public Moments merge(Moments other) {
        if (other.size != size) throw new ShapeException("Moments: vectors of " + other.size + " entries; here they have " + size);
        if (other.weight == 0) return this;
        double before = weight, share = other.weight / (before + other.weight);
        count += other.count;
        squaredWeights += other.squaredWeights;
        weight = before + other.weight;
        for (int i = 0; i < size; i++) {
            delta[i] = other.mean[i] - mean[i] + (other.rest[i] - rest[i]);
            for (int j = 0; j <= i; j++) scatter[i][j] += other.scatter[i][j];
        }
        spread(before * share);
        for (int i = 0; i < size; i++) shift(i, delta[i] * share);
        return this;
    }

    private void spread(double factor) {
        for (int i = 0; i < size; i++) for (int j = 0; j <= i; j++) scatter[i][j] += factor * delta[i] * delta[j];
    }

    /** Adds to a mean without losing what the sum rounds away (Knuth's two-sum). */
    private void shift(int i, double step) {
        double a = mean[i], b = step + rest[i], sum = a + b, virtual = sum - a;
        mean[i] = sum;
        rest[i] = a - (sum - virtual) + (b - virtual);
    }

    /** Vectors of positive weight. */
    public long count() { return count; }

    /** Sum of weights. */
    public double weight() { return weight; }

    /** Entries of a vector. */
    public int size() { return size; }

    /** Mean of entry i; NaN before any vector. */
    public double mean(int i) { return weight == 0 ? Double.NaN : mean[i] + rest[i]; }

    /** Sample variance of entry i, divisor {@code W - 1}. */
    public double variance(int i) { return covariance(i, i); }

    /** Sample covariance of two entries, divisor {@code W - 1}. */
    public double covariance(int i, int j) { return covariance(i, j, 1, Weights.FREQUENCY); }

    /**
     * Covariance of two entries.
     *
     * @param correction 0 for a population, 1 for a sample; NaN results where nothing is left to divide by
     */
    public double covariance(int i, int j, double correction, Weights kind) {
        double divisor = kind == Weights.FREQUENCY ? weight - correction : weight - correction * squaredWeights / weight;
        return divisor > 0 ? scatter[Math.max(i, j)][Math.min(i, j)] / divisor : Double.NaN;
    }

    /** The sample covariance matrix (d, d). */
    public Tensor covariance() {
        var c = new double[size][size];
        for (int i = 0; i < size; i++) for (int j = 0; j < size; j++) c[i][j] = covariance(i, j);
        return Tensor.of(c);
    }

    /** Pearson's correlation of two entries, in [-1, 1]; NaN beside a constant one. */
    public double correlation(int i, int j) {
        double a = scatter[i][i], b = scatter[j][j];
        return a > 0 && b > 0 ? Math.clamp(scatter[Math.max(i, j)][Math.min(i, j)] / Math.sqrt(a) / Math.sqrt(b), -1, 1) : Double.NaN;
    }
}
