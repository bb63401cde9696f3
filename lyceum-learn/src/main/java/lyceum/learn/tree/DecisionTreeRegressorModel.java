package lyceum.learn.tree;

import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.RegressionModel;
import lyceum.tensor.Tensor;

/**
 * A fitted {@link DecisionTreeRegressor}.
 *
 * @param tree answers with one number
 */
public record DecisionTreeRegressorModel(DecisionTree tree) implements RegressionModel {
    @Override public int nFeatures() { return tree.nFeatures(); }

    @Override public Tensor predict(Tensor x) {
        var rows = LearnerInput.forModelWithNaN(this, x).x();
        return Tensor.of(tree.answers(rows)).to(rows.dtype());
    }

    /** The leaf of each row (n), I32. */
    public Tensor apply(Tensor x) { return Tensor.of(tree.apply(LearnerInput.forModelWithNaN(this, x).x())); }

    /** The model with {@link DecisionTree#pruned a smaller tree}. */
    public DecisionTreeRegressorModel pruned(double alpha) { return new DecisionTreeRegressorModel(tree.pruned(alpha)); }
}
