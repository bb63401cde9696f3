package lyceum.bayes;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import lyceum.math.Incomplete;
import lyceum.stats.Descriptive;
import lyceum.stats.Ranks;

/**
 * How far chains of one quantity can be trusted: R-hat, effective sample sizes and Monte Carlo errors.
 *
 * {@snippet :
 * var rng = Rng.of(1);
 * double[][] traces = {rng.doubles(1_000).toArray(), rng.doubles(1_000).toArray()};   // a chain each
 * ChainDiagnostics.rHat(traces);
 * ChainDiagnostics.bulkEss(traces);
 * }
 *
 * <p>All take {@code [chain][draw]}: chains of equal length, at least 12 draws. Every chain is split in two (the middle of an odd number is left
 * out), so that a drift within a chain shows as a difference between halves. NaN where all draws are equal or one is not finite: nothing can be
 * said then.
 *
 * @see <a href="https://arxiv.org/abs/1903.08008">Vehtari, Gelman, Simpson, Carpenter and Bürkner (2021)</a>
 * @see <a href="https://doi.org/10.1214/ss/1177011137">Geyer (1992), initial monotone sequences</a>
 */
public final class ChainDiagnostics {
    private ChainDiagnostics() {}

    /**
     * The larger of two: R-hat of the draws' normal scores, which sees means that differ, and that of their distances from the median, which sees
     * spreads that differ. Near 1 where chains agree; above 1.01 is a warning.
     */
    public static double rHat(double[][] chains) {
        if (unusable(chains)) return Double.NaN;
        double[][] split = split(chains);
        double median = Descriptive.median(flat(chains));
        return Math.max(plainRHat(normalScores(split)), plainRHat(normalScores(map(split, x -> Math.abs(x - median)))));
    }

    /** Gelman and Rubin's {@code sqrt((W (n - 1) / n + B / n) / W)} of split chains, as they are: blind to spreads and to heavy tails. */
    public static double splitRHat(double[][] chains) { return unusable(chains) ? Double.NaN : plainRHat(split(chains)); }

    private static double plainRHat(double[][] chains) {
        double n = chains[0].length, within = 0;
        var means = new double[chains.length];
        for (int c = 0; c < chains.length; c++) {
            means[c] = Descriptive.mean(chains[c]);
            within += Descriptive.variance(chains[c]) / chains.length;
        }
        return Math.sqrt((n - 1) / n + Descriptive.variance(means) / within);
    }

    /** How many independent draws would tell the mean as well. */
    public static double ess(double[][] chains) { return unusable(chains) ? Double.NaN : essOf(split(chains)); }

    /** The effective sample size of the draws' normal scores: of the middle of the distribution, whatever its tails. At least 400 is customary. */
    public static double bulkEss(double[][] chains) { return unusable(chains) ? Double.NaN : essOf(normalScores(split(chains))); }

    /** The smaller effective sample size of the 5% and the 95% quantile. */
    public static double tailEss(double[][] chains) { return Math.min(quantileEss(chains, 0.05), quantileEss(chains, 0.95)); }

    /** The effective sample size of the indicator {@code x <= quantile}. */
    public static double quantileEss(double[][] chains, double p) {
        if (unusable(chains)) return Double.NaN;
        double quantile = Descriptive.quantile(flat(chains), p);
        double[][] indicators = map(split(chains), x -> x <= quantile ? 1 : 0);
        return isFlat(indicators) ? Double.NaN : essOf(indicators);
    }

    /** Monte Carlo standard error of the mean: {@code sd / sqrt(ess)}. */
    public static double mcse(double[][] chains) { return Descriptive.standardDeviation(flat(chains)) / Math.sqrt(ess(chains)); }

