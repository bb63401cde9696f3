package lyceum.stats.missing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import lyceum.linalg.Cholesky;
import lyceum.prob.Gamma;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Multiple imputation by chained equations (van Buuren 1999): each column with holes is regressed on all others, its coefficients and noise are drawn from
 * their posterior, its holes are drawn from the regression; so round and round, from random observed values on. Every completion is a chain of its own.
 *
 * <p>Put the outcome of the later analysis among the columns, or its relation to the others is pulled towards zero.
 *
 * @param method how a hole is drawn; predictive mean matching by default
 * @param iterations rounds a chain; 10 by default
 * @param donors of predictive mean matching; 5 by default
 * @param ridge relative to the squares of each column, so that dependent columns do no harm; 1e-5 by default
 * @see <a href="https://doi.org/10.18637/jss.v045.i03">van Buuren and Groothuis-Oudshoorn (2011)</a>
 */
@Withers
public record Mice(Method method, int iterations, int donors, double ridge) implements MiceWithers {

    /** How a hole is drawn. */
    public enum Method {
        /**
         * The value of a row whose prediction is near, so that only values that occur are imputed and no shape is assumed (Little 1988). It
         * cannot go beyond the values seen: where a column is absent mostly at one end, {@link #NORMAL} is nearer to the truth.
         */
        PREDICTIVE_MEAN_MATCHING,
        /** The prediction plus normal noise. */
        NORMAL
    }

    public Mice {
        Objects.requireNonNull(method, "method");
        if (iterations < 1 || donors < 1 || !(ridge >= 0)) throw new IllegalArgumentException(
                "Mice: " + iterations + " iterations, " + donors + " donors, ridge " + ridge + "; at least 1, 1 and 0");
    }

    public Mice() { this(Method.PREDICTIVE_MEAN_MATCHING, 10, 5, 1e-5); }

    /**
     * Completions of x (n x p), which has NaN in its holes.
     *
     * @param count completions, 5 to 50
     * @throws IllegalArgumentException if a column has no value at all
     */
    public List<Tensor> impute(Tensor x, int count, Rng rng) {
        var patterns = Patterns.of("Mice", x);
        if (count < 1) throw new IllegalArgumentException("Mice.impute: " + count + " completions; at least 1");
        var all = new ArrayList<Tensor>();
        for (int m = 0; m < count; m++) all.add(chain(x.toRows(), patterns.columns(), rng.split(m)));
        return all;
    }

    private Tensor chain(double[][] rows, int p, Rng rng) {
        var holes = new boolean[p][rows.length];
        var order = new ArrayList<Integer>();
        for (int j = 0; j < p; j++) {
            var values = new ArrayList<Double>();
            for (int i = 0; i < rows.length; i++) {
                holes[j][i] = Double.isNaN(rows[i][j]);
                if (!holes[j][i]) values.add(rows[i][j]);
            }
            if (values.size() == rows.length) continue;
            order.add(j);
            for (int i = 0; i < rows.length; i++) if (holes[j][i]) rows[i][j] = values.get(rng.nextInt(values.size()));
        }
        for (int round = 0; round < iterations; round++) for (int j : order) draw(rows, holes[j], j, rng);
        return Tensor.of(rows);
    }

    /** Draws the holes of column j given all others. */
    private void draw(double[][] rows, boolean[] holes, int j, Rng rng) {
        int p = rows[0].length, seen = 0;
        var gram = new double[p][p];
        double[] right = new double[p], centre = new double[p];
        for (int i = 0; i < rows.length; i++) for (int a = 0; a < p; a++) centre[a] += a == j ? 0 : rows[i][a] / rows.length;
        for (int i = 0; i < rows.length; i++) {
            if (holes[i]) continue;
            seen++;
            for (int a = 0; a < p; a++) {
                double va = a == j ? 1 : rows[i][a] - centre[a]; // the column's own place is the intercept's
                right[a] += va * rows[i][j];
                for (int b = 0; b <= a; b++) gram[a][b] += va * (b == j ? 1 : rows[i][b] - centre[b]);
            }
        }
        for (int a = 0; a < p; a++) {
            for (int b = 0; b < a; b++) gram[b][a] = gram[a][b];
            if (a != j) gram[a][a] += ridge * gram[a][a] + (gram[a][a] == 0 ? 1 : 0);
        }
        var factor = Cholesky.of(Tensor.of(gram));
        double[] best = factor.solve(Tensor.of(right)).toDoubleArray(), z = new double[p];
        double residual = 0;
        for (int i = 0; i < rows.length; i++) if (!holes[i]) residual += Math.pow(rows[i][j] - predict(best, centre, rows[i], j), 2);
        // sigma^2 | y is residual / chi^2 with n - p degrees of freedom; the coefficients are normal about the best, L'^-1 z sigma off
        double sigma = Math.sqrt(residual / (2 * new Gamma(Math.max(1, seen - p) / 2.0, 1).sample(rng)));
        for (int a = 0; a < p; a++) z[a] = rng.nextGaussian();
        double[][] lower = factor.lower().toRows();
        double[] drawn = best.clone();
        for (int a = p - 1; a >= 0; a--) {
            for (int b = a + 1; b < p; b++) z[a] -= lower[b][a] * z[b];
            z[a] /= lower[a][a];
            drawn[a] += sigma * z[a];
        }
        if (method == Method.NORMAL) {
            for (int i = 0; i < rows.length; i++)
                if (holes[i]) rows[i][j] = predict(drawn, centre, rows[i], j) + sigma * rng.nextGaussian();
        } else match(rows, holes, j, best, drawn, centre, seen, rng);
    }

    /** Each hole gets the value of one of the observed rows whose best predictions are nearest to the hole's drawn one. */
    private void match(double[][] rows, boolean[] holes, int j, double[] best, double[] drawn, double[] centre, int seen, Rng rng) {
        double[] at = new double[seen], value = new double[seen];
        for (int i = 0, s = 0; i < rows.length; i++) if (!holes[i]) {
            at[s] = predict(best, centre, rows[i], j);
            value[s++] = rows[i][j];
        }
        int[] order = Tensor.of(at).argsort(0).toIntArray();
        double[] sorted = at.clone();
        Arrays.sort(sorted);
        int k = Math.min(donors, seen);
        for (int i = 0; i < rows.length; i++) {
            if (!holes[i]) continue;
            double goal = predict(drawn, centre, rows[i], j);
            int found = Arrays.binarySearch(sorted, goal), low = Math.max(0, (found < 0 ? -found - 1 : found) - k), most = seen - k;
            low = Math.min(low, most);
            while (low < most && goal - sorted[low] > sorted[low + k] - goal) low++;
            rows[i][j] = value[order[low + rng.nextInt(k)]];
        }
    }

    private static double predict(double[] beta, double[] centre, double[] row, int j) {
        double sum = beta[j];
        for (int a = 0; a < row.length; a++) if (a != j) sum += beta[a] * (row[a] - centre[a]);
        return sum;
    }
}
