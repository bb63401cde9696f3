package lyceum.stats.missing;

import lyceum.prob.Normal;
import lyceum.prob.StudentT;
import lyceum.stats.Interval;
import lyceum.tensor.Tensor;

/**
 * One answer from the answers on m completed tables, by Rubin's (1987) rules: the mean of the estimates, and their mean variance plus
 * {@code (1 + 1/m)} times the variance between them, which is what not knowing the holes costs.
 *
 * {@snippet :
 * var tables = new Mice().impute(x, 20, rng);
 * double[] estimates = {1.9, 2.2, 2.0}, variances = {0.1, 0.1, 0.2};             // of the same analysis on each table
 * var answer = MultipleImputation.pool(estimates, variances, n - 1);
 * answer.interval(0.95);
 * }
 *
 * @param estimate mean of the estimates
 * @param within mean of their variances
 * @param between variance of the estimates, divisor m - 1
 * @param total {@code within + (1 + 1/m) between}
 * @param degreesOfFreedom of Student's t: Barnard and Rubin (1999) where the complete data's are known, else Rubin's (1987)
 * @param missingInformation share of the information that the holes took: {@code (1 + 1/m) between / total}
 * @see <a href="https://doi.org/10.1002/9780470316696">Rubin (1987)</a>
 */
public record MultipleImputation(double estimate, double within, double between, double total, double degreesOfFreedom,
        double missingInformation) {

    /** As {@link #pool(double[], double[], double)} for large samples. */
    public static MultipleImputation pool(double[] estimates, double[] variances) {
        return pool(estimates, variances, Double.POSITIVE_INFINITY);
    }

    /**
     * @param variances squared standard errors of the estimates
     * @param completeDegrees degrees of freedom that the analysis would have without holes; infinite if it is large
     */
    public static MultipleImputation pool(double[] estimates, double[] variances, double completeDegrees) {
        int m = estimates.length;
        if (m < 2 || variances.length != m) throw new IllegalArgumentException(
                "MultipleImputation.pool: " + m + " estimates and " + variances.length + " variances; as many of each, at least two");
        double q = 0, u = 0, b = 0;
        for (int i = 0; i < m; i++) {
            if (!(variances[i] >= 0)) throw new IllegalArgumentException("MultipleImputation.pool: variance " + i + " is " + variances[i]);
            q += estimates[i] / m;
            u += variances[i] / m;
        }
        for (double e : estimates) b += (e - q) * (e - q) / (m - 1);
        double extra = (1 + 1.0 / m) * b, total = u + extra, lost = total > 0 ? extra / total : 0, old = (m - 1) / (lost * lost);
        double seen = (completeDegrees + 1) / (completeDegrees + 3) * completeDegrees * (1 - lost);
        return new MultipleImputation(q, u, b, total, completeDegrees == Double.POSITIVE_INFINITY ? old : 1 / (1 / old + 1 / seen), lost);
    }

    public double standardError() { return Math.sqrt(total); }

    /** The two-sided interval of this level. */
    public Interval interval(double level) {
        double t = Double.isInfinite(degreesOfFreedom) || degreesOfFreedom > 1e8 ? Normal.STANDARD.quantile((1 + level) / 2)
                : new StudentT(degreesOfFreedom).quantile((1 + level) / 2);
        return new Interval(estimate - t * standardError(), estimate + t * standardError());
    }

    /**
     * The pattern-mixture sensitivity analysis of holes that are not at random: the imputed cells of {@code column} moved by {@code delta} from where the
     * observed ones would put them. Pool over several deltas and report from which on the conclusion changes.
     *
     * @param x with holes @param completed the same table without
     */
    public static Tensor shifted(Tensor x, Tensor completed, int column, double delta) {
        double[][] holes = x.toRows(), rows = completed.toRows();
        for (int i = 0; i < rows.length; i++) if (Double.isNaN(holes[i][column])) rows[i][column] += delta;
        return Tensor.of(rows);
    }
}
