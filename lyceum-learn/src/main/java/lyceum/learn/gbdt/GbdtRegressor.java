package lyceum.learn.gbdt;

import java.util.Set;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Regressor;
import lyceum.stats.learner.Rows;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Gradient boosted trees for numbers.
 *
 * {@snippet :
 * var rows = Datasets.diabetes();
 * var model = new GbdtRegressor(GbdtOptions.leafWise().withMaxLeaves(8)).withValidationShare(0.2).fit(rows.x(), rows.y());
 * model.trees().importances();
 * var exact = new GbdtRegressor().withBins(0).withMaxDepth(3).fit(rows.x(), rows.y());
 * String forXgboost = exact.trees().toXgboostJson();
 * }
 *
 * <p>NaN is a missing value; each question learns where it goes. With bins each column takes a byte a row, and the time of a level is
 * proportional to
 * rows times columns; results do not depend on the number of threads.
 *
 * @param objective {@link BoostingObjective#SQUARED_ERROR} by default, or {@link BoostingObjective#POISSON}
 * @param options how trees grow; every one has a {@code with} method here
 * @see GradientBoostedTrees
 */
@Withers
public record GbdtRegressor(BoostingObjective objective, @Withers.Flat GbdtOptions options) implements GbdtRegressorWithers, Regressor {
    public GbdtRegressor {
        if (objective != BoostingObjective.SQUARED_ERROR && objective != BoostingObjective.POISSON)
            throw new IllegalArgumentException("objective is " + objective + "; numbers take SQUARED_ERROR or POISSON");
    }

    public GbdtRegressor(GbdtOptions options) { this(BoostingObjective.SQUARED_ERROR, options); }

    /** XGBoost's defaults. */
    public GbdtRegressor() { this(GbdtOptions.DEFAULT); }

    @Override public Set<Tag> tags() { return GbdtFit.tags(options); }

    @Override public GbdtRegressorModel fit(Tensor x, Tensor y) { return fit(x, y, null); }

    @Override public GbdtRegressorModel fit(Tensor x, Tensor y, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        double[] target = input.target(y).toDoubleArray(), w = input.weights(weights);
        if (objective == BoostingObjective.POISSON) checkCounts(target, w, input.operation());
        var trees = GbdtFit.fit(options, input, w, target, objective,
                rows -> new Gradients.Pointwise(objective, Rows.pick(target, rows), Rows.pick(w, rows)));
        return new GbdtRegressorModel(trees);
    }

    private static void checkCounts(double[] y, double[] w, String operation) {
        double sum = 0;
        for (int i = 0; i < y.length; i++) {
            if (y[i] < 0)
                throw new IllegalArgumentException(operation + ": target " + y[i] + "; the Poisson objective needs counts of at least 0");
            sum += w[i] * y[i];
        }
        if (sum == 0) throw new IllegalArgumentException(operation + ": all targets are 0; the Poisson objective needs a positive one");
    }
}
