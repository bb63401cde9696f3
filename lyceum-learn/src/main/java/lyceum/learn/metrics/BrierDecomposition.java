package lyceum.learn.metrics;

import java.util.Arrays;
import lyceum.ShapeException;

/**
 * The Brier score of yes-or-no forecasts taken apart: {@code score = reliability - resolution + uncertainty + withinVariance - withinCovariance}.
 *
 * {@snippet :
 * double[] f = {0.8, 0.8, 0.2, 0.2};
 * boolean[] rain = {true, true, true, false};
 * var parts = BrierDecomposition.of(rain, f, null);
 * parts.reliability();                                // miscalibration, which a map of the forecasts could mend
 * }
 *
 * <p>With {@code n_k} rows, mean forecast {@code f_k} and observed frequency {@code o_k} in bin k, and {@code o} the frequency of all.
 * Where forecasts are constant within each bin the last two parts are 0, which leaves Murphy's three.
 *
 * @param reliability {@code sum n_k (f_k - o_k)^2 / n}, lower is better
 * @param resolution {@code sum n_k (o_k - o)^2 / n}, higher is better
 * @param uncertainty {@code o (1 - o)}
 * @param withinVariance {@code sum (f_i - f_k)^2 / n}
 * @param withinCovariance {@code 2 sum (f_i - f_k)(o_i - o_k) / n}
 * @see <a href="https://doi.org/10.1175/1520-0450(1973)012%3C0595:ANVPOT%3E2.0.CO;2">Murphy (1973)</a>; <a href="https://doi.org/10.1175/2007WAF2006116.1">Stephenson,
 *      Coelho and Jolliffe (2008)</a>
 */
public record BrierDecomposition(double reliability, double resolution, double uncertainty, double withinVariance,
        double withinCovariance) {

    /** The sum of the parts: the Brier score. */
    public double score() { return reliability - resolution + uncertainty + withinVariance - withinCovariance; }

    /** {@code (resolution - reliability) / uncertainty}: skill against saying the observed frequency always, where within-bin parts are 0. */
    public double skill() { return (resolution - reliability) / uncertainty; }

    /** Each distinct forecast is a bin. @param weights of the rows, or null for 1 */
    public static BrierDecomposition of(boolean[] truth, double[] probabilities, double[] weights) {
        ScoringRules.checkBinary("BrierDecomposition", truth, probabilities);
        double[] distinct = Arrays.stream(probabilities).map(f -> f + 0.0).sorted().distinct().toArray();
        var bins = new int[truth.length];
        for (int i = 0; i < bins.length; i++) bins[i] = Arrays.binarySearch(distinct, probabilities[i] + 0.0);
        return of(truth, probabilities, weights, bins);
    }

    /**
     * Any binning.
     *
     * @param bins the bin of each row, numbered from 0; some may be empty
     */
    public static BrierDecomposition of(boolean[] truth, double[] probabilities, double[] weights, int[] bins) {
        ScoringRules.checkBinary("BrierDecomposition", truth, probabilities);
        int n = truth.length, count = 0;
        if (bins.length != n || weights != null && weights.length != n) throw new ShapeException("BrierDecomposition: " + n + " rows, "
                + bins.length + " bins" + (weights == null ? "" : ", " + weights.length + " weights"));
        for (int b : bins) {
            if (b < 0) throw new IllegalArgumentException("BrierDecomposition: a bin is " + b + "; bins are numbered from 0");
            count = Math.max(count, b + 1);
        }
        double[] mass = new double[count], forecast = new double[count], observed = new double[count];
        double total = 0, happened = 0;
        for (int i = 0; i < n; i++) {
            double w = weights == null ? 1 : weights[i];
            if (!(w >= 0 && w < Double.POSITIVE_INFINITY))
                throw new IllegalArgumentException("BrierDecomposition: weight " + i + " is " + w + "; weights are finite and at least 0");
            mass[bins[i]] += w;
            forecast[bins[i]] += w * probabilities[i];
            total += w;
            if (!truth[i]) continue;
            observed[bins[i]] += w;
            happened += w;
        }
        if (!(total > 0))
            throw new IllegalArgumentException("BrierDecomposition: the weights sum to " + total + "; they sum to more than 0");
        double rate = happened / total, reliability = 0, resolution = 0, variance = 0, covariance = 0;
        for (int k = 0; k < count; k++) {
            if (mass[k] == 0) continue;
            forecast[k] /= mass[k];
            observed[k] /= mass[k];
            reliability += mass[k] * (forecast[k] - observed[k]) * (forecast[k] - observed[k]);
            resolution += mass[k] * (observed[k] - rate) * (observed[k] - rate);
        }
        for (int i = 0; i < n; i++) {
            double w = weights == null ? 1 : weights[i], df = probabilities[i] - forecast[bins[i]],
                    o = (truth[i] ? 1 : 0) - observed[bins[i]];
            variance += w * df * df;
            covariance += 2 * w * df * o;
        }
        return new BrierDecomposition(reliability / total, resolution / total, rate * (1 - rate), variance / total, covariance / total);
    }
}
