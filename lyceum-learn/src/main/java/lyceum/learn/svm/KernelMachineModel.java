package lyceum.learn.svm;

import lyceum.kernel.RkhsFunction;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.RegressionModel;
import lyceum.tensor.Tensor;

/**
 * A fitted {@link KernelMachine}.
 *
 * @param function f, whose centres are the training rows and any extra ones
 * @param objective {@code sum_i w_i L(y_i, f(x_i)) + (lambda / 2) |f|^2}
 */
public record KernelMachineModel(RkhsFunction function, double objective) implements RegressionModel {
    @Override public int nFeatures() { return (int) function.centres().size(1); }

    /**
     * {@code f(x)}; for hinge and logistic loss its sign is the class, and for logistic loss {@code 1 / (1 + exp(-f))} the probability of
     * 1.
     */
    @Override public Tensor predict(Tensor x) {
        var rows = LearnerInput.forModel(this, x).x();
        return function.at(rows).to(rows.dtype());
    }
}
