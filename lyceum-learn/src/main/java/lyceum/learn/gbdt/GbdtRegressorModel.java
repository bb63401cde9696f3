package lyceum.learn.gbdt;

import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.RegressionModel;
import lyceum.tensor.Tensor;

/**
 * A fitted {@link GbdtRegressor}.
 *
 * @param trees whose scores are predictions, or their logarithms for counts
 */
public record GbdtRegressorModel(GradientBoostedTrees trees) implements RegressionModel {
    public GbdtRegressorModel {
        if (trees.outputs() != 1)
            throw new IllegalArgumentException("GbdtRegressorModel: trees of " + trees.outputs() + " outputs; 1 is needed");
    }

    @Override public int nFeatures() { return trees.nFeatures(); }

    @Override public Tensor predict(Tensor x) {
        var rows = LearnerInput.forModelWithNaN(this, x).x();
        double[] f = trees.scores(rows.toDoubleArray(), (int) rows.size(0));
        for (int i = 0; i < f.length; i++) f[i] = trees.objective().prediction(f[i]);
        return Tensor.of(f).to(rows.dtype());
    }

    /** The model of the first rounds alone. */
    public GbdtRegressorModel first(int rounds) { return new GbdtRegressorModel(trees.first(rounds)); }
}
