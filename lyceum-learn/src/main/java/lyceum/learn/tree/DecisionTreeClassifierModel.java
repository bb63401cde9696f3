package lyceum.learn.tree;

import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * A fitted {@link DecisionTreeClassifier}.
 *
 * @param classes the labels, ascending
 * @param tree answers with the share of each class
 */
public record DecisionTreeClassifierModel(long[] classes, DecisionTree tree) implements ClassificationModel {
    @Override public long[] classes() { return classes.clone(); }

    @Override public int nFeatures() { return tree.nFeatures(); }

    @Override public Tensor predictProba(Tensor x) {
        var rows = LearnerInput.forModelWithNaN(this, x).x();
        return Tensor.of(tree.answers(rows), rows.size(0), classes.length).to(rows.dtype());
    }

    /** The leaf of each row (n), I32. */
    public Tensor apply(Tensor x) { return Tensor.of(tree.apply(LearnerInput.forModelWithNaN(this, x).x())); }

    /** The model with {@link DecisionTree#pruned a smaller tree}. */
    public DecisionTreeClassifierModel pruned(double alpha) { return new DecisionTreeClassifierModel(classes, tree.pruned(alpha)); }
}
