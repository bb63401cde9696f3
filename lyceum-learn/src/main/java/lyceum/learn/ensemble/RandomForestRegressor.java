package lyceum.learn.ensemble;

import java.util.EnumSet;
import java.util.Set;
import lyceum.learn.tree.SplitCriterion;
import lyceum.learn.tree.TreeOptions;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Regressor;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * A random forest for numbers: trees on bootstrap samples whose every node looks at a few features drawn at random; their mean is the
 * prediction.
 *
 * {@snippet :
 * var rows = Datasets.diabetes();
 * var forest = new RandomForestRegressor().withTrees(300).withMinSamplesLeaf(5).fit(rows.x(), rows.y());
 * forest.oobScore();                        // R2 of each row by the trees that have not seen it
 * Tensor band = QuantileForest.of(forest.forest(), rows.x(), rows.y()).quantiles(rows.x(), 0.1, 0.9);
 * }
 *
 * <p>NaN is a missing value, as for {@link lyceum.learn.tree.DecisionTreeRegressor}. Trees grow in parallel; results do not depend on the
 * number of threads. Sample weights multiply the counts of the draws.
 *
 * @param criterion {@link SplitCriterion#SQUARED_ERROR} by default, {@link SplitCriterion#ABSOLUTE_ERROR} or {@link SplitCriterion#POISSON}
 * @param options of each tree; its seed is that of the forest
 * @param forest of all of them; {@link FeatureRule#THIRD} by default
 * @see RandomForest
 */
@Withers
public record RandomForestRegressor(SplitCriterion criterion, @Withers.Flat TreeOptions options, @Withers.Flat ForestOptions forest)
        implements RandomForestRegressorWithers, Regressor {
    public RandomForestRegressor {
        if (criterion.isForClasses()) throw new IllegalArgumentException(
                "criterion is " + criterion + "; a forest for numbers takes SQUARED_ERROR, ABSOLUTE_ERROR or POISSON");
        if (forest.balance() != ClassBalance.NONE)
            throw new IllegalArgumentException("balance is " + forest.balance() + "; numbers have no classes to balance");
    }

    /** A hundred trees. */
    public RandomForestRegressor() {
        this(SplitCriterion.SQUARED_ERROR, TreeOptions.DEFAULT, new ForestOptions(100, FeatureRule.THIRD, true, 1, ClassBalance.NONE));
    }

    /** Extremely randomised trees (Geurts, Ernst and Wehenkel 2006): thresholds are drawn as well, all features are looked at, every tree sees all rows. */
    public static RandomForestRegressor extraTrees() {
        return new RandomForestRegressor().withRandomThresholds(true).withBootstrap(false).withFeatures(FeatureRule.ALL);
    }

    @Override public Set<Tag> tags() {
        var tags = EnumSet.of(Tag.ALLOWS_NAN);
        if (forest.isRandom(options)) tags.add(Tag.RANDOMISED);
        if (forest.isDrawn()) tags.add(Tag.WEIGHTS_ARE_NOT_COPIES);
        return tags;
    }

    @Override public RandomForestRegressorModel fit(Tensor x, Tensor y) { return fit(x, y, null); }

    @Override public RandomForestRegressorModel fit(Tensor x, Tensor y, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        double[] target = input.target(y).toDoubleArray(), w = input.weights(weights);
        var grown = ForestFit.of(input, criterion, options, forest, null, 0, target, w);
        return new RandomForestRegressorModel(grown.forest(), grown.unseen(), BaggedRegressor.score(target, grown.unseen(), w));
    }
}
