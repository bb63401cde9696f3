package lyceum.models.points;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * Which points of a cloud stand for the rest, and which lie near them: what PointNet++ samples by. Coordinates are (points, dimensions) of one cloud.
 *
 * @see <a href="https://arxiv.org/abs/1706.02413">Qi, Yi, Su and Guibas (2017)</a>
 */
public final class PointSampling {
    private PointSampling() {}

    /**
     * {@code m} points, each the farthest from those already taken (of equally far ones the first), beginning with point 0.
     *
     * @throws IllegalArgumentException unless {@code 1 <= m <= points}
     */
    public static int[] farthest(Tensor cloud, int m) {
        var x = rows("PointSampling.farthest", cloud);
        if (m < 1 || m > x.length) throw new IllegalArgumentException("PointSampling.farthest: " + m + " of " + x.length + " points");
        var taken = new int[m];
        var distance = new double[x.length];
        Arrays.fill(distance, Double.POSITIVE_INFINITY);
        for (int k = 1; k < m; k++) {
            int best = 0;
            for (int i = 0; i < x.length; i++) {
                distance[i] = Math.min(distance[i], squared(x[i], x[taken[k - 1]]));
                if (distance[i] > distance[best]) best = i;
            }
            taken[k] = best;
        }
        return taken;
    }

    /**
     * For each centre the first {@code k} points, by number, within {@code radius} of it; where there are fewer, the first one again, and the nearest point where there
     * is none: {@code centres.length k} numbers.
     *
     * @param centres (centres, dimensions)
     */
    public static int[] ball(Tensor cloud, Tensor centres, double radius, int k) {
        double[][] x = rows("PointSampling.ball", cloud), c = rows("PointSampling.ball", centres);
        if (!(radius > 0) || k < 1 || x.length == 0) throw new IllegalArgumentException(
                "PointSampling.ball: radius " + radius + ", " + k + " points of " + x.length + "; all are positive");
        var found = new int[c.length * k];
        for (int i = 0; i < c.length; i++) {
            int n = 0, nearest = 0;
            for (int j = 0; j < x.length && n < k; j++) {
                if (squared(x[j], c[i]) <= radius * radius) found[i * k + n++] = j;
                if (squared(x[j], c[i]) < squared(x[nearest], c[i])) nearest = j;
            }
            int first = n == 0 ? nearest : found[i * k];
            while (n < k) found[i * k + n++] = first;
        }
        return found;
    }

    /** For each of {@code to} the numbers of the {@code k} nearest points of {@code from}, nearest first. */
    static int[] nearest(Tensor from, Tensor to, int k) {
        var distance = to.unsqueeze(1).sub(from.unsqueeze(0)).square().sum(2);
        return distance.neg().topk(k, 1).indices().flatten().toIntArray();
    }

    private static double[][] rows(String who, Tensor cloud) {
        if (cloud.rank() != 2) throw new ShapeException(who + ": a cloud " + cloud.shape() + "; it is (points, dimensions)");
        return cloud.detach().toRows();
    }

    private static double squared(double[] a, double[] b) {
        double sum = 0;
        for (int k = 0; k < a.length; k++) sum += (a[k] - b[k]) * (a[k] - b[k]);
        return sum;
    }
}
