package lyceum.learn.linear;

import lyceum.DType;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * What {@link QuadraticDiscriminantAnalysis} found; tensors are F64.
 *
 * @param classes ascending
 * @param priors of the classes
 * @param means of the classes (k x p)
 * @param rotations principal axes of each class, in columns (k x p x p)
 * @param variances along them (k x p)
 */
public record QuadraticDiscriminantModel(long[] classes, double[] priors, Tensor means, Tensor rotations, Tensor variances)
        implements ClassificationModel {
    @Override public int nFeatures() { return (int) means.size(1); }

    /** A copy. */
    @Override public long[] classes() { return classes.clone(); }

    /** A copy. */
    @Override public double[] priors() { return priors.clone(); }

    /** The covariance of a class (p x p), by its position in {@link #classes}. */
    public Tensor covariance(int c) {
        var axes = rotations.select(0, c);
        return axes.mul(variances.select(0, c)).matmul(axes.transpose()).compute();
    }

    private Tensor scores(Tensor rows) {
        var all = new Tensor[classes.length];
        for (int c = 0; c < all.length; c++) {
            var along = rows.to(DType.F64).sub(means.select(0, c)).matmul(rotations.select(0, c));
            var v = variances.select(0, c);
            all[c] = along.square().div(v).sum(1).add(v.log().sum()).mul(-0.5).add(Math.log(priors[c]));
        }
        return Tensor.stack(1, all);
    }

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
}
