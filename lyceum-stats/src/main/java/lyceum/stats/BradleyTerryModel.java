package lyceum.stats;

import java.util.Arrays;
import lyceum.math.Incomplete;
import lyceum.math.Special;

/**
 * Fitted strengths.
 *
 * @param logStrengths b, an item each; mean 0 without a prior or covariates. Differences alone mean something
 * @param covariance of the log-strengths, in the same constraint
 * @param logLikelihood at the maximum, without the prior
 * @param logTie log nu of the model of ties; 0 without one
 * @param homeAdvantage added to the log-strength of whoever plays at home; 0 without one
 * @param ties the model of ties
 * @param coefficients of the covariates; null for free strengths
 */
public record BradleyTerryModel(double[] logStrengths, double[][] covariance, double logLikelihood, double logTie, double homeAdvantage,
        BradleyTerry.Ties ties, double[] coefficients) {

    /** {@code P(i beats j)}, on neutral ground; where ties are modelled it and {@code P(j beats i)} leave room for them. */
    public double probability(int i, int j) {
        double d = logStrengths[i] - logStrengths[j];
        return switch (ties) {
            case HALF_WINS -> Special.sigmoid(d);
            case DAVIDSON -> 1 / (1 + Math.exp(-d) + Math.exp(logTie - d / 2));
            case RAO_KUPPER -> Special.sigmoid(d - logTie);
        };
    }

    /** {@code P(tie)}: 0 unless ties are modelled. */
    public double tieProbability(int i, int j) {
        return ties == BradleyTerry.Ties.HALF_WINS ? 0 : Math.max(0, 1 - probability(i, j) - probability(j, i));
    }

    /** {@code P(i beats j)} where i plays at home. */
    public double homeProbability(int i, int j) { return Special.sigmoid(logStrengths[i] - logStrengths[j] + homeAdvantage); }

    /** The standard error of {@code b_i - b_j}: the one that does not depend on the constraint. */
    public double standardError(int i, int j) { return Math.sqrt(Math.max(0, covariance[i][i] + covariance[j][j] - 2 * covariance[i][j])); }

    /** Of {@code b_i} less the mean, or as the prior has it. */
    public double standardError(int i) { return Math.sqrt(covariance[i][i]); }

    /** Wald's interval of {@code b_i}. */
    public Interval interval(int i, double level) {
        double half = -Incomplete.normalQuantile((1 - level) / 2) * standardError(i);
        return new Interval(logStrengths[i] - half, logStrengths[i] + half);
    }

    /** Items from the strongest to the weakest. */
    public int[] ranking() {
        int[] ascending = Ranks.order(logStrengths), ranking = new int[ascending.length];
        for (int k = 0; k < ranking.length; k++) ranking[k] = ascending[ranking.length - 1 - k];
        return ranking;
    }

    /** {@code P(i beats j)} for all pairs; one half on the diagonal. */
    public double[][] winProbabilities() {
        int n = logStrengths.length;
        var p = new double[n][n];
        for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) p[i][j] = i == j ? 0.5 : probability(i, j);
        return p;
    }

    @Override public String toString() { return "BradleyTerryModel" + Arrays.toString(logStrengths); }
}
