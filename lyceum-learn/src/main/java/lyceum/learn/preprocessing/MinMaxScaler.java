package lyceum.learn.preprocessing;

import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Transformer;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Each column onto a range: {@code z = low + (x - min) / (max - min) (high - low)}, with the least and largest value of the rows fitted. A constant column
 * becomes {@code low}. One far value squeezes all others together; see {@link RobustScaler}.
 *
 * @param low of the range, 0 by default
 * @param high of the range, 1 by default
 * @param clip whether new rows beyond the range are held at its ends; false by default
 */
@Withers
public record MinMaxScaler(double low, double high, boolean clip) implements MinMaxScalerWithers, Transformer {
    public MinMaxScaler {
        if (!(low < high) || Double.isInfinite(high - low))
            throw new IllegalArgumentException("MinMaxScaler: the range is " + low + " to " + high + "; it needs low < high, both finite");
    }

    public MinMaxScaler() { this(0, 1, false); }

    @Override public AffineScaling fit(Tensor x) { return fit(x, null, null); }

    @Override public AffineScaling fit(Tensor x, Tensor y, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        if (weights != null) input.weights(weights);
        var free = new ColumnStatistics(input.columns()).add(input.x(), weights).minMax(low, high);
        return clip ? new AffineScaling(free.shift(), free.scale(), low, high) : free;
    }
}
