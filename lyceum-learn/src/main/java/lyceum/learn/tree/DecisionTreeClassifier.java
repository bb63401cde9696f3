package lyceum.learn.tree;

import java.util.EnumSet;
import java.util.Set;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * A decision tree for classification (CART): a leaf predicts the class shares of its training rows.
 *
 * {@snippet :
 * var model = new DecisionTreeClassifier().withMaxDepth(6).withMinSamplesLeaf(5).fit(x, labels);
 * model.tree().rules(names);                      // the questions, as text
 * model.tree().importances();
 * }
 *
 * <p>NaN is a missing value and goes to the side where it lowers the impurity more. Rows of weight 0 are left out. Of equally good splits the
 * first feature's lowest threshold is taken. Time {@code O(n p)} a level after one sort of each column. With {@link TreeOptions#bins} only the borders of bins are scored, and each row takes a byte a column.
 *
 * @param criterion {@link SplitCriterion#GINI} by default, or {@link SplitCriterion#ENTROPY}
 * @param options limits to growth and the rest; every one has a {@code with} method here
 * @see DecisionTree
 */
@Withers
public record DecisionTreeClassifier(SplitCriterion criterion, @Withers.Flat TreeOptions options)
        implements DecisionTreeClassifierWithers, Classifier {
    public DecisionTreeClassifier {
        if (!criterion.isForClasses())
            throw new IllegalArgumentException("criterion is " + criterion + "; a tree for classes takes GINI or ENTROPY");
        if (!options.monotone().isEmpty()) throw new IllegalArgumentException("monotone directions are for trees of numbers");
    }

    public DecisionTreeClassifier() { this(SplitCriterion.GINI, TreeOptions.DEFAULT); }

    public DecisionTreeClassifier(SplitCriterion criterion) { this(criterion, TreeOptions.DEFAULT); }

    @Override public Set<Tag> tags() {
        var tags = EnumSet.of(Tag.ALLOWS_NAN);
        if (options.isRandom()) tags.add(Tag.RANDOMISED);
        return tags;
    }

    @Override public DecisionTreeClassifierModel fit(Tensor x, Tensor labels) { return fit(x, labels, null); }

    @Override public DecisionTreeClassifierModel fit(Tensor x, Tensor labels, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        var found = input.labels(labels);
        var tree = TreeColumns.grow(input, criterion, found.codes(), found.count(), null, input.weights(weights), options);
        return new DecisionTreeClassifierModel(found.classes(), tree);
    }
}