    /**
     * {@code S / (1 + 2 sum_t rho_t)} for S draws in all. The autocorrelations are {@code rho_t = 1 - (W - mean autocovariance at t) / var+}, with
     * W the variance within chains and {@code var+} that of everything, so that chains that disagree count as correlated; they are summed in
     * pairs as long as these are positive, and made to fall.
     */
    private static double essOf(double[][] chains) {
        int m = chains.length, n = chains[0].length;
        double[] covariance = Autocovariance.mean(chains);
        double within = covariance[0] * n / (n - 1), all = covariance[0];
        if (m > 1) {
            var means = new double[m];
            for (int c = 0; c < m; c++) means[c] = Descriptive.mean(chains[c]);
            all += Descriptive.variance(means);
        }
        double sum = 0, least = Double.POSITIVE_INFINITY;
        for (int t = 0;; t += 2) {
            double even = t == 0 ? 1 : rho(covariance[t], within, all), pair = even + rho(covariance[t + 1], within, all);
            if (!(pair > 0) || t >= n - 5) {
                sum += Math.max(0, even) / 2;
                break;
            }
            least = Math.min(least, pair);
            sum += least;
        }
        // Antithetic chains may be worth more than their length, but an estimate of that is not to be trusted without bound
        return m * n / Math.max(2 * sum - 1, 1 / Math.log10(m * n));
    }

    private static double rho(double covariance, double within, double all) { return 1 - (within - covariance) / all; }

    /** Autocorrelations within chains, averaged: lags 0 to {@code most}, each sum of products over n. */
    public static double[] autocorrelation(double[][] chains, int most) {
        if (most < 0 || most >= chains[0].length)
            throw new IllegalArgumentException("autocorrelation: lags up to " + most + " of chains of " + chains[0].length + " draws");
        double[] rho = Arrays.copyOf(Autocovariance.mean(chains), most + 1);
        double variance = rho[0];
        for (int t = 0; t <= most; t++) rho[t] /= variance;
        return rho;
    }

    /**
     * Counts of each chain's draws by their rank among all: flat for every chain if they sample the same law.
     *
     * @return {@code [chain][bin]}
     */
    public static int[][] rankHistogram(double[][] chains, int bins) {
        if (bins < 1) throw new IllegalArgumentException("rankHistogram: " + bins + " bins; at least 1 is needed");
        int n = chains[0].length;
        double[] ranks = Ranks.of(flat(chains));
        var counts = new int[chains.length][bins];
        for (int i = 0; i < ranks.length; i++) counts[i / n][(int) Math.min(bins - 1, (ranks[i] - 0.5) / ranks.length * bins)]++;
        return counts;
    }

    /** Ranks among all draws, as normal quantiles (Blom 1958). */
    private static double[][] normalScores(double[][] chains) {
        int n = chains[0].length;
        double[] ranks = Ranks.of(flat(chains));
        var scores = new double[chains.length][n];
        for (int i = 0; i < ranks.length; i++) scores[i / n][i % n] = Incomplete.normalQuantile((ranks[i] - 0.375) / (ranks.length + 0.25));
        return scores;
    }

    private static double[][] split(double[][] chains) {
        int n = chains[0].length, half = n / 2;
        var halves = new double[2 * chains.length][];
        for (int c = 0; c < chains.length; c++) {
            halves[2 * c] = Arrays.copyOf(chains[c], half);
            halves[2 * c + 1] = Arrays.copyOfRange(chains[c], n - half, n);
        }
        return halves;
    }

    private static boolean unusable(double[][] chains) {
        if (chains.length == 0 || chains[0].length < 12) throw new IllegalArgumentException("chain diagnostics: " + chains.length
                + " chains of " + (chains.length == 0 ? 0 : chains[0].length) + " draws; there is at least one, of 12");
        for (double[] chain : chains)
            if (chain.length != chains[0].length) throw new IllegalArgumentException(
                    "chain diagnostics: chains of " + chains[0].length + " and of " + chain.length + " draws; cut them to one length");
        return isFlat(chains);
    }

    /** Whether all are equal, or one is no number. */
    private static boolean isFlat(double[][] chains) {
        boolean equal = true, finite = true;
        for (double[] chain : chains) {
            for (double x : chain) {
                equal &= x == chains[0][0];
                finite &= Double.isFinite(x);
            }
        }
        return equal || !finite;
    }

    private static double[][] map(double[][] chains, DoubleUnaryOperator f) {
        return Arrays.stream(chains).map(chain -> Arrays.stream(chain).map(f).toArray()).toArray(double[][]::new);
    }

    private static double[] flat(double[][] chains) {
        int n = chains[0].length;
        var all = new double[chains.length * n];
        for (int c = 0; c < chains.length; c++) System.arraycopy(chains[c], 0, all, c * n, n);
        return all;
    }
}
