package lyceum.learn.ensemble;

import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.RegressionModel;
import lyceum.tensor.Tensor;

/**
 * A fitted {@link GradientBoostingRegressor}.
 *
 * @param boosting the sum of trees
 * @param link from its scores to predictions
 */
public record GradientBoostingRegressorModel(GradientBoosting boosting, BoostingLoss.Link link) implements RegressionModel {
    @Override public int nFeatures() { return boosting.nFeatures(); }

    @Override public Tensor predict(Tensor x) {
        var rows = LearnerInput.forModelWithNaN(this, x).x();
        double[] f = boosting.scores(rows);
        for (int i = 0; i < f.length; i++) f[i] = link.of(f[i]);
        return Tensor.of(f).to(rows.dtype());
    }

    /** The model of the first stages alone: staged predictions. */
    public GradientBoostingRegressorModel first(int stages) { return new GradientBoostingRegressorModel(boosting.first(stages), link); }
}
