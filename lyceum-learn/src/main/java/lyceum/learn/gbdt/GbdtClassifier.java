package lyceum.learn.gbdt;

import java.util.Arrays;
import java.util.Set;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Rows;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Gradient boosted trees for classes: one tree a round on the logistic loss for two of them, one a class and round on the multinomial loss
 * for more.
 *
 * {@snippet :
 * var rows = Datasets.breastCancer();
 * var model = new GbdtClassifier(GbdtOptions.symmetric().withRounds(100).withLearningRate(0.1)).fit(rows.x(), rows.y());
 * model.predictProba(rows.x());
 * }
 *
 * @param objective the loss of two classes, its scores log odds, such as a focal loss of your own; null, the default, for the log loss, which is
 *        that of more classes too
 * @param options how trees grow; every one has a {@code with} method here
 * @see GradientBoostedTrees
 */
@Withers
public record GbdtClassifier(RowObjective objective, @Withers.Flat GbdtOptions options) implements GbdtClassifierWithers, Classifier {
    public GbdtClassifier {
        if (objective != null && objective.meaning() != BoostingObjective.LOGISTIC) throw new IllegalArgumentException(
                "GbdtClassifier: the objective reads scores as " + objective.meaning() + "; those of classes are log odds, LOGISTIC");
        if (objective != null) RowObjectives.check("GbdtClassifier", objective, options);
    }

    public GbdtClassifier(GbdtOptions options) { this(null, options); }

    /** XGBoost's defaults. */
    public GbdtClassifier() { this(null, GbdtOptions.DEFAULT); }

    @Override public Set<Tag> tags() { return GbdtFit.tags(options, objective); }

    @Override public GbdtClassifierModel fit(Tensor x, Tensor labels) { return fit(x, labels, null); }

    @Override public GbdtClassifierModel fit(Tensor x, Tensor labels, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        var found = input.severalLabels(labels);
        double[] w = input.weights(weights);
        int[] codes = found.codes();
        int k = found.count();
        if (k > 2 && (options.ordered() || !options.categorical().isEmpty() || options.monotone().stream().anyMatch(d -> d != 0)))
            throw new IllegalArgumentException(
                    input.operation() + ": ordered boosting, categories and monotone directions are for 2 classes, there are " + k);
        if (k > 2 && objective != null)
            throw new IllegalArgumentException(input.operation() + ": an objective of one score is for 2 classes, there are " + k);
        double[] y = Arrays.stream(codes).asDoubleStream().toArray();
        var lowered = objective == null ? RowObjective.logistic() : objective;
        var named = k == 2 ? BoostingObjective.LOGISTIC : BoostingObjective.SOFTMAX;
        var trees = GbdtFit.fit(options, input, w, y, named, Double.NaN, rows -> {
            double[] own = Rows.pick(w, rows);
            return k == 2 ? new Gradients.Pointwise(lowered, Rows.pick(y, rows), own)
                    : new Gradients.Softmax(Rows.pick(codes, rows), k, own);
        });
        return new GbdtClassifierModel(found.classes(), trees);
    }
}
