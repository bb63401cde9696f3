package lyceum.learn.metrics;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.prob.Binomial;
import lyceum.stats.Interval;
import lyceum.stats.ProportionInterval;
import lyceum.tensor.Tensor;

/**
 * Single scores of predicted labels. All take integer vectors of one length; {@link ConfusionMatrix} gives every score of one counting, and takes
 * orders of labels.
 *
 * {@snippet :
 * ClassificationMetrics.precision(truth, predicted, Average.MACRO);
 * ClassificationMetrics.recall(truth, predicted, Average.WEIGHTED, ZeroDivision.UNDEFINED, weights);
 * ClassificationMetrics.fBeta(truth, predicted, 2, ZeroDivision.ZERO, null);      // of each class
 * }
 *
 * <p>Precision, recall and F-beta of one kind take {@code policy}, what a class without predictions (or rows) scores, 0 by default, and {@code weights} of the
 * rows, null for 1. Those of each class are in the order of {@code ConfusionMatrix.of(truth, predicted).labels()}: labels that occur in either, ascending.
 */
public final class ClassificationMetrics {
    private ClassificationMetrics() {}

    /** Share of rows whose label is right. */
    public static double accuracy(Tensor truth, Tensor predicted) { return ConfusionMatrix.of(truth, predicted).accuracy(); }

    /** Weight of the rows whose label is right, over the weight of all. */
    public static double accuracy(Tensor truth, Tensor predicted, double[] weights) {
        return counted(truth, predicted, weights).accuracy();
    }

    private static ConfusionMatrix counted(Tensor truth, Tensor predicted, double[] weights) {
        return ConfusionMatrix.of(truth.toLongArray(), predicted.toLongArray(), null, weights);
    }

    /** Mean recall of the classes that occur: chance is 1 / classes, whatever the imbalance. */
    public static double balancedAccuracy(Tensor truth, Tensor predicted) {
        return ConfusionMatrix.of(truth, predicted).balancedAccuracy();
    }

    /** Matthews correlation of truth and prediction: 0 for chance and for constant predictions, 1 for perfection. */
    public static double mcc(Tensor truth, Tensor predicted) { return ConfusionMatrix.of(truth, predicted).mcc(); }

    /** Cohen's kappa: agreement beyond chance. */
    public static double kappa(Tensor truth, Tensor predicted) { return ConfusionMatrix.of(truth, predicted).kappa(); }

    /**
     * Confidence interval of the accuracy on new rows.
     *
     * @param kind {@link ProportionInterval#WILSON} to show, {@link ProportionInterval#CLOPPER_PEARSON} to be on the safe side
     * @param level such as 0.95
     */
    public static Interval accuracyInterval(Tensor truth, Tensor predicted, ProportionInterval kind, double level) {
        var matrix = ConfusionMatrix.of(truth, predicted);
        return kind.of(Math.rint(matrix.accuracy() * matrix.total()), matrix.total(), level);
    }

    /**
     * p-value of "no better than always naming the most frequent class": {@code P(Bin(n, noInformationRate) >= rows that are right)}.
     */
    public static double noInformationTest(Tensor truth, Tensor predicted) {
        var matrix = ConfusionMatrix.of(truth, predicted);
        return new Binomial((long) matrix.total(), noInformationRate(truth)).survival(Math.rint(matrix.accuracy() * matrix.total()) - 1);
    }

    /** {@code tp / (tp + fp)}, averaged over classes. */
    public static double precision(Tensor truth, Tensor predicted, Average average) {
        return precision(truth, predicted, average, ZeroDivision.ZERO, null);
    }

    /** {@link #precision(Tensor, Tensor, Average)} with this policy for classes that were never predicted and these weights of the rows, or null. */
    public static double precision(Tensor truth, Tensor predicted, Average average, ZeroDivision policy, double[] weights) {
        return counted(truth, predicted, weights).precision(average, policy);
    }

    /** {@code tp / (tp + fp)} of each class. */
    public static double[] precision(Tensor truth, Tensor predicted, ZeroDivision policy, double[] weights) {
        return counted(truth, predicted, weights).precision(policy);
    }

    /** {@code tp / (tp + fn)}, averaged over classes. */
    public static double recall(Tensor truth, Tensor predicted, Average average) {
        return recall(truth, predicted, average, ZeroDivision.ZERO, null);
    }

    /** {@link #recall(Tensor, Tensor, Average)} with this policy for classes that never occur and these weights of the rows, or null. */
    public static double recall(Tensor truth, Tensor predicted, Average average, ZeroDivision policy, double[] weights) {
        return counted(truth, predicted, weights).recall(average, policy);
    }

    /** {@code tp / (tp + fn)} of each class. */
    public static double[] recall(Tensor truth, Tensor predicted, ZeroDivision policy, double[] weights) {
        return counted(truth, predicted, weights).recall(policy);
    }

