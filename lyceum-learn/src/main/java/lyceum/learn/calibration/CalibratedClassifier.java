package lyceum.learn.calibration;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import lyceum.DType;
import lyceum.learn.selection.FoldScheme;
import lyceum.learn.selection.StratifiedKFold;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * A classifier whose probabilities are calibrated by cross-validation: in each fold it is fitted to the training rows, and the map to its scores of the others.
 * Predictions are the mean probabilities over the folds' models.
 *
 * {@snippet :
 * var data = Datasets.breastCancer();
 * var model = new CalibratedClassifier(new Perceptron(), Calibrator.platt()).fit(data.x(), data.y());
 * model.predictProba(data.x());
 * }
 *
 * <p>{@link #prefit} calibrates a model that stands already. Infinite scores (a tree that is sure) are no logits: maps that take any scale are then fitted
 * to its probabilities, the others to logits held within 50.
 *
 * @param classifier any
 * @param calibrator Platt, isotonic, temperature or vector scaling
 * @param scheme must give every class to the training rows of each fold; five stratified folds by default
 * @see "Platt (1999)"
 */
@Withers
public record CalibratedClassifier(Classifier classifier, Calibrator calibrator, FoldScheme scheme)
        implements CalibratedClassifierWithers, Classifier {
    public CalibratedClassifier(Classifier classifier, Calibrator calibrator) { this(classifier, calibrator, new StratifiedKFold(5)); }

    /**
     * Calibrates a fitted model.
     *
     * @param x rows that it was not fitted to
     * @param labels theirs, among the model's classes
     */
    public static CalibratedModel prefit(ClassificationModel model, Calibrator calibrator, Tensor x, Tensor labels) {
        return prefit(model, calibrator, x, labels, null);
    }

    /** @param weights (n), or null */
    public static CalibratedModel prefit(ClassificationModel model, Calibrator calibrator, Tensor x, Tensor labels, Tensor weights) {
        var input = LearnerInput.matrix("CalibratedClassifier.prefit", x, true);
        return new CalibratedModel(model.classes(), new CalibratedModel.Part[] {part(model, calibrator, input.x(), labels, weights)});
    }

    @Override public Set<Tag> tags() {
        var tags = EnumSet.of(Tag.WEIGHTS_ARE_NOT_COPIES, Tag.ORDER_DEPENDENT);
        tags.addAll(classifier.tags());
        tags.remove(Tag.NO_PROBABILITIES);
        return tags;
    }

    @Override public CalibratedModel fit(Tensor x, Tensor labels) { return fit(x, labels, null); }

    @Override public CalibratedModel fit(Tensor x, Tensor labels, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        double[] w = weights == null ? null : input.weights(weights);
        var seen = input.severalLabels(labels);
        var rows = w == null ? null : Tensor.of(w);
        var truth = labels.to(DType.I64);
        var parts = new ArrayList<CalibratedModel.Part>();
        for (var fold : scheme.folds(new FoldScheme.Rows(input.rows(), truth.toLongArray(), null))) {
            var model = classifier.fit(input.x().rows(fold.train()), truth.rows(fold.train()),
                    rows == null ? null : rows.rows(fold.train()));
            if (!Arrays.equals(model.classes(), seen.classes())) throw new IllegalArgumentException(
                    "CalibratedClassifier.fit: the training rows of a fold have classes " + Arrays.toString(model.classes()) + " of "
                            + Arrays.toString(seen.classes()) + "; take fewer folds, or stratified ones");
            parts.add(part(model, calibrator, input.x().rows(fold.test()), truth.rows(fold.test()),
                    rows == null ? null : rows.rows(fold.test())));
        }
        return new CalibratedModel(seen.classes(), parts.toArray(CalibratedModel.Part[]::new));
    }

    private static CalibratedModel.Part part(ClassificationModel model, Calibrator calibrator, Tensor x, Tensor labels, Tensor weights) {
        var scores = model.decisionFunction(x);
        boolean finite = Arrays.stream(scores.toDoubleArray()).allMatch(Double::isFinite);
        var kind = calibrator.takesLogits() ? CalibratedModel.Kind.LOGITS
                : finite ? CalibratedModel.Kind.SCORES : CalibratedModel.Kind.PROBABILITIES;
        long[] classes = model.classes(), truth = labels.to(DType.I64).toLongArray();
        var codes = new long[truth.length];
        for (int i = 0; i < codes.length; i++) {
            int code = Arrays.binarySearch(classes, truth[i]);
            if (code < 0) throw new IllegalArgumentException("CalibratedClassifier: label " + truth[i] + " in row " + i
                    + " is none of the model's classes " + Arrays.toString(classes));
            codes[i] = code;
        }
        return new CalibratedModel.Part(model, calibrator.fit(kind.of(model, x), Tensor.of(codes), weights), kind);
    }
}
