package lyceum.learn.ensemble;

import java.util.Arrays;
import java.util.Set;
import lyceum.learn.tree.TreeOptions;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Rows;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Gradient boosting for classes: one tree a stage on the logistic or exponential loss for two of them, one a class and stage on the multinomial
 * loss for more.
 *
 * {@snippet :
 * var rows = Datasets.breastCancer();
 * var model = new GradientBoostingClassifier().withStages(200).withMaxDepth(2).withRowShare(0.5).fit(rows.x(), rows.y());
 * model.boosting().trainLosses();                              // after each stage
 * model.boosting().importances();
 * }
 *
 * @param exponential two classes on the exponential loss, as AdaBoost has; false by default
 * @param tree of each stage and class, of depth 3 by default
 * @param boosting how stages follow each other
 * @see GradientBoosting
 */
@Withers
public record GradientBoostingClassifier(boolean exponential, @Withers.Flat TreeOptions tree, @Withers.Flat BoostingOptions boosting)
        implements GradientBoostingClassifierWithers, Classifier {

    public GradientBoostingClassifier() { this(false, TreeOptions.DEFAULT.withMaxDepth(3), BoostingOptions.DEFAULT); }

    @Override public Set<Tag> tags() { return GradientBoostingRegressor.tags(tree, boosting); }

    @Override public GradientBoostingClassifierModel fit(Tensor x, Tensor labels) { return fit(x, labels, null); }

    @Override public GradientBoostingClassifierModel fit(Tensor x, Tensor labels, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        var found = input.severalLabels(labels);
        double[] w = input.weights(weights);
        int[] codes = found.codes();
        int k = found.count();
        if (k > 2 && exponential)
            throw new IllegalArgumentException(input.operation() + ": the exponential loss is for 2 classes, there are " + k);
        if (k > 2 && !tree.monotone().isEmpty())
            throw new IllegalArgumentException(input.operation() + ": monotone directions are for 2 classes, there are " + k);
        var stages = new StageFit(tree, boosting);
        if (k > 2) {
            var fitted = stages.fit(input, w, rows -> new MultinomialLoss(Rows.pick(codes, rows), k));
            return new GradientBoostingClassifierModel(found.classes(), fitted, BoostingLoss.Link.LOGIT);
        }
        var loss = exponential ? BoostingLoss.exponential() : BoostingLoss.logistic();
        var fitted = stages.fit(input, w, rows -> new ScoreLoss(loss, Arrays.stream(rows).mapToDouble(i -> codes[i]).toArray()));
        return new GradientBoostingClassifierModel(found.classes(), fitted, loss.link());
    }
}
