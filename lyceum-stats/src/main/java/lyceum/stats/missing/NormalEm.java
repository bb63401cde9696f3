package lyceum.stats.missing;

import java.util.Arrays;
import lyceum.linalg.Cholesky;
import lyceum.tensor.Tensor;

/**
 * Maximum likelihood of a multivariate normal from rows with holes, by expectation-maximisation (Dempster, Laird and Rubin 1977): every hole is expected
 * given its row's other cells, with the covariance that this leaves. Right where holes are made by chance or by what is observed.
 *
 * {@snippet :
 * var normal = new NormalEm().fit(x);       // x (n, p), NaN where a cell is missing
 * normal.mean();                            // not the mean of the cells that are there
 * normal.complete(x);                       // holes at their conditional means
 * }
 *
 * <p>Rows are grouped by which cells they have, so a step costs {@code patterns p^3}, whatever the number of rows.
 *
 * @param tolerance the score, the gradient of the observed data's log-likelihood in columns scaled to deviation 1, is smaller in norm at the end
 * @param maxIterations at most
 */
public record NormalEm(double tolerance, int maxIterations) {
    public NormalEm {
        if (!(tolerance > 0) || maxIterations < 1) throw new IllegalArgumentException(
                "NormalEm: tolerance " + tolerance + ", " + maxIterations + " iterations; above 0, and at least 1");
    }

    public NormalEm() { this(1e-8, 10_000); }

    /**
     * @throws IllegalArgumentException if a column has no value
     * @throws lyceum.linalg.NotPositiveDefiniteException if the columns there are linearly dependent
     */
    public Fit fit(Tensor x) { return fit(Patterns.of("NormalEm", x)); }

    Fit fit(Patterns patterns) {
        int p = patterns.columns();
        double[] mean = new double[p], count = new double[p];
        var covariance = new double[p][p];
        for (var pattern : patterns.all()) for (int a = 0; a < pattern.seen().length; a++) {
            count[pattern.seen()[a]] += pattern.count();
            mean[pattern.seen()[a]] += pattern.count() * pattern.mean()[a];
        }
        for (int j = 0; j < p; j++) mean[j] /= count[j];
        for (var pattern : patterns.all()) for (int a = 0; a < pattern.seen().length; a++) {
            int j = pattern.seen()[a];
            double d = pattern.mean()[a] - mean[j];
            covariance[j][j] += (pattern.scatter()[a][a] + pattern.count() * d * d) / count[j];
        }
        double[] scale = new double[p];
        for (int j = 0; j < p; j++) scale[j] = Math.sqrt(covariance[j][j]);
        double score = Double.NaN;
        for (int step = 1; step <= maxIterations; step++) {
            score = step(patterns, mean, covariance, scale);
            if (score < tolerance) return new Fit(mean, covariance, step, score, true);
        }
        return new Fit(mean, covariance, maxIterations, score, false);
    }

    /** One step, in place. Returns the score's norm where the step began. */
    private static double step(Patterns patterns, double[] mean, double[][] covariance, double[] scale) {
        int p = mean.length;
        double[] total = new double[p], scoreMean = new double[p];
        double[][] square = new double[p][p], scoreCovariance = new double[p][p];
        for (var pattern : patterns.all()) {
            int[] seen = pattern.seen(), hidden = pattern.hidden();
            int k = seen.length, n = pattern.count();
            double[][] inverse = Cholesky.of(Tensor.of(Patterns.part(covariance, seen, seen))).inverse().toRows();
            var map = map(covariance, pattern, inverse);
            double[] d = new double[k], expected = mean.clone();
            for (int a = 0; a < k; a++) d[a] = pattern.mean()[a] - mean[seen[a]];
            for (int j = 0; j < p; j++) for (int a = 0; a < k; a++) expected[j] += map[j][a] * d[a];
            // scatter of the completed rows about the old mean, and what the holes' own variance adds
            for (int i = 0; i < p; i++) {
                total[i] += n * expected[i];
                for (int j = 0; j < p; j++) {
                    double sum = n * (expected[i] - mean[i]) * (expected[j] - mean[j]);
                    for (int a = 0; a < k; a++) for (int b = 0; b < k; b++) sum += map[i][a] * pattern.scatter()[a][b] * map[j][b];
                    square[i][j] += sum;
                }
            }
            for (int i : hidden) for (int j : hidden) {
                double left = covariance[i][j];
                for (int a = 0; a < k; a++) left -= map[i][a] * covariance[seen[a]][j];
                square[i][j] += n * left;
            }
            score(pattern, inverse, d, scoreMean, scoreCovariance);
        }
        double norm = 0;
        for (int i = 0; i < p; i++) {
            norm += Math.pow(scoreMean[i] * scale[i], 2);
            for (int j = 0; j < p; j++) norm += Math.pow(scoreCovariance[i][j] * scale[i] * scale[j], 2);
        }
        int n = patterns.rows();
        for (int i = 0; i < p; i++) total[i] = total[i] / n - mean[i];
        for (int i = 0; i < p; i++) for (int j = 0; j < p; j++) covariance[i][j] = square[i][j] / n - total[i] * total[j];
        for (int i = 0; i < p; i++) mean[i] += total[i];
        return Math.sqrt(norm);
    }

