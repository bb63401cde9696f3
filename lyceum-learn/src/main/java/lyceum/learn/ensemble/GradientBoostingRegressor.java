package lyceum.learn.ensemble;

import java.util.EnumSet;
import java.util.Set;
import lyceum.learn.tree.TreeOptions;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Rows;
import lyceum.stats.learner.Regressor;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Gradient boosting for numbers: each stage fits a small tree to the negative gradient of the loss and adds a share of the best steps in its
 * leaves.
 *
 * {@snippet :
 * var rows = Datasets.diabetes();
 * var model = new GradientBoostingRegressor(BoostingLoss.huber(0.9)).withStages(500).withLearningRate(0.05)
 *         .withValidationShare(0.2).fit(rows.x(), rows.y());
 * model.boosting().stages();                                   // where the rows held out said stop
 * var upper = new GradientBoostingRegressor(BoostingLoss.quantile(0.9)).fit(rows.x(), rows.y());
 * }
 *
 * <p>NaN is a missing value, as for {@link lyceum.learn.tree.DecisionTreeRegressor}. Monotone directions ({@code withMonotone(1, 0, -1)}) hold
 * for the sum, whatever the loss. {@code withRowShare} below 1 is stochastic gradient boosting (Friedman 2002), {@code withMaxFeatures} draws
 * features for each node.
 *
 * @param loss {@link BoostingLoss#squared()} by default
 * @param tree of each stage, of depth 3 by default
 * @param boosting how stages follow each other
 * @see GradientBoosting
 */
@Withers
public record GradientBoostingRegressor(BoostingLoss loss, @Withers.Flat TreeOptions tree, @Withers.Flat BoostingOptions boosting)
        implements GradientBoostingRegressorWithers, Regressor {

    public GradientBoostingRegressor(BoostingLoss loss) { this(loss, TreeOptions.DEFAULT.withMaxDepth(3), BoostingOptions.DEFAULT); }

    public GradientBoostingRegressor() { this(BoostingLoss.squared()); }

    static Set<Tag> tags(TreeOptions tree, BoostingOptions boosting) {
        var tags = EnumSet.of(Tag.ALLOWS_NAN);
        boolean drawn = boosting.rowShare() < 1 || boosting.validationShare() > 0;
        if (drawn || tree.maxFeatures() != Integer.MAX_VALUE || tree.randomThresholds()) tags.add(Tag.RANDOMISED);
        if (drawn) tags.add(Tag.WEIGHTS_ARE_NOT_COPIES);
        return tags;
    }

    @Override public Set<Tag> tags() { return tags(tree, boosting); }

    @Override public GradientBoostingRegressorModel fit(Tensor x, Tensor y) { return fit(x, y, null); }

    @Override public GradientBoostingRegressorModel fit(Tensor x, Tensor y, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        double[] target = input.target(y).toDoubleArray(), w = input.weights(weights);
        for (double v : target) loss.check(v);
        var fitted = new StageFit(tree, boosting).fit(input, w, rows -> new ScoreLoss(loss, Rows.pick(target, rows)));
        return new GradientBoostingRegressorModel(fitted, loss.link());
    }
}
