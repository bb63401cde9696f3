package lyceum.learn.uncertainty;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.learn.metrics.RocCurve;
import lyceum.plot.Figure;
import lyceum.plot.Plot;

/**
 * Selective prediction: the mean loss of the rows that are kept when the most doubtful are turned away. Rows of equal doubt count as if in random order.
 *
 * @param coverage 1 / n, 2 / n, .., 1: the share kept
 * @param risk mean loss of those
 * @param best risk if doubt ordered rows by their loss
 * @see <a href="https://www.jmlr.org/papers/v11/el-yaniv10a.html">El-Yaniv and Wiener (2010)</a>
 */
public record RiskCoverage(double[] coverage, double[] risk, double[] best) {
    /**
     * @param doubt of each row; large is turned away first
     * @param loss of each row, such as {@code forecast.errors(truth)}
     */
    public static RiskCoverage of(double[] doubt, double[] loss) {
        int n = doubt.length;
        if (n == 0 || loss.length != n) throw new ShapeException("RiskCoverage: " + n + " doubts and " + loss.length + " losses");
        for (int i = 0; i < n; i++)
            if (Double.isNaN(doubt[i]) || Double.isNaN(loss[i])) throw new IllegalArgumentException(
                    "RiskCoverage: doubt " + doubt[i] + " and loss " + loss[i] + " of row " + i + "; they are numbers");
        var order = new Integer[n];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, (a, b) -> Double.compare(doubt[a], doubt[b]));
        double[] coverage = new double[n], risk = new double[n], best = loss.clone();
        double sum = 0;
        for (int from = 0; from < n;) {
            int to = from;
            double of = 0;
            for (; to < n && doubt[order[to]] == doubt[order[from]]; to++) of += loss[order[to]];
            for (int i = from; i < to; i++) {
                sum += of / (to - from);
                risk[i] = sum / (i + 1);
            }
            from = to;
        }
        Arrays.sort(best);
        sum = 0;
        for (int i = 0; i < n; i++) {
            coverage[i] = (i + 1.0) / n;
            sum += best[i];
            best[i] = sum / (i + 1);
        }
        return new RiskCoverage(coverage, risk, best);
    }

    /** Mean risk over all coverages; without use of doubt it would be the mean loss, {@code riskAt(1)}. */
    public double area() { return Arrays.stream(risk).average().orElseThrow(); }

    /** {@link #area} less that of the best order. */
    public double excessArea() { return area() - Arrays.stream(best).average().orElseThrow(); }

    /** Mean loss where at least this share is kept. @param share in (0, 1] */
    public double riskAt(double share) {
        if (!(share > 0 && share <= 1)) throw new IllegalArgumentException("riskAt: share is " + share + "; it is above 0 and at most 1");
        return risk[(int) Math.ceil(share * risk.length - 1e-9) - 1];
    }

    /**
     * Area under the ROC curve of doubt as a detector of foreign rows: the chance that a foreign row is doubted more than a known one.
     *
     * @param known doubts of rows like those it was trained on
     * @param foreign doubts of others
     */
    public static double separation(double[] known, double[] foreign) {
        double[] scores = Arrays.copyOf(known, known.length + foreign.length);
        System.arraycopy(foreign, 0, scores, known.length, foreign.length);
        var truth = new boolean[scores.length];
        Arrays.fill(truth, known.length, truth.length, true);
        return RocCurve.of(truth, scores, null).auc();
    }

    public Plot figure(String title) {
        return Figure.line(title, coverage, risk).named("by doubt").line("best order", coverage, best)
                .horizontalLine(risk[risk.length - 1], "random").axes("share of rows kept", "mean loss")
                .describedAs("The mean loss falls as the most doubtful rows are turned away; a random choice leaves it level.");
    }
}
