package lyceum.learn.svm;

import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.RegressionModel;
import lyceum.tensor.Tensor;

/**
 * A fitted {@link SvmRegressor}.
 *
 * @param support the function
 * @param objective of the dual: {@code b'Kb / 2 + epsilon sum |b| - y'b} for coefficients b
 * @param violation by how much the optimality conditions are violated at most
 * @param converged whether that is within the tolerance
 */
public record SvmRegressorModel(SupportVectors support, double objective, double violation, boolean converged) implements RegressionModel {
    @Override public int nFeatures() { return support.nFeatures(); }

    @Override public Tensor predict(Tensor x) {
        var rows = LearnerInput.forModel(this, x).x();
        return support.values(rows).squeeze(1).to(rows.dtype());
    }
}
