package lyceum.kernel;

import lyceum.stats.learner.FittedTransformer;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * What {@link Nystroem} found.
 *
 * @param landmarks (m x p)
 * @param normalisation {@code K_LL^(-1/2)}, (m x m)
 */
public record NystroemModel(KernelFunction kernel, Tensor landmarks, Tensor normalisation) implements FittedTransformer {
    @Override public int nFeatures() { return (int) landmarks.size(1); }

    @Override public int nOutputs() { return (int) landmarks.size(0); }

    @Override public Tensor transform(Tensor x) {
        var rows = LearnerInput.forModel(this, x).x();
        return kernel.gram(rows, landmarks).matmul(normalisation).to(rows.dtype());
    }
}
