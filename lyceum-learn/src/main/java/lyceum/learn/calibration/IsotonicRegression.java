package lyceum.learn.calibration;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * The increasing function nearest to data: {@code min sum_i w_i (y_i - g(x_i))^2} over all g with {@code g(a) <= g(b)} for {@code a < b}.
 *
 * {@snippet :
 * double[] score = {1, 2, 3, 4, 5}, label = {0, 1, 0, 1, 1};
 * var g = IsotonicRegression.fit(score, label, null);
 * g.at(2.5);                                                // 0.5
 * }
 *
 * <p>Exact, by pooling adjacent violators, in O(n log n). Rows of equal x share their mean. Between the x that it was fitted to g is linear, beyond them constant.
 *
 * @param x ends of the stretches on which g is constant, strictly ascending
 * @param y g there, ascending
 * @see <a href="https://doi.org/10.1214/aoms/1177728423">Ayer, Brunk, Ewing, Reid and Silverman (1955)</a>
 */
public record IsotonicRegression(double[] x, double[] y) {

    /** @param w weights, or null for 1; rows of weight 0 do not count */
    public static IsotonicRegression fit(double[] x, double[] y, double[] w) {
        int n = x.length;
        if (y.length != n || w != null && w.length != n) throw new ShapeException(
                "IsotonicRegression: " + n + " x, " + y.length + " y" + (w == null ? "" : ", " + w.length + " weights"));
        int[] order = Tensor.of(x).argsort(0).toIntArray();
        double[] at = new double[n], mean = new double[n], weight = new double[n];
        int points = 0;
        for (int row : order) {
            double wi = w == null ? 1 : w[row];
            if (!Double.isFinite(x[row]) || !Double.isFinite(y[row]) || !(wi >= 0 && wi < Double.POSITIVE_INFINITY))
                throw new IllegalArgumentException("IsotonicRegression: row " + row + " has x " + x[row] + ", y " + y[row] + " and weight "
                        + wi + "; all are finite and weights at least 0");
            if (wi == 0) continue;
            if (points > 0 && at[points - 1] == x[row]) points--;
            else weight[points] = mean[points] = 0;
            at[points] = x[row];
            weight[points] += wi;
            mean[points] += wi * y[row];
            points++;
        }
        if (points == 0) throw new IllegalArgumentException("IsotonicRegression: no row has weight; at least one is needed");
        for (int i = 0; i < points; i++) mean[i] /= weight[i];
        return pooled(at, mean, weight, points);
    }

    /** Walks upwards; a mean that is not above the one before is merged with it, and looks down again. */
    private static IsotonicRegression pooled(double[] at, double[] mean, double[] weight, int points) {
        var first = new int[points];
        int blocks = 0;
        for (int i = 0; i < points; i++) {
            double m = mean[i], w = weight[i];
            int start = i;
            while (blocks > 0 && mean[blocks - 1] >= m) {
                blocks--;
                m = (mean[blocks] * weight[blocks] + m * w) / (weight[blocks] + w);
                w += weight[blocks];
                start = first[blocks];
            }
            mean[blocks] = m;
            weight[blocks] = w;
            first[blocks++] = start;
        }
        double[] x = new double[2 * blocks], y = new double[2 * blocks];
        int kept = 0;
        for (int b = 0; b < blocks; b++) {
            int last = (b + 1 < blocks ? first[b + 1] : points) - 1;
            for (int end : first[b] == last ? new int[] {last} : new int[] {first[b], last}) {
                x[kept] = at[end];
                y[kept++] = mean[b];
            }
        }
        return new IsotonicRegression(Arrays.copyOf(x, kept), Arrays.copyOf(y, kept));
    }

    /** g at a place. */
    public double at(double place) {
        if (Double.isNaN(place)) return Double.NaN;
        int found = Arrays.binarySearch(x, place + 0.0);
        if (found >= 0) return y[found];
        int above = -found - 1;
        if (above == 0) return y[0];
        if (above == x.length) return y[above - 1];
        return y[above - 1] + (y[above] - y[above - 1]) * ((place - x[above - 1]) / (x[above] - x[above - 1]));
    }
}
