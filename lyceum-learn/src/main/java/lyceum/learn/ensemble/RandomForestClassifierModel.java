package lyceum.learn.ensemble;

import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * A fitted {@link RandomForestClassifier}.
 *
 * @param classes the labels, ascending
 * @param forest answers with the share of each class
 * @param oobVotes for each training row and class the mean over the trees that have not seen the row (out of bag); NaN if all have
 * @param oobScore accuracy by them; NaN if there are none
 */
public record RandomForestClassifierModel(long[] classes, RandomForest forest, double[] oobVotes, double oobScore)
        implements ClassificationModel {
    @Override public long[] classes() { return classes.clone(); }

    /** A copy, {@code classes().length} numbers a row. */
    @Override public double[] oobVotes() { return oobVotes.clone(); }

    @Override public int nFeatures() { return forest.nFeatures(); }

    @Override public Tensor predictProba(Tensor x) {
        var rows = LearnerInput.forModelWithNaN(this, x).x();
        return Tensor.of(forest.answers(rows), rows.size(0), classes.length).to(rows.dtype());
    }

    /** Each tree's probabilities: (trees x n x classes), F64. */
    public Tensor treeProba(Tensor x) {
        return Tensor.of(forest.each(LearnerInput.forModelWithNaN(this, x).x())).reshape(forest.trees().size(), x.size(0), classes.length);
    }
}
