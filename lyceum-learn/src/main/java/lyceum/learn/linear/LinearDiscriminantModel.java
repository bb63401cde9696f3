package lyceum.learn.linear;

import lyceum.DType;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.FittedTransformer;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * What {@link LinearDiscriminantAnalysis} found; tensors are F64.
 *
 * @param classes ascending
 * @param priors of the classes
 * @param means of the classes (k x p)
 * @param centre the mean of the means, weighted by priors (p)
 * @param coefficients of the classes' scores (k x p)
 * @param intercepts of the classes' scores (k)
 * @param scalings directions of the projection (p x m), in which the covariance within classes is the identity
 * @param explainedVarianceRatio the share of the scatter between classes along each direction (m)
 */
public record LinearDiscriminantModel(long[] classes, double[] priors, Tensor means, Tensor centre, Tensor coefficients, Tensor intercepts,
        Tensor scalings, double[] explainedVarianceRatio) implements ClassificationModel, FittedTransformer {
    @Override public int nFeatures() { return (int) means.size(1); }

    @Override public int nOutputs() { return (int) scalings.size(1); }

    /** A copy. */
    @Override public long[] classes() { return classes.clone(); }

    /** A copy. */
    @Override public double[] priors() { return priors.clone(); }

    /** A copy. */
    @Override public double[] explainedVarianceRatio() { return explainedVarianceRatio.clone(); }

    private Tensor scores(Tensor rows) { return rows.to(DType.F64).matmul(coefficients.transpose()).add(intercepts); }

    /** The scores (n x k), equal to log probabilities up to a number of each row; for two classes the log odds of the second (n). */
    @Override public Tensor decisionFunction(Tensor x) {
        var rows = LearnerInput.forModel(this, x).x();
        var scores = scores(rows);
        return (classes.length == 2 ? scores.select(1, 1).sub(scores.select(1, 0)) : scores).to(rows.dtype());
    }

    @Override public Tensor predictProba(Tensor x) {
        var rows = LearnerInput.forModel(this, x).x();
        return scores(rows).softmax(1).to(rows.dtype());
    }

    /** The projection of the rows (n x m): along each direction classes have variance 1 and the mean of means is 0. */
    @Override public Tensor transform(Tensor x) {
        var rows = LearnerInput.forModel(this, x).x();
        return rows.to(DType.F64).sub(centre).matmul(scalings).to(rows.dtype());
    }
}
