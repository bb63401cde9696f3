package lyceum.learn.ensemble;

import java.util.EnumSet;
import java.util.Set;
import lyceum.learn.tree.SplitCriterion;
import lyceum.learn.tree.TreeOptions;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * A random forest for classes: trees on bootstrap samples whose every node looks at a few features drawn at random; probabilities are the
 * mean of the trees' shares.
 *
 * {@snippet :
 * var flowers = Datasets.iris();
 * var forest = new RandomForestClassifier().withTrees(300).withMinSamplesLeaf(2).fit(flowers.x(), flowers.y());
 * forest.oobScore();                        // accuracy on each row by the trees that have not seen it
 * forest.forest().proximities(flowers.x());
 * }
 *
 * <p>NaN is a missing value, as for {@link lyceum.learn.tree.DecisionTreeClassifier}. Trees grow in parallel; results do not depend on the
 * number of threads. Sample weights multiply the counts of the draws.
 *
 * @param criterion {@link SplitCriterion#GINI} by default, or {@link SplitCriterion#ENTROPY}
 * @param options of each tree; its seed is that of the forest
 * @param forest of all of them; {@link FeatureRule#SQRT} by default
 * @see RandomForest
 */
@Withers
public record RandomForestClassifier(SplitCriterion criterion, @Withers.Flat TreeOptions options, @Withers.Flat ForestOptions forest)
        implements RandomForestClassifierWithers, Classifier {
    public RandomForestClassifier {
        if (!criterion.isForClasses())
            throw new IllegalArgumentException("criterion is " + criterion + "; a forest for classes takes GINI or ENTROPY");
        if (!options.monotone().isEmpty()) throw new IllegalArgumentException("monotone directions are for forests of numbers");
    }

    /** A hundred trees. */
    public RandomForestClassifier() {
        this(SplitCriterion.GINI, TreeOptions.DEFAULT, new ForestOptions(100, FeatureRule.SQRT, true, 1, ClassBalance.NONE));
    }

    /** Extremely randomised trees (Geurts, Ernst and Wehenkel 2006): thresholds are drawn as well, and every tree sees all rows. */
    public static RandomForestClassifier extraTrees() {
        return new RandomForestClassifier().withRandomThresholds(true).withBootstrap(false);
    }

    @Override public Set<Tag> tags() {
        var tags = EnumSet.of(Tag.ALLOWS_NAN);
        if (forest.isRandom(options)) tags.add(Tag.RANDOMISED);
        if (forest.isDrawn()) tags.add(Tag.WEIGHTS_ARE_NOT_COPIES);
        return tags;
    }

    @Override public RandomForestClassifierModel fit(Tensor x, Tensor labels) { return fit(x, labels, null); }

    @Override public RandomForestClassifierModel fit(Tensor x, Tensor labels, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        var found = input.labels(labels);
        double[] w = input.weights(weights);
        var grown = ForestFit.of(input, criterion, options, forest, found.codes(), found.count(), null, w);
        return new RandomForestClassifierModel(found.classes(), grown.forest(), grown.unseen(),
                BaggedClassifier.score(grown.unseen(), found.codes(), found.count(), w));
    }
}
