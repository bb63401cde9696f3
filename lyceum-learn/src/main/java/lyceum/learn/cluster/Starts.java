package lyceum.learn.cluster;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.backend.NearestPoints;
import lyceum.random.Rng;

/** Draws the first centres, k rows of p values. */
final class Starts {
    private Starts() {}

    static double[] centres(KMeansStart start, String operation, Points points, int k, Rng rng) {
        return switch (start) {
            case KMeansStart.Given(var centres) -> {
                if (centres.size(1) != points.p)
                    throw new ShapeException(operation + ": starting centres have " + centres.size(1) + " columns but x has " + points.p);
                double[] values = centres.toDoubleArray();
                for (double v : values)
                    if (!Double.isFinite(v))
                        throw new IllegalArgumentException(operation + ": a starting centre holds " + v + "; centres are finite");
                yield values;
            }
            case KMeansStart.RandomRows() -> rows(points, randomRows(points, k, rng));
            case KMeansStart.PlusPlus(int trials) -> plusPlus(points, k, trials == 0 ? 2 + (int) Math.log(k) : trials, rng);
        };
    }

    private static double[] rows(Points points, int[] rows) {
        var centres = new double[rows.length * points.p];
        for (int c = 0; c < rows.length; c++) System.arraycopy(points.rows, rows[c] * points.p, centres, c * points.p, points.p);
        return centres;
    }

    /** Weighted draws without putting back: the rows with the largest {@code u^(1/w)} (Efraimidis and Spirakis 2006). */
    private static int[] randomRows(Points points, int k, Rng rng) {
        int n = points.n;
        var keys = new double[n];
        for (int i = 0; i < n; i++) {
            double u = Math.log(rng.nextDoublePositive());
            keys[i] = points.weights[i] > 0 ? u / points.weights[i] : Double.NEGATIVE_INFINITY;
        }
        var sorted = keys.clone();
        Arrays.sort(sorted);
        double least = sorted[n - k];
        var rows = new int[k];
        int found = 0;
        for (int i = 0; i < n && found < k; i++) if (keys[i] >= least && keys[i] > Double.NEGATIVE_INFINITY) rows[found++] = i;
        return rows;
    }

    private static double[] plusPlus(Points points, int k, int trials, Rng rng) {
        int n = points.n;
        var chosen = new int[k];
        double[] closest = new double[n];
        Arrays.fill(closest, Double.POSITIVE_INFINITY);
        chosen[0] = draw(points.weights, cost(points.weights), rng, points.weights);
        double cost = approach(points, chosen[0], closest);
        var tried = new int[trials];
        for (int c = 1; c < k; c++) {
            for (int t = 0; t < trials; t++) tried[t] = draw(closest, cost, rng, points.weights);
            chosen[c] = trials == 1 ? tried[0] : best(points, tried, closest);
            cost = approach(points, chosen[c], closest);
        }
        return rows(points, chosen);
    }

    /** The one of some rows that would lower the sum of {@link #approach} most. */
    private static int best(Points points, int[] tried, double[] closest) {
        int k = tried.length;
        double[] table = NearestPoints.table(rows(points, tried), k, points.p);
        var sums = new double[points.pieces][];
        points.inPieces((piece, from, to) -> {
            double[] distance = new double[NearestPoints.width(k)], sum = new double[k];
            for (int i = from; i < to; i++) {
                points.squaredDistances(i, table, k, distance);
                for (int t = 0; t < k; t++) sum[t] += Math.min(closest[i], points.weights[i] * distance[t]);
            }
            sums[piece] = sum;
        });
        var costs = new double[k];
        for (double[] sum : sums) for (int t = 0; t < k; t++) costs[t] += sum[t];
        int best = 0;
        for (int t = 1; t < k; t++) if (costs[t] < costs[best]) best = t;
        return tried[best];
    }

    private static double cost(double[] weights) { return Arrays.stream(weights).sum(); }

    /** A row drawn with probability {@code shares / total}; where all shares are zero (fewer distinct rows than centres), by weight. */
    private static int draw(double[] shares, double total, Rng rng, double[] weights) {
        if (!(total > 0)) return draw(weights, cost(weights), rng, weights);
        double left = rng.nextDouble() * total;
        int last = 0;
        for (int i = 0; i < shares.length; i++) {
            if (!(shares[i] > 0)) continue;
            last = i;
            left -= shares[i];
            if (left < 0) break;
        }
        return last;
    }

    /** {@code closest[i] = min(closest[i], w_i |x_i - x_row|^2)}; returns the sum. */
    private static double approach(Points points, int row, double[] closest) {
        var sums = new double[points.pieces];
        points.inPieces((piece, from, to) -> {
            double sum = 0;
            for (int i = from; i < to; i++) {
                closest[i] = Math.min(closest[i], points.weights[i] * points.squaredDistance(i, points.rows, row * points.p));
                sum += closest[i];
            }
            sums[piece] = sum;
        });
        return cost(sums);
    }
}
