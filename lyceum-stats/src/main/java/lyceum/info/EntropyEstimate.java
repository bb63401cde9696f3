package lyceum.info;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.backend.Parallel;
import lyceum.math.Special;
import lyceum.tensor.Tensor;

/** Entropy estimated from samples, in nats. */
public final class EntropyEstimate {
    private EntropyEstimate() {}

    /** The entropy of the relative frequencies: too low by about (K - 1) / (2 n) for K outcomes. */
    public static double plugIn(long... counts) { return Entropy.of(counts); }

    /** {@link #plugIn} plus (outcomes seen - 1) / (2 n) (Miller 1955). */
    public static double millerMadow(long... counts) {
        double n = Entropy.Weights.sum("millerMadow", Entropy.Weights.of(counts));
        int seen = 0;
        for (long c : counts) if (c > 0) seen++;
        return plugIn(counts) + (seen - 1) / (2 * n);
    }

    /**
     * The entropy of frequencies shrunk towards the uniform distribution, by the share that minimises their expected squared error (Hausser and
     * Strimmer 2009). Good for many outcomes and few samples; {@code counts} names every possible outcome, seen or not.
     */
    public static double jamesStein(long... counts) {
        double[] p = shrunk(counts);
        return Entropy.of(p);
    }

    /** The shrunk frequencies of {@link #jamesStein}. */
    public static double[] shrunk(long... counts) {
        double n = Entropy.Weights.sum("jamesStein", Entropy.Weights.of(counts)), target = 1.0 / counts.length, squares = 0, distance = 0;
        for (long c : counts) {
            double p = c / n;
            squares += p * p;
            distance += (target - p) * (target - p);
        }
        double share = n <= 1 || distance == 0 ? 1 : Math.clamp((1 - squares) / ((n - 1) * distance), 0, 1);
        var p = new double[counts.length];
        for (int i = 0; i < p.length; i++) p[i] = share * target + (1 - share) * (counts[i] / n);
        return p;
    }

    /**
     * Differential entropy of continuous data from distances to the k-th nearest neighbour (Kozachenko and Leonenko 1987):
     * {@code psi(n) - psi(k) + log V_d + d mean(log r)}, V_d the volume of the unit ball. Compares all pairs: {@code O(n^2 d)}.
     *
     * @param x (n) or (n x d), without duplicated points
     * @param k at least 1, below n; 3 to 5 is usual, larger ones vary less and are more biased
     * @throws IllegalArgumentException if k + 1 points coincide, where the density would be infinite
     */
    public static double nearestNeighbour(Tensor x, int k) {
        if (x.rank() != 1 && x.rank() != 2)
            throw new ShapeException("nearestNeighbour: x has shape " + x.shape() + "; it needs samples, or samples and dimensions");
        int n = (int) x.size(0), d = x.rank() == 1 ? 1 : (int) x.size(1);
        if (k < 1 || k >= n) throw new IllegalArgumentException(
                "nearestNeighbour: k is " + k + " for " + n + " samples; it lies between 1 and one less than the samples");
        double[] points = x.toDoubleArray();
        for (int i = 0; i < points.length; i++)
            if (!Double.isFinite(points[i])) throw new IllegalArgumentException(
                    "nearestNeighbour: x is " + points[i] + " at row " + i / d + "; drop missing values first");
        var logs = new double[n];
        Parallel.range(n, 64, (from, to) -> {
            var nearest = new double[k];
            for (int i = (int) from; i < to; i++) logs[i] = 0.5 * Math.log(kthSquaredDistance(points, n, d, i, nearest));
        });
        double sum = 0;
        for (int i = 0; i < n; i++) {
            if (logs[i] == Double.NEGATIVE_INFINITY) throw new IllegalArgumentException(
                    "nearestNeighbour: row " + i + " equals " + k + " others, so that the density is not finite; raise k or add noise");
            sum += logs[i];
        }
        double logBall = d / 2.0 * Math.log(Math.PI) - Special.lgamma(d / 2.0 + 1);
        return Special.digamma(n) - Special.digamma(k) + logBall + d * sum / n;
    }

    /** Keeps the k smallest in ascending order. */
    private static double kthSquaredDistance(double[] points, int n, int d, int i, double[] nearest) {
        Arrays.fill(nearest, Double.POSITIVE_INFINITY);
        int k = nearest.length;
        for (int j = 0; j < n; j++) {
            if (j == i) continue;
            double distance = 0;
            for (int c = 0; c < d; c++) {
                double diff = points[i * d + c] - points[j * d + c];
                distance += diff * diff;
            }
            if (distance >= nearest[k - 1]) continue;
            int at = k - 1;
            for (; at > 0 && nearest[at - 1] > distance; at--) nearest[at] = nearest[at - 1];
            nearest[at] = distance;
        }
        return nearest[k - 1];
    }
}
