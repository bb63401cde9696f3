package lyceum.learn.cluster;

import lyceum.linalg.dense.CholeskySteps;
import lyceum.linalg.dense.TriangularSolve;

/** The weighted normal densities of a mixture, ready to be read row by row. */
final class GaussianComponents {
    private static final double LOG_2PI = Math.log(2 * Math.PI), SINGULAR = 1e-14, ROUNDING = 1e-26;

    final int k, p;
    final GaussianMixture.Covariance type;
    final double[] weights;
    final double[][] means;
    /** For each component its covariance (p x p), one for all if tied; else its variances in the first row. */
    final double[][][] covariances;
    /** Lower Cholesky factors; {@code null} where variances are enough. */
    private final double[][][] factors;
    /** {@code log weight - (p log 2 pi + log|S|) / 2}. */
    private final double[] constants;
    /** The first component whose covariance is singular, or -1. */
    final int singular;

    GaussianComponents(GaussianMixture.Covariance type, double[] weights, double[][] means, double[][][] covariances) {
        this.type = type;
        this.k = weights.length;
        this.p = means[0].length;
        this.weights = weights;
        this.means = means;
        this.covariances = covariances;
        this.constants = new double[k];
        boolean dense = type.isDense();
        this.factors = dense ? new double[covariances.length][][] : null;
        int bad = -1;
        var logDets = new double[covariances.length];
        for (int c = covariances.length - 1; c >= 0; c--) {
            if (dense) {
                factors[c] = new double[p][];
                for (int j = 0; j < p; j++) factors[c][j] = covariances[c][j].clone();
                if (CholeskySteps.factor(factors[c]) >= 0) bad = c;
                for (int j = 0; j < p; j++) {
                    double pivot = factors[c][j][j];
                    // What the columns before leave of a variance is rounding: the rows lie in a plane.
                    if (pivot * pivot <= SINGULAR * covariances[c][j][j]) bad = c;
                    if (type == GaussianMixture.Covariance.FULL && pivot * pivot <= ROUNDING * means[c][j] * means[c][j]) bad = c;
                    logDets[c] += 2 * Math.log(pivot);
                }
            } else for (int j = 0; j < p; j++) {
                // Rounding of the mean alone leaves this much of the rows of a single point.
                if (!(covariances[c][0][j] > ROUNDING * means[c][j] * means[c][j])) bad = c;
                logDets[c] += Math.log(covariances[c][0][j]);
            }
            if (!Double.isFinite(logDets[c])) bad = c;
        }
        for (int c = 0; c < k; c++) constants[c] = Math.log(weights[c]) - 0.5 * (p * LOG_2PI + logDets[covariances.length == 1 ? 0 : c]);
        this.singular = bad;
    }

    /** Fills {@code out[at ..]} with {@code log weight_c N(x; m_c, S_c)} of the row that starts at {@code x[from]}; returns the log of their sum. */
    double read(double[] x, int from, double[] out, int at, double[] difference) {
        double most = Double.NEGATIVE_INFINITY;
        for (int c = 0; c < k; c++) {
            double[] mean = means[c];
            int s = covariances.length == 1 ? 0 : c;
            double squares = 0;
            for (int j = 0; j < p; j++) difference[j] = x[from + j] - mean[j];
            if (factors != null) {
                TriangularSolve.lower(factors[s], false, difference, p);
                for (int j = 0; j < p; j++) squares += difference[j] * difference[j];
            } else for (int j = 0; j < p; j++) squares += difference[j] * difference[j] / covariances[s][0][j];
            out[at + c] = constants[c] - 0.5 * squares;
            most = Math.max(most, out[at + c]);
        }
        double sum = 0;
        for (int c = 0; c < k; c++) sum += Math.exp(out[at + c] - most);
        return most + Math.log(sum);
    }
}
