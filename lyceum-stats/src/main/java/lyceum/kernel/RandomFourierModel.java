package lyceum.kernel;

import lyceum.DType;
import lyceum.stats.learner.FittedTransformer;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * The features that {@link RandomFourierFeatures} drew.
 *
 * @param frequencies (p x D)
 * @param phases (D)
 */
public record RandomFourierModel(Tensor frequencies, Tensor phases) implements FittedTransformer {
    @Override public int nFeatures() { return (int) frequencies.size(0); }

    @Override public int nOutputs() { return (int) frequencies.size(1); }

    @Override public Tensor transform(Tensor x) {
        var rows = LearnerInput.forModel(this, x).x();
        return rows.to(DType.F64).matmul(frequencies).add(phases).cos().mul(Math.sqrt(2.0 / nOutputs())).to(rows.dtype());
    }
}
