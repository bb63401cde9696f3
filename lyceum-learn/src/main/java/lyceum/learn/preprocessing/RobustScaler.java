package lyceum.learn.preprocessing;

import java.util.Set;
import lyceum.prob.Normal;
import lyceum.stats.Descriptive;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.stats.learner.Transformer;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Median 0 and interquartile range 1: {@code z = (x - median) / (q_high - q_low)}, which a few far values cannot move. Quantiles are linear between order
 * statistics. A column whose two quantiles are equal is centred only.
 *
 * @param lowQuantile in [0, 1), 0.25 by default
 * @param highQuantile above it, at most 1, 0.75 by default
 * @param centre whether the median is subtracted; true by default
 * @param unitVariance whether the range is divided by that of a standard normal, so that normal columns get deviation 1; false by default
 */
@Withers
public record RobustScaler(double lowQuantile, double highQuantile, boolean centre, boolean unitVariance)
        implements RobustScalerWithers, Transformer {
    public RobustScaler {
        if (!(lowQuantile >= 0 && lowQuantile < highQuantile && highQuantile <= 1)) throw new IllegalArgumentException(
                "RobustScaler: quantiles " + lowQuantile + " and " + highQuantile + "; they need 0 <= low < high <= 1");
        if (unitVariance && (lowQuantile == 0 || highQuantile == 1))
            throw new IllegalArgumentException("RobustScaler: unitVariance needs quantiles inside (0, 1); the normal's range is infinite");
    }

    public RobustScaler() { this(0.25, 0.75, true, false); }

    @Override public Set<Tag> tags() { return Set.of(Tag.NO_WEIGHTS); }

    @Override public AffineScaling fit(Tensor x) { return fit(x, null, null); }

    @Override public AffineScaling fit(Tensor x, Tensor y, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        input.refuseWeights(weights);
        double normal = unitVariance ? Normal.STANDARD.quantile(highQuantile) - Normal.STANDARD.quantile(lowQuantile) : 1;
        double[] shift = new double[input.columns()], scale = new double[input.columns()];
        for (int j = 0; j < shift.length; j++) {
            double[] q = Descriptive.quantiles(input.x().select(1, j).toDoubleArray(), lowQuantile, 0.5, highQuantile);
            shift[j] = centre ? q[1] : 0;
            scale[j] = q[2] > q[0] ? (q[2] - q[0]) / normal : 1 / normal;
        }
        return AffineScaling.of(shift, scale);
    }
}