    /** Harmonic mean of precision and recall, of each class and then averaged. */
    public static double f1(Tensor truth, Tensor predicted, Average average) { return fBeta(truth, predicted, 1, average); }

    /** F-beta of each class, then averaged: recall weighs beta times as much as precision. */
    public static double fBeta(Tensor truth, Tensor predicted, double beta, Average average) {
        return fBeta(truth, predicted, beta, average, ZeroDivision.ZERO, null);
    }

    /** {@link #fBeta(Tensor, Tensor, double, Average)} with this policy for classes that neither occur nor were predicted and these weights, or null. */
    public static double fBeta(Tensor truth, Tensor predicted, double beta, Average average, ZeroDivision policy, double[] weights) {
        return counted(truth, predicted, weights).fBeta(beta, average, policy);
    }

    /** F-beta of each class. */
    public static double[] fBeta(Tensor truth, Tensor predicted, double beta, ZeroDivision policy, double[] weights) {
        return counted(truth, predicted, weights).fBeta(beta, policy);
    }

    /** F-beta of a precision and a recall; 0 if both are 0. */
    public static double fBeta(double precision, double recall, double beta) {
        Thresholds.checkBeta(beta);
        double b = beta * beta;
        // without the case the ratio for equal values could be off in the last bit
        if (precision == recall) return precision;
        return precision == 0 || recall == 0 ? 0 : (1 + b) * precision * recall / (b * precision + recall);
    }

    /**
     * F-beta that guessing earns in the limit of many rows: {@code (1 + b) p q / (b p + q)} with {@code b = beta^2}. Flagging everything, q = 1, is the best
     * guess, {@code 2 p / (1 + p)} for F1; a model's score means little below it.
     *
     * @param prevalence p, the share of positives
     * @param flagged q, the share of rows that are flagged at random
     */
    public static double fBetaOfGuessing(double prevalence, double flagged, double beta) {
        Thresholds.checkBeta(beta);
        double b = beta * beta, sum = b * prevalence + flagged;
        return sum == 0 ? 0 : (1 + b) * prevalence * flagged / sum;
    }

    /** The other reading of a macro F1: of the macro precision and the macro recall (Sokolova and Lapalme 2009). */
    public static double f1OfMeans(Tensor truth, Tensor predicted) {
        var matrix = ConfusionMatrix.of(truth, predicted);
        double p = matrix.precision(Average.MACRO), r = matrix.recall(Average.MACRO);
        return p + r == 0 ? 0 : 2 * p * r / (p + r);
    }

    /**
     * Share of rows whose class is among the {@code k} highest scores; of equal scores the higher class counts as higher.
     *
     * @param truth class numbers 0 .. classes - 1
     * @param scores (rows, classes)
     * @param weights of the rows, or null for 1
     */
    public static double topKAccuracy(Tensor truth, Tensor scores, int k, double[] weights) {
        if (scores.rank() != 2 || scores.size(0) != truth.count())
            throw new ShapeException("topKAccuracy: scores " + scores.shape() + " for " + truth.count() + " rows");
        if (k < 1) throw new IllegalArgumentException("topKAccuracy: k is " + k + "; it must be positive");
        var rows = scores.to(DType.F64).toRows();
        var classes = truth.toIntArray();
        double right = 0, all = 0;
        for (int i = 0; i < rows.length; i++) {
            int above = 0;
            for (int c = 0; c < rows[i].length; c++)
                if (rows[i][c] > rows[i][classes[i]] || rows[i][c] == rows[i][classes[i]] && c > classes[i]) above++;
            double w = weights == null ? 1 : weights[i];
            if (above < k) right += w;
            all += w;
        }
        return right / all;
    }

    /** Share of rows of a multi-label problem, (rows, labels) of BOOL, whose labels are all right. */
    public static double subsetAccuracy(Tensor truth, Tensor predicted) { return truth.eq(predicted).all(1).to(DType.F64).mean().item(); }

    /** Share of the most frequent class: what a constant predictor reaches. */
    public static double noInformationRate(Tensor truth) {
        var matrix = ConfusionMatrix.of(truth, truth);
        double most = 0;
        for (int k = 0; k < matrix.classes(); k++) most = Math.max(most, matrix.support(k));
        return most / matrix.total();
    }

    /**
     * Precision where positives make up another share: {@code recall p / (recall p + (1 - specificity)(1 - p))} (Bayes).
     *
     * @param prevalence p, the share of positives where the rule will be used
     */
    public static double precisionAt(double recall, double specificity, double prevalence) {
        double alarms = recall * prevalence + (1 - specificity) * (1 - prevalence);
        return alarms == 0 ? 0 : recall * prevalence / alarms;
    }
}
