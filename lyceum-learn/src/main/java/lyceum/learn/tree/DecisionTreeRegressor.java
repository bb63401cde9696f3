package lyceum.learn.tree;

import java.util.EnumSet;
import java.util.Set;
import lyceum.stats.learner.Regressor;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * A decision tree for numbers (CART): a leaf answers with the mean of its training rows, or their median for the absolute error.
 *
 * {@snippet :
 * var model = new DecisionTreeRegressor(SplitCriterion.POISSON).withMaxLeafNodes(20).fit(x, counts);
 * model.tree().rules(names);                      // the questions, as text
 * model.tree().importances();
 * }
 *
 * <p>NaN is a missing value and goes to the side where it lowers the impurity more. Rows of weight 0 are left out. Of equally good splits the
 * first feature's lowest threshold is taken. Time {@code O(n p)} a level after one sort of each column. With {@link TreeOptions#bins} only the borders of bins are scored, and each row takes a byte a column.
 *
 * @param criterion {@link SplitCriterion#SQUARED_ERROR} by default, {@link SplitCriterion#ABSOLUTE_ERROR} or {@link SplitCriterion#POISSON}
 * @param options limits to growth and the rest; every one has a {@code with} method here
 * @see DecisionTree
 */
@Withers
public record DecisionTreeRegressor(SplitCriterion criterion, @Withers.Flat TreeOptions options)
        implements DecisionTreeRegressorWithers, Regressor {
    public DecisionTreeRegressor {
        if (criterion.isForClasses()) throw new IllegalArgumentException(
                "criterion is " + criterion + "; a tree for numbers takes SQUARED_ERROR, ABSOLUTE_ERROR or POISSON");
        if (options.bins() > 0 && criterion == SplitCriterion.ABSOLUTE_ERROR)
            throw new IllegalArgumentException("bins is " + options.bins() + "; the absolute error needs every row, use bins = 0");
        if (!options.monotone().isEmpty() && criterion == SplitCriterion.ABSOLUTE_ERROR)
            throw new IllegalArgumentException("monotone directions with ABSOLUTE_ERROR; they need SQUARED_ERROR or POISSON");
    }

    public DecisionTreeRegressor() { this(SplitCriterion.SQUARED_ERROR, TreeOptions.DEFAULT); }

    public DecisionTreeRegressor(SplitCriterion criterion) { this(criterion, TreeOptions.DEFAULT); }

    @Override public Set<Tag> tags() {
        var tags = EnumSet.of(Tag.ALLOWS_NAN);
        if (options.isRandom()) tags.add(Tag.RANDOMISED);
        return tags;
    }

    @Override public DecisionTreeRegressorModel fit(Tensor x, Tensor y) { return fit(x, y, null); }

    @Override public DecisionTreeRegressorModel fit(Tensor x, Tensor y, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        double[] target = input.target(y).toDoubleArray();
        var tree = TreeColumns.grow(input, criterion, null, 0, target, input.weights(weights), options);
        return new DecisionTreeRegressorModel(tree);
    }
}
