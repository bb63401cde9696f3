package lyceum.learn.metrics;

import lyceum.ShapeException;

/**
 * Penalties of forecasts other than whole distributions, smaller being better: of a quantile, of an interval, of a sample of vectors.
 *
 * {@snippet :
 * ForecastScores.pinball(12.0, 0.9, 15.0);            // 0.9 * 3: too low a 90% quantile
 * ForecastScores.interval(10, 14, 0.2, 15.0);         // 4 + 2 / 0.2 * 1
 * }
 *
 * @see <a href="https://doi.org/10.1198/016214506000001437">Gneiting and Raftery (2007)</a>
 */
public final class ForecastScores {
    private ForecastScores() {}

    /** {@code (tau - [y < q]) (y - q)}: least in expectation where q is the tau-quantile of y. @param tau in (0, 1) */
    public static double pinball(double q, double tau, double y) {
        if (!(tau > 0 && tau < 1)) throw new IllegalArgumentException("pinball: tau is " + tau + "; it lies between 0 and 1");
        return y < q ? (1 - tau) * (q - y) : tau * (y - q);
    }

    /**
     * The width, and {@code 2 / alpha} for each unit by which y is missed: least in expectation for the quantiles {@code alpha / 2} and {@code 1 - alpha / 2}.
     *
     * @param alpha the miss rate, in (0, 1): 0.1 for a 90% interval
     */
    public static double interval(double low, double high, double alpha, double y) {
        if (!(alpha > 0 && alpha < 1))
            throw new IllegalArgumentException("interval score: alpha is " + alpha + "; it lies between 0 and 1");
        if (!(low <= high))
            throw new IllegalArgumentException("interval score: low is " + low + " and high " + high + "; low is at most high");
        return high - low + 2 / alpha * (Math.max(0, low - y) + Math.max(0, y - high));
    }

    /**
     * Energy score of a sample of vectors, {@code E|X - y|^beta - E|X - X'|^beta / 2} by Euclid's norm; for numbers and beta 1 the CRPS. O(m^2).
     *
     * @param sample m vectors
     * @param beta in (0, 2), usually 1
     */
    public static double energy(double[][] sample, double[] y, double beta) {
        if (!(beta > 0 && beta < 2))
            throw new IllegalArgumentException("energy score: beta is " + beta + "; it lies between 0 and 2, such as 1");
        int m = sample.length;
        if (m == 0) throw new IllegalArgumentException("energy score: the sample is empty");
        double toTruth = 0, among = 0;
        for (int i = 0; i < m; i++) {
            if (sample[i].length != y.length)
                throw new ShapeException("energy score: vector " + i + " has " + sample[i].length + " numbers, y has " + y.length);
            toTruth += distance(sample[i], y, beta);
            for (int j = 0; j < i; j++) among += distance(sample[i], sample[j], beta);
        }
        return toTruth / m - among / ((double) m * m);
    }

    private static double distance(double[] a, double[] b, double beta) {
        double sum = 0;
        for (int k = 0; k < a.length; k++) sum += (a[k] - b[k]) * (a[k] - b[k]);
        return Math.pow(sum, beta / 2);
    }
}
