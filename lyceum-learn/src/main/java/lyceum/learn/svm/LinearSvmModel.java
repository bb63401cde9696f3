package lyceum.learn.svm;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;

/**
 * A fitted {@link LinearSvm}.
 *
 * @param classes labels, ascending
 * @param coefficients (p), positive for the second of two classes; or (K x p)
 * @param intercept (), or (K)
 * @param passes over the data
 * @param converged whether the tolerance was reached
 */
public record LinearSvmModel(long[] classes, Tensor coefficients, Tensor intercept, int passes, boolean converged)
        implements ClassificationModel {
    @Override public long[] classes() { return classes.clone(); }

    @Override public int nFeatures() { return (int) coefficients.size(coefficients.rank() - 1); }

    @Override public boolean hasProbabilities() { return false; }

    @Override public Tensor predictProba(Tensor x) {
        throw new UnsupportedOperationException(
                "LinearSvmModel.predictProba: it has none; rank by decisionFunction, or use LogisticRegression");
    }

    @Override public Tensor decisionFunction(Tensor x) {
        var rows = LearnerInput.forModel(this, x).x();
        return rows.to(DType.F64).matmul(coefficients.rank() == 1 ? coefficients : coefficients.transpose()).add(intercept)
                .to(rows.dtype());
    }

    /** The same for sparse rows, F64. */
    public Tensor decisionFunction(Csr x) {
        if (x.columns() != nFeatures())
            throw new ShapeException("LinearSvmModel: x has " + x.columns() + " columns; the model was fitted on " + nFeatures());
        boolean two = coefficients.rank() == 1;
        var product = x.withValues(x.values().to(DType.F64)).matmul(two ? coefficients.unsqueeze(1) : coefficients.transpose());
        return (two ? product.squeeze(1) : product).add(intercept);
    }
}
