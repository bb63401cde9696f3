package lyceum.learn.conformal;

import java.util.Arrays;
import lyceum.stats.learner.Regressor;
import lyceum.tensor.Tensor;

/**
 * Full conformal regression. A value t of the new row is kept if more than {@code alpha (n + 1)} of the n + 1 rows, itself among them, have an error of at least its own
 * size in the fit that holds (x, t). Errors being linear in t, what is kept changes only where two of them are equal. Puts out the least interval that holds all values kept.
 *
 * @param learner predictions linear in y
 * @param x the rows (n x p)
 * @param y their targets (n)
 * @see <a href="https://doi.org/10.1007/b106715">Vovk, Gammerman and Shafer (2005), section 2.3</a>
 */
public record FullIntervals(Regressor learner, Tensor x, Tensor y) {

    /**
     * @param rows new ones (m x p); three fits each
     * @param alpha in (0, 1)
     * @throws IllegalArgumentException if the learner proves not to be linear in y
     */
    public PredictionIntervals intervals(Tensor rows, double alpha) {
        int n = (int) y.size(0), m = (int) rows.size(0), givenUp = ConformalPredictor.givenUp(n, alpha);
        double[] low = new double[m], high = new double[m], known = y.toDoubleArray();
        double least = Arrays.stream(known).min().orElseThrow(), unit = Math.max(1e-3, Arrays.stream(known).max().orElseThrow() - least);
        for (int j = 0; j < m; j++) {
            var all = Tensor.concat(0, x, rows.narrow(0, j, 1).to(x.dtype()));
            double[] at0 = errors(all, known, least), at1 = errors(all, known, least + unit), at2 = errors(all, known, least + 2 * unit);
            var slope = new double[n + 1];
            for (int i = 0; i <= n; i++) {
                slope[i] = at1[i] - at0[i];
                if (!(Math.abs(at2[i] - at1[i] - slope[i]) <= 1e-6 * unit)) throw new IllegalArgumentException(
                        "FullIntervals: predictions of " + learner.name() + " are not linear in y; take split or cross intervals");
            }
            double[] ends = kept(at0, slope, givenUp);
            low[j] = least + unit * ends[0];
            high[j] = least + unit * ends[1];
        }
        return new PredictionIntervals(low, high);
    }

    private double[] errors(Tensor all, double[] known, double t) {
        int n = known.length;
        double[] target = Arrays.copyOf(known, n + 1);
        target[n] = t;
        double[] predicted = learner.fit(all, Tensor.of(target).to(x.dtype())).predict(all).toDoubleArray();
        for (int i = 0; i <= n; i++) predicted[i] = target[i] - predicted[i];
        return predicted;
    }

    /** The ends, in units of t, of where at least {@code givenUp} of the known rows have errors {@code |a + b t|} no smaller than the new one's. */
    private static double[] kept(double[] a, double[] b, int givenUp) {
        int n = a.length - 1;
        var cuts = new double[2 * n];
        int count = 0;
        for (int i = 0; i < n; i++) {
            double minus = b[i] - b[n], plus = b[i] + b[n];
            if (minus != 0) cuts[count++] = (a[n] - a[i]) / minus;
            if (plus != 0) cuts[count++] = -(a[n] + a[i]) / plus;
        }
        cuts = Arrays.copyOf(cuts, count);
        Arrays.sort(cuts);
        double low = Double.NaN, high = Double.NaN;
        for (int k = 0; k <= count; k++) {
            double from = k == 0 ? Double.NEGATIVE_INFINITY : cuts[k - 1], to = k == count ? Double.POSITIVE_INFINITY : cuts[k];
            double t = count == 0 ? 0 : k == 0 ? to - 1 : k == count ? from + 1 : from + (to - from) / 2;
            int larger = 0;
            for (int i = 0; i < n; i++) if (Math.abs(a[i] + b[i] * t) >= Math.abs(a[n] + b[n] * t)) larger++;
            if (larger < givenUp) continue;
            if (Double.isNaN(low)) low = from;
            high = to;
        }
        return new double[] {low, high};
    }
}
