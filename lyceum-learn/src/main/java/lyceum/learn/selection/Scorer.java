package lyceum.learn.selection;

import java.util.Arrays;
import java.util.function.ToDoubleFunction;
import lyceum.DType;
import lyceum.learn.metrics.Average;
import lyceum.learn.metrics.ConfusionMatrix;
import lyceum.learn.metrics.MulticlassAuc;
import lyceum.learn.metrics.RocCurve;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.Model;
import lyceum.stats.learner.RegressionModel;
import lyceum.tensor.Tensor;

/**
 * One number for how well a fitted model does on rows.
 *
 * {@snippet :
 * cv.score(learner, x, y, Scorer.R2, Scorer.MEAN_ABSOLUTE_ERROR);
 * cv.score(learner, x, y, Scorer.ofConfusion("mcc", ConfusionMatrix::mcc));
 * }
 *
 * @param name what results are asked for by
 * @param greaterIsBetter false for errors
 * @param function of the model, the rows (n x p), their targets or labels, and their weights or null
 */
public record Scorer(String name, boolean greaterIsBetter, Function function) {

    /** What a scorer computes. */
    @FunctionalInterface
    public interface Function {
        double score(Model model, Tensor x, Tensor y, Tensor weights);
    }

    /** A score of predicted numbers; values of several targets stand row by row, and each has its row's weight. */
    @FunctionalInterface
    public interface OfNumbers {
        double score(double[] truth, double[] predicted, double[] weights);
    }

    /** Coefficient of determination. */
    public static final Scorer R2 = new Scorer("r2", true, (model, x, y, weights) -> regression("r2", model).score(x, y, weights));
    public static final Scorer MEAN_SQUARED_ERROR = ofNumbers("mean squared error", false, (y, f, w) -> mean(y, f, w, true));
    public static final Scorer ROOT_MEAN_SQUARED_ERROR = ofNumbers("root mean squared error", false,
            (y, f, w) -> Math.sqrt(mean(y, f, w, true)));
    public static final Scorer MEAN_ABSOLUTE_ERROR = ofNumbers("mean absolute error", false, (y, f, w) -> mean(y, f, w, false));
    public static final Scorer ACCURACY = ofConfusion("accuracy", ConfusionMatrix::accuracy);
    public static final Scorer BALANCED_ACCURACY = ofConfusion("balanced accuracy", ConfusionMatrix::balancedAccuracy);
    public static final Scorer F1_MACRO = ofConfusion("macro f1", matrix -> matrix.fBeta(1, Average.MACRO));
    /** Area under the ROC curve; for more than two classes the mean of one against the rest, by probabilities. */
    public static final Scorer ROC_AUC = new Scorer("roc auc", true, Scorer::area);
    /** Mean of {@code -log p(true label)}; probabilities below 1e-15 count as that. */
    public static final Scorer LOG_LOSS = new Scorer("log loss", false, Scorer::logLoss);

    /** A score of a regression's predictions. */
    public static Scorer ofNumbers(String name, boolean greaterIsBetter, OfNumbers score) {
        return new Scorer(name, greaterIsBetter, (model, x, y, weights) -> {
            double[] predicted = regression(name, model).predict(x).toDoubleArray(), truth = y.toDoubleArray(),
                    w = weights(weights, (int) x.size(0));
            int outputs = truth.length / w.length;
            var each = new double[truth.length];
            for (int i = 0; i < each.length; i++) each[i] = w[i / outputs];
            return score.score(truth, predicted, each);
        });
    }

    /** A score of a classification's counts, larger being better. */
    public static Scorer ofConfusion(String name, ToDoubleFunction<ConfusionMatrix> score) {
        return new Scorer(name, true, (model, x, y, weights) -> score.applyAsDouble(ConfusionMatrix.of(labels(y),
                classification(name, model).predict(x).toLongArray(), null, weights == null ? null : weights.toDoubleArray())));
    }

    /** The score of a model on rows. */
    public double score(Model model, Tensor x, Tensor y, Tensor weights) { return function.score(model, x, y, weights); }

    /** Whether {@code a} is the better score; NaN never is. */
    public boolean prefers(double a, double b) { return !Double.isNaN(a) && (Double.isNaN(b) || (greaterIsBetter ? a > b : a < b)); }

    private static RegressionModel regression(String name, Model model) {
        if (model instanceof RegressionModel regression) return regression;
        throw new IllegalArgumentException(
                name + ": " + model.getClass().getSimpleName() + " is not a regression model; this score needs predicted numbers");
    }

    private static ClassificationModel classification(String name, Model model) {
        if (model instanceof ClassificationModel classification) return classification;
        throw new IllegalArgumentException(
                name + ": " + model.getClass().getSimpleName() + " is not a classification model; this score needs predicted labels");
    }

    private static long[] labels(Tensor y) { return y.to(DType.I64).toLongArray(); }

    private static double[] weights(Tensor weights, int n) {
        if (weights != null) return weights.toDoubleArray();
        var ones = new double[n];
        Arrays.fill(ones, 1);
        return ones;
    }

    private static double mean(double[] truth, double[] predicted, double[] weights, boolean squared) {
        double sum = 0, weight = 0;
        for (int i = 0; i < truth.length; i++) {
            double e = truth[i] - predicted[i];
            sum += weights[i] * (squared ? e * e : Math.abs(e));
            weight += weights[i];
        }
        return sum / weight;
    }

    private static double area(Model model, Tensor x, Tensor y, Tensor weights) {
        var classification = classification("roc auc", model);
        long[] classes = classification.classes(), truth = labels(y);
        if (classes.length != 2) {
            var codes = new long[truth.length];
            for (int i = 0; i < codes.length; i++) codes[i] = Arrays.binarySearch(classes, truth[i]);
            return MulticlassAuc.oneVsRest(Tensor.of(codes), classification.predictProba(x), Average.MACRO);
        }
        var positive = new boolean[truth.length];
        for (int i = 0; i < positive.length; i++) positive[i] = truth[i] == classes[1];
        return RocCurve.of(positive, classification.decisionFunction(x).toDoubleArray(), weights == null ? null : weights.toDoubleArray())
                .auc();
    }

    private static double logLoss(Model model, Tensor x, Tensor y, Tensor weights) {
        var classification = classification("log loss", model);
        long[] classes = classification.classes(), truth = labels(y);
        double[] p = classification.predictProba(x).toDoubleArray(), w = weights(weights, truth.length);
        double sum = 0, weight = 0;
        for (int i = 0; i < truth.length; i++) {
            int c = Arrays.binarySearch(classes, truth[i]);
            sum -= w[i] * Math.log(Math.max(1e-15, c < 0 ? 0 : p[i * classes.length + c]));
            weight += w[i];
        }
        return sum / weight;
    }
}
