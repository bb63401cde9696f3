package lyceum.learn.linear;

import lyceum.DType;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.RegressionModel;
import lyceum.tensor.Tensor;

/** A fitted regression whose prediction is {@code intercept + x . coefficients}. */
public interface LinearModel extends RegressionModel {
    /** The slopes: (p), or (m x p) for m targets, F64. */
    Tensor coefficients();

    /** The intercept: one number of shape (), or (m) for m targets; zero where none was fitted. */
    Tensor intercept();

    @Override default int nFeatures() { return (int) coefficients().size(coefficients().rank() - 1); }

    @Override default Tensor predict(Tensor x) {
        var rows = LearnerInput.forModel(this, x).x();
        var slopes = coefficients();
        return rows.to(DType.F64).matmul(slopes.rank() == 1 ? slopes : slopes.transpose()).add(intercept()).to(rows.dtype());
    }
}
