package lyceum.causal;

import java.util.List;
import lyceum.prob.ChiSquare;
import lyceum.stats.Interval;
import lyceum.stats.TestResult;

/**
 * Successes and failures of treated and untreated in several strata, and what they say together: crude, by stratum, standardised and pooled.
 *
 * {@snippet :
 * var stones = new StratifiedTable(List.of("small", "large"), new double[][] {{81, 6, 234, 36}, {192, 71, 55, 25}});
 * stones.crudeDifference();            // -0.046: open surgery seems worse
 * stones.standardisedDifference();     // 0.054: it is better, at equal stones
 * stones.reverses();                   // true
 * }
 *
 * @param names of the strata
 * @param counts a row for each: treated successes, treated failures, untreated successes, untreated failures
 * @see <a href="https://doi.org/10.1093/jnci/22.4.719">Mantel and Haenszel (1959)</a>
 * @see <a href="https://doi.org/10.2307/2531052">Robins, Breslow and Greenland (1986), the variance of the pooled log odds ratio</a>
 */
public record StratifiedTable(List<String> names, double[][] counts) {
    public StratifiedTable {
        names = List.copyOf(names);
        counts = counts.clone();
        if (names.size() != counts.length || counts.length == 0) throw new IllegalArgumentException(
                "StratifiedTable: " + names.size() + " names for " + counts.length + " strata; at least one is needed");
        for (int s = 0; s < counts.length; s++) {
            counts[s] = counts[s].clone();
            if (counts[s].length != 4)
                throw new IllegalArgumentException("StratifiedTable: " + counts[s].length + " counts of " + names.get(s) + "; there are 4");
            for (double n : counts[s])
                if (!(n >= 0) || Double.isInfinite(n)) throw new IllegalArgumentException(
                        "StratifiedTable: a count of " + names.get(s) + " is " + n + "; it is finite and at least 0");
            if (counts[s][0] + counts[s][1] == 0 || counts[s][2] + counts[s][3] == 0)
                throw new IllegalArgumentException("StratifiedTable: nobody is treated, or nobody untreated, in " + names.get(s)
                        + "; leave it out, the pooled odds ratio stays as it is");
        }
    }

    /** All strata thrown together. */
    public double[] crude() {
        var sum = new double[4];
        for (double[] row : counts) for (int k = 0; k < 4; k++) sum[k] += row[k];
        return sum;
    }

    private static double difference(double[] c) { return c[0] / (c[0] + c[1]) - c[2] / (c[2] + c[3]); }

    /** Share of successes of the treated less that of the untreated, strata ignored. */
    public double crudeDifference() { return difference(crude()); }

    /** The same within a stratum. */
    public double difference(int stratum) { return difference(counts[stratum]); }

    /** Share of successes if everybody were treated, or untreated: {@code sum_s P(s) P(success | arm, s)}. */
    public double standardisedRate(boolean treated) {
        double all = 0, sum = 0;
        for (double[] c : counts) {
            double n = c[0] + c[1] + c[2] + c[3], share = treated ? c[0] / (c[0] + c[1]) : c[2] / (c[2] + c[3]);
            all += n;
            sum += n * share;
        }
        return sum / all;
    }

    /** {@code sum_s P(s) (P(success | treated, s) - P(success | untreated, s))}: the effect, if the strata are what to adjust for. */
    public double standardisedDifference() { return standardisedRate(true) - standardisedRate(false); }

    /** Odds of success of the treated over those of the untreated, strata ignored. */
    public double crudeOddsRatio() {
        double[] c = crude();
        return c[0] * c[3] / (c[1] * c[2]);
    }

    /** The pooled odds ratio {@code sum_s a d / n over sum_s b c / n}. */
    public double mantelHaenszelOddsRatio() {
        double r = 0, s = 0;
        for (double[] c : counts) {
            double n = c[0] + c[1] + c[2] + c[3];
            r += c[0] * c[3] / n;
            s += c[1] * c[2] / n;
        }
        return r / s;
    }

    /** Standard error of the logarithm of the pooled odds ratio, by Robins, Breslow and Greenland. */
    public double logOddsRatioError() {
        double r = 0, s = 0, pr = 0, mixed = 0, qs = 0;
        for (double[] c : counts) {
            double n = c[0] + c[1] + c[2] + c[3], rs = c[0] * c[3] / n, ss = c[1] * c[2] / n, p = (c[0] + c[3]) / n, q = (c[1] + c[2]) / n;
            r += rs;
            s += ss;
            pr += p * rs;
            mixed += p * ss + q * rs;
            qs += q * ss;
        }
        return Math.sqrt(pr / (2 * r * r) + mixed / (2 * r * s) + qs / (2 * s * s));
    }

    /** Of the pooled odds ratio, from the normal law of its logarithm. @param level such as 0.95 */
    public Interval oddsRatioInterval(double level) {
        var log = new Effect(Math.log(mantelHaenszelOddsRatio()), logOddsRatioError()).interval(level);
        return new Interval(Math.exp(log.low()), Math.exp(log.high()));
    }

    /** The Cochran-Mantel-Haenszel test that the odds ratio is 1 in every stratum. @param corrected for continuity, as R does it by default */
    public TestResult test(boolean corrected) {
        double gap = 0, variance = 0;
        for (double[] c : counts) {
            double n = c[0] + c[1] + c[2] + c[3], treated = c[0] + c[1], successes = c[0] + c[2];
            gap += c[0] - treated * successes / n;
            variance += treated * (n - treated) * successes * (n - successes) / (n * n * (n - 1));
        }
        // R corrects only where there is as much to take off.
        double d = Math.abs(gap) - (corrected && Math.abs(gap) >= 0.5 ? 0.5 : 0), statistic = d * d / variance;
        return new TestResult("Mantel-Haenszel", statistic, new ChiSquare(1).survival(statistic), 1, mantelHaenszelOddsRatio(),
                mantelHaenszelOddsRatio(), oddsRatioInterval(0.95));
    }

    /** Simpson's reversal: the crude difference has one sign, and that of every stratum the other. */
    public boolean reverses() {
        double crude = Math.signum(crudeDifference());
        for (double[] c : counts) if (Math.signum(difference(c)) != -crude) return false;
        return crude != 0;
    }

    /** Whether the crude and the standardised difference have opposite signs. */
    public boolean standardisationReverses() { return crudeDifference() * standardisedDifference() < 0; }
}
