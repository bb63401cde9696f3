package lyceum.learn.preprocessing;

import java.util.Arrays;
import java.util.Set;
import lyceum.prob.Normal;
import lyceum.stats.learner.FittedTransformer;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.stats.learner.Transformer;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Each column by its rank: the empirical distribution function, linear between {@code quantiles} equally spaced quantiles, gives a uniform column on
 * [0, 1], or through the normal's quantile function a standard normal one. Equal values share the middle of their ranks. New values beyond the
 * fitted ones go to the ends: 0 and 1, or -5.2 and 5.2.
 *
 * @param quantiles at most; never more than there are rows; 1000 by default
 * @param normal whether the result is normal; false by default
 */
@Withers
public record QuantileTransformer(int quantiles, boolean normal) implements QuantileTransformerWithers, Transformer {
    public QuantileTransformer {
        if (quantiles < 1) throw new IllegalArgumentException("QuantileTransformer: " + quantiles + " quantiles; at least 1");
    }

    public QuantileTransformer() { this(1000, false); }

    @Override public Set<Tag> tags() { return Set.of(Tag.NO_WEIGHTS); }

    @Override public Fitted fit(Tensor x) { return fit(x, null, null); }

    @Override public Fitted fit(Tensor x, Tensor y, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        input.refuseWeights(weights);
        int k = Math.min(quantiles, input.rows());
        var levels = new double[k];
        for (int q = 1; q < k; q++) levels[q] = q == k - 1 ? 1 : q * (1.0 / (k - 1));
        var columns = new double[input.columns()][];
        for (int j = 0; j < columns.length; j++) {
            double[] sorted = input.x().select(1, j).toDoubleArray();
            Arrays.sort(sorted);
            columns[j] = new double[k];
            for (int q = 0; q < k; q++) columns[j][q] = Math.max(quantile(sorted, levels[q]), q == 0 ? sorted[0] : columns[j][q - 1]);
        }
        return new Fitted(levels, columns, normal);
    }

    /** Linear between order statistics, rounded as NumPy's percentiles are: whether a value ties with a quantile turns on the last bit. */
    private static double quantile(double[] sorted, double level) {
        double at = level * 100 / 100 * (sorted.length - 1);
        int below = (int) at;
        double a = sorted[below], b = sorted[Math.min(below + 1, sorted.length - 1)], t = at - below;
        return t < 0.5 ? a + (b - a) * t : b - (b - a) * (1 - t);
    }

    /** @param levels ascending from 0 to 1 @param values of each column, those at the levels @param normal or uniform */
    public record Fitted(double[] levels, double[][] values, boolean normal) implements FittedTransformer {
        /** Where the tails of the normal are cut. */
        private static final double END = 1e-7;

        @Override public int nFeatures() { return values.length; }

        @Override public int nOutputs() { return values.length; }

        @Override public Tensor transform(Tensor x) {
            var rows = LearnerInput.forModel(this, x).x();
            double[] z = rows.toDoubleArray();
            for (int i = 0; i < z.length; i++) z[i] = level(values[i % values.length], z[i]);
            return Tensor.of(z, rows.size(0), values.length).to(rows.dtype());
        }

        private double level(double[] at, double x) {
            double end = normal ? END : 0, p;
            int last = at.length - 1;
            if (x - end < at[0] || x == at[0]) p = 0;
            else if (x + end > at[last] || x == at[last]) p = 1;
            else {
                int left = first(at, x, false), right = first(at, x, true);
                // left: first value >= x, right: first value > x; between equal values the middle of their levels
                p = left < right ? (levels[left] + levels[right - 1]) / 2
                        : levels[left - 1] + (levels[left] - levels[left - 1]) * ((x - at[left - 1]) / (at[left] - at[left - 1]));
            }
            if (!normal) return p;
            double most = Normal.STANDARD.quantile(1 - (END - Math.ulp(1.0)));
            return p == 0 ? -most : p == 1 ? most : Math.clamp(Normal.STANDARD.quantile(p), -most, most);
        }

        private static int first(double[] at, double x, boolean above) {
            int low = 0, high = at.length;
            while (low < high) {
                int middle = (low + high) >>> 1;
                if (above ? at[middle] > x : at[middle] >= x) high = middle;
                else low = middle + 1;
            }
            return low;
        }

        @Override public boolean isInvertible() { return true; }

        @Override public Tensor inverse(Tensor z) {
            double[] x = z.toDoubleArray();
            for (int i = 0; i < x.length; i++) x[i] = value(values[i % values.length], x[i]);
            return Tensor.of(x, z.size(0), values.length).to(z.dtype());
        }

        private double value(double[] at, double z) {
            double p = normal ? Normal.STANDARD.cdf(z) : z, end = normal ? END : 0;
            if (p - end < 0 || at.length == 1) return at[0];
            if (p + end > 1) return at[at.length - 1];
            int i = Math.clamp(first(levels, p, true), 1, levels.length - 1);
            return at[i - 1] + (at[i] - at[i - 1]) * ((p - levels[i - 1]) / (levels[i] - levels[i - 1]));
        }
    }
}
