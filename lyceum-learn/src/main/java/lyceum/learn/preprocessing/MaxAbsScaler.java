package lyceum.learn.preprocessing;

import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Transformer;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;

/** Each column over its largest size, {@code z = x / max |x|}, so that it lies in [-1, 1] and zeros stay zeros. A column of zeros is left alone. */
public record MaxAbsScaler() implements Transformer {
    @Override public AffineScaling fit(Tensor x) { return fit(x, null, null); }

    @Override public AffineScaling fit(Tensor x, Tensor y, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        if (weights != null) input.weights(weights);
        return new ColumnStatistics(input.columns()).add(input.x(), weights).maxAbs();
    }

    /** Of sparse rows; {@link AffineScaling#transform(Csr)} keeps them sparse. */
    public AffineScaling fit(Csr x) { return new ColumnStatistics((int) x.columns()).add(x).maxAbs(); }
}
