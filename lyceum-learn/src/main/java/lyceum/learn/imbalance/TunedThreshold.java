package lyceum.learn.imbalance;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import lyceum.DType;
import lyceum.learn.metrics.Thresholds;
import lyceum.learn.selection.CrossValidation;
import lyceum.learn.selection.FoldScheme;
import lyceum.learn.selection.StratifiedKFold;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Moves the threshold instead of the data: of two classes, the larger label is predicted where its probability reaches a cut that was chosen on the out-of-fold
 * probabilities of the training rows. The classifier itself is fitted to all of them as it would be without.
 *
 * {@snippet :
 * var model = new TunedThreshold(new LogisticRegression(), TunedThreshold.fBeta(1)).fit(x, labels);
 * model.threshold();
 * model.model().predictProba(z);                    // as without: a moved threshold damages no calibration
 * }
 *
 * @param rule where to cut
 * @param scheme that gives out-of-fold probabilities, five stratified folds by default
 */
@Withers
public record TunedThreshold(Classifier classifier, Rule rule, FoldScheme scheme) implements TunedThresholdWithers, Classifier {
    /** Where to cut. */
    @FunctionalInterface
    public interface Rule {
        /** The least score that is called positive. */
        double threshold(boolean[] positive, double[] scores);
    }

    public TunedThreshold(Classifier classifier, Rule rule) { this(classifier, rule, new StratifiedKFold(5)); }

    /** The largest F-beta. */
    public static Rule fBeta(double beta) { return (positive, scores) -> Thresholds.maximisingFBeta(positive, scores, beta).threshold(); }

    /** The largest precision with at least this recall. */
    public static Rule recall(double recall) { return (positive, scores) -> Thresholds.forRecall(positive, scores, recall).threshold(); }

    /** The largest recall with at least this precision. */
    public static Rule precision(double precision) {
        return (positive, scores) -> Thresholds.forPrecision(positive, scores, precision).threshold();
    }

    /** The largest balanced accuracy, the mean of recall and specificity: as if classes were equally frequent. */
    public static Rule balancedAccuracy() {
        return (positive, scores) -> {
            int positives = 0;
            for (boolean p : positive) if (p) positives++;
            return Thresholds.minimisingCost(positive, scores, Math.max(1, positives), Math.max(1, positive.length - positives))
                    .threshold();
        };
    }

    @Override public Set<Tag> tags() { return tags(classifier); }

    static Set<Tag> tags(Classifier classifier) {
        var tags = EnumSet.of(Tag.WEIGHTS_ARE_NOT_COPIES, Tag.ORDER_DEPENDENT, Tag.NO_PROBABILITIES, Tag.BINARY_ONLY);
        tags.addAll(classifier.tags());
        return tags;
    }

    @Override public ThresholdModel fit(Tensor x, Tensor labels) { return fit(x, labels, null); }

    @Override public ThresholdModel fit(Tensor x, Tensor labels, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        var found = input.severalLabels(labels);
        if (found.count() > 2) throw new IllegalArgumentException(
                "TunedThreshold.fit: the classes are " + Arrays.toString(found.classes()) + "; a threshold parts two");
        input.weights(weights);
        var p = new CrossValidation(scheme).withWeights(weights).predictProba(classifier, input.x(), labels.to(DType.I64)).select(1, 1)
                .toDoubleArray();
        var positive = new boolean[p.length];
        for (int i = 0; i < p.length; i++) positive[i] = found.codes()[i] == 1;
        return new ThresholdModel(classifier.fit(input.x(), labels, weights), rule.threshold(positive, p));
    }
}