    /** Rows of the map from the deviations seen to all deviations: ones where a column is seen, regression where it is hidden. */
    private static double[][] map(double[][] covariance, Patterns.Pattern pattern, double[][] inverse) {
        int k = pattern.seen().length;
        var map = new double[covariance.length][k];
        for (int a = 0; a < k; a++) map[pattern.seen()[a]][a] = 1;
        for (int i : pattern.hidden())
            for (int a = 0; a < k; a++) for (int b = 0; b < k; b++) map[i][a] += covariance[i][pattern.seen()[b]] * inverse[b][a];
        return map;
    }

    private static void score(Patterns.Pattern pattern, double[][] inverse, double[] d, double[] mean, double[][] covariance) {
        int k = d.length;
        double[] pulled = new double[k];
        for (int a = 0; a < k; a++) for (int b = 0; b < k; b++) pulled[a] += inverse[a][b] * d[b];
        var half = new double[k][k];
        for (int a = 0; a < k; a++)
            for (int b = 0; b < k; b++) for (int c = 0; c < k; c++) half[a][b] += inverse[a][c] * pattern.scatter()[c][b];
        for (int a = 0; a < k; a++) {
            mean[pattern.seen()[a]] += pattern.count() * pulled[a];
            for (int b = 0; b < k; b++) {
                double sum = pattern.count() * (pulled[a] * pulled[b] - inverse[a][b]);
                for (int c = 0; c < k; c++) sum += half[a][c] * inverse[c][b];
                covariance[pattern.seen()[a]][pattern.seen()[b]] += sum / 2;
            }
        }
    }

    /**
     * The normal found.
     *
     * @param scoreNorm at the last step, in scaled columns
     */
    public record Fit(double[] mean, double[][] covariance, int iterations, double scoreNorm, boolean converged) {
        /** x with each hole at its mean given the row's other cells. */
        public Tensor complete(Tensor x) {
            double[][] rows = x.toRows();
            int p = mean.length;
            for (var row : rows) {
                int[] seen = new int[p], hidden = new int[p];
                int k = 0, h = 0;
                for (int j = 0; j < p; j++) {
                    if (Double.isNaN(row[j])) hidden[h++] = j;
                    else seen[k++] = j;
                }
                if (h == 0) continue;
                seen = Arrays.copyOf(seen, k);
                var d = new double[k];
                for (int a = 0; a < k; a++) d[a] = row[seen[a]] - mean[seen[a]];
                double[] pulled = k == 0 ? d
                        : Cholesky.of(Tensor.of(Patterns.part(covariance, seen, seen))).solve(Tensor.of(d)).toDoubleArray();
                for (int i = 0; i < h; i++) {
                    row[hidden[i]] = mean[hidden[i]];
                    for (int a = 0; a < k; a++) row[hidden[i]] += covariance[hidden[i]][seen[a]] * pulled[a];
                }
            }
            return Tensor.of(rows);
        }
    }
}
