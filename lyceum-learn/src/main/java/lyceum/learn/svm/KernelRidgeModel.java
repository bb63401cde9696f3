package lyceum.learn.svm;

import lyceum.kernel.KernelFunction;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.RegressionModel;
import lyceum.tensor.Tensor;

/**
 * A fitted {@link KernelRidge}: {@code f(x) = sum_i dual_i k(rows_i, x)}.
 *
 * @param rows the training rows (n x p), F64
 * @param dual (n), or (n x m) for m targets
 */
public record KernelRidgeModel(KernelFunction kernel, Tensor rows, Tensor dual) implements RegressionModel {
    @Override public int nFeatures() { return (int) rows.size(1); }

    @Override public Tensor predict(Tensor x) {
        var input = LearnerInput.forModel(this, x).x();
        return kernel.gram(input, rows).matmul(dual).to(input.dtype());
    }
}
