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
 * <p>Counts, amounts, quantiles and losses of one's own take another objective: {@code new GbdtRegressor(RowObjective.tweedie(1.5), options)}.
 *
 * @param objective {@link RowObjective#squaredError} by default
 * @param options how trees grow; every one has a {@code with} method here
 * @see GradientBoostedTrees
 */
@Withers
public record GbdtRegressor(RowObjective objective, @Withers.Flat GbdtOptions options) implements GbdtRegressorWithers, Regressor {
    public GbdtRegressor {
        RowObjectives.check("GbdtRegressor", objective, options);
    }

    /** @param objective one of numbers whose loss needs no number of its own */
    public GbdtRegressor(BoostingObjective objective, GbdtOptions options) { this(ofNumbers(objective), options); }

    public GbdtRegressor(GbdtOptions options) { this(RowObjective.squaredError(), options); }

    /** XGBoost's defaults. */
    public GbdtRegressor() { this(GbdtOptions.DEFAULT); }

    /** A copy with an objective of this name. */
    public GbdtRegressor withObjective(BoostingObjective objective) { return withObjective(ofNumbers(objective)); }

    private static RowObjective ofNumbers(BoostingObjective objective) {
        if (objective == BoostingObjective.LOGISTIC)
            throw new IllegalArgumentException("objective is LOGISTIC; it is of classes, which GbdtClassifier learns");
        return RowObjective.of(objective);
    }

    @Override public Set<Tag> tags() { return GbdtFit.tags(options, objective); }

    @Override public GbdtRegressorModel fit(Tensor x, Tensor y) { return fit(x, y, null); }

    @Override public GbdtRegressorModel fit(Tensor x, Tensor targets, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        double[] target = input.target(targets).toDoubleArray(), w = input.weights(weights);
        for (double y : target) {
            String objection = objective.objection(y);
            if (objection != null) throw new IllegalArgumentException(input.operation() + ": target " + y + "; " + objection);
        }
        var trees = GbdtFit.fit(options, input, w, target, objective.meaning(), RowObjectives.parameter(objective),
                rows -> new Gradients.Pointwise(objective, Rows.pick(target, rows), Rows.pick(w, rows)));
        return new GbdtRegressorModel(trees);
    }
}
