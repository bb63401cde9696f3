package lyceum.learn.ensemble;

import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.RegressionModel;
import lyceum.tensor.Tensor;

/**
 * A fitted {@link RandomForestRegressor}.
 *
 * @param forest answers with one number
 * @param oobPredictions for each training row the mean over the trees that have not seen it (out of bag); NaN if all have
 * @param oobScore their R2; NaN if there are none
 */
public record RandomForestRegressorModel(RandomForest forest, double[] oobPredictions, double oobScore) implements RegressionModel {
    /** A copy. */
    @Override public double[] oobPredictions() { return oobPredictions.clone(); }

    @Override public int nFeatures() { return forest.nFeatures(); }

    @Override public Tensor predict(Tensor x) {
        var rows = LearnerInput.forModelWithNaN(this, x).x();
        return Tensor.of(forest.answers(rows)).to(rows.dtype());
    }

    /** Each tree's predictions: (trees x n), F64. */
    public Tensor treePredictions(Tensor x) { return Tensor.of(forest.each(LearnerInput.forModelWithNaN(this, x).x())); }
}
