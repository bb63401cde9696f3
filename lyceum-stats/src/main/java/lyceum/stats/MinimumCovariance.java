package lyceum.stats;

import lyceum.prob.ChiSquare;
import lyceum.random.Rng;

/**
 * FAST-MCD (Rousseeuw and Van Driessen 1999): the half of the rows whose covariance has the least determinant, by concentration steps from random
 * starts, scaled to be consistent for normal data, then reweighted.
 */
record MinimumCovariance(double[] mean, double[][] covariance) {
    private static final int STARTS = 500, KEPT = 10, MOST_STEPS = 100;

    static MinimumCovariance of(double[][] rows, Rng rng) {
        int n = rows.length, d = rows[0].length, h = (n + d + 1) / 2;
        if (n <= 2 * d) throw new IllegalArgumentException(
                "Mahalanobis.robust: " + n + " rows of " + d + " columns; it needs more than " + 2 * d + " rows");
        var best = new Subset[KEPT];
        for (int s = 0; s < STARTS; s++) {
            Subset candidate = start(rows, rng.split(s));
            for (int step = 0; step < 2 && candidate != null; step++) candidate = candidate.concentrate(rows, h);
            for (int k = 0; k < KEPT && candidate != null; k++) {
                if (best[k] != null && best[k].logDet <= candidate.logDet) continue;
                Subset worse = best[k];
                best[k] = candidate;
                candidate = worse;
            }
        }
        Subset least = null;
        for (var candidate : best) {
            for (int step = 0; step < MOST_STEPS && candidate != null; step++) {
                var next = candidate.concentrate(rows, h);
                if (next == null || next.logDet >= candidate.logDet - 1e-12) break;
                candidate = next;
            }
            if (candidate != null && (least == null || candidate.logDet < least.logDet)) least = candidate;
        }
        if (least == null)
            throw new IllegalArgumentException("Mahalanobis.robust: half of the rows lie in a plane; drop columns that others determine");
        double cut = new ChiSquare(d).quantile(0.975);
        double[] distances = least.distances(rows);
        double scale = consistency(d, h / (double) n);
        int kept = 0;
        var order = new int[n];
        for (int i = 0; i < n; i++) if (distances[i] / scale <= cut) order[kept++] = i;
        var reweighted = Subset.of(rows, order, kept);
        if (reweighted == null) reweighted = least;
        double last = consistency(d, 0.975);
        for (var row : reweighted.covariance) for (int j = 0; j < d; j++) row[j] *= last;
        return new MinimumCovariance(reweighted.mean, reweighted.covariance);
    }

    /** What the covariance of the inner {@code share} of normal data must be multiplied with (Croux and Haesbroeck 1999). */
    private static double consistency(int d, double share) {
        return share >= 1 ? 1 : share / new ChiSquare(d + 2).cdf(new ChiSquare(d).quantile(share));
    }

    /** d + 1 random rows, and more until they span the space; null if all rows do not. */
    private static Subset start(double[][] rows, Rng rng) {
        int[] order = rng.permutation(rows.length);
        for (int size = rows[0].length + 1; size <= rows.length; size++) {
            var subset = Subset.of(rows, order, size);
            if (subset != null) return subset;
        }
        return null;
    }

    /** Some rows' mean and covariance, with its factor. */
    private record Subset(double[] mean, double[][] covariance, double[][] lower, double logDet) {
        /** The first {@code size} rows of {@code order}; null if their covariance is singular. */
        static Subset of(double[][] rows, int[] order, int size) {
            int d = rows[0].length;
            var mean = new double[d];
            var covariance = new double[d][d];
            for (int k = 0; k < size; k++) for (int j = 0; j < d; j++) mean[j] += rows[order[k]][j] / size;
            for (int k = 0; k < size; k++) {
                double[] row = rows[order[k]];
                for (int i = 0; i < d; i++)
                    for (int j = 0; j <= i; j++) covariance[i][j] += (row[i] - mean[i]) * (row[j] - mean[j]) / (size - 1);
            }
            var lower = new double[d][d];
            double logDet = 0;
            for (int i = 0; i < d; i++) {
                for (int j = 0; j <= i; j++) {
                    double sum = covariance[j][i] = covariance[i][j];
                    for (int k = 0; k < j; k++) sum -= lower[i][k] * lower[j][k];
                    if (i > j) lower[i][j] = sum / lower[j][j];
                    else {
                        if (!(sum > 1e-14 * covariance[i][i])) return null;
                        lower[i][i] = Math.sqrt(sum);
                        logDet += Math.log(sum);
                    }
                }
            }
            return new Subset(mean, covariance, lower, logDet);
        }

        /** The C-step: the h rows nearest by this subset's own distance have no larger determinant. */
        Subset concentrate(double[][] rows, int h) { return of(rows, Ranks.order(distances(rows)), h); }

        double[] distances(double[][] rows) {
            int d = mean.length;
            double[] squares = new double[rows.length], z = new double[d];
            for (int r = 0; r < rows.length; r++) {
                for (int i = 0; i < d; i++) {
                    double v = rows[r][i] - mean[i];
                    for (int k = 0; k < i; k++) v -= lower[i][k] * z[k];
                    z[i] = v / lower[i][i];
                    squares[r] += z[i] * z[i];
                }
            }
            return squares;
        }
    }
}
