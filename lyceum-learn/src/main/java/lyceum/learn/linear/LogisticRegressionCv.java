package lyceum.learn.linear;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import lyceum.DType;
import lyceum.backend.Parallel;
import lyceum.random.Rng;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Logistic regression with its strength chosen by the log loss of stratified cross-validation along a warm-started path.
 *
 * @param cs inverse strengths to choose from, ascending
 * @param folds 5 by default; every class needs as many rows
 * @param oneStandardError take the strongest penalty within one standard error of the best (false by default)
 * @param seed of the assignment to folds
 * @param learner the other options; its c plays no part
 */
@Withers
public record LogisticRegressionCv(List<Double> cs, int folds, boolean oneStandardError, long seed, LogisticRegression learner)
        implements LogisticRegressionCvWithers, Classifier {
    public LogisticRegressionCv {
        cs = List.copyOf(cs);
        if (cs.isEmpty()) throw new IllegalArgumentException("LogisticRegressionCv: there are no values of c to choose from");
        for (int i = 0; i < cs.size(); i++) {
            if (!(cs.get(i) > 0) || i > 0 && cs.get(i) <= cs.get(i - 1)) throw new IllegalArgumentException(
                    "LogisticRegressionCv: c " + i + " is " + cs.get(i) + "; values are positive and ascend");
        }
        if (folds < 2) throw new IllegalArgumentException("LogisticRegressionCv: " + folds + " folds; at least 2 are needed");
    }

    /** Chooses from these values, by default 1e-4 to 1e4 in powers of ten. */
    public LogisticRegressionCv(double... cs) {
        this(cs.length == 0 ? List.of(1e-4, 1e-3, 1e-2, 0.1, 1.0, 10.0, 100.0, 1e3, 1e4) : Ridge.boxed(cs), 5, false, 1,
                new LogisticRegression());
    }

    @Override public Set<Tag> tags() { return Set.of(Tag.RANDOMISED, Tag.ORDER_DEPENDENT, Tag.WEIGHTS_ARE_NOT_COPIES); }

    @Override public LogisticCvModel fit(Tensor x, Tensor labels) { return fit(x, labels, null); }

    @Override public LogisticCvModel fit(Tensor x, Tensor labels, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        var found = input.severalLabels(labels);
        double[] w = input.weights(weights), values = cs.stream().mapToDouble(Double::doubleValue).toArray();
        int[] fold = stratified(found.codes(), found.count());
        var rows = input.x().to(DType.F64);
        var wide = Tensor.of(found.codes()).to(DType.I64);
        var errors = new double[values.length][folds];
        Parallel.range(folds, 1, (from, to) -> {
            for (int f = (int) from; f < to; f++) {
                int[] train = where(fold, f, false), test = where(fold, f, true);
                var path = learner.path(rows.rows(train), wide.rows(train), Tensor.of(w).rows(train), values);
                for (int i = 0; i < values.length; i++)
                    errors[i][f] = logLoss(path.models().get(i).predictProba(rows.rows(test)).toDoubleArray(), found.codes(), w, test,
                            found.count());
            }
        });
        var curve = new ErrorCurve(values, errors);
        int chosen = oneStandardError ? curve.oneStandardError() : curve.best();
        var model = learner.withC(values[chosen]).fit(rows, labels, Tensor.of(w));
        return new LogisticCvModel(model, cs, Tensor.of(errors), values[chosen]);
    }

    /** Deals each class's rows, in random order, to the folds in turn. */
    private int[] stratified(int[] codes, int classes) {
        int[] count = new int[classes], order = Rng.of(seed).permutation(codes.length), fold = new int[codes.length];
        for (int i : order) fold[i] = count[codes[i]]++ % folds;
        for (int k = 0; k < classes; k++)
            if (count[k] < folds) throw new IllegalArgumentException(
                    "LogisticRegressionCv.fit: a class has " + count[k] + " rows for " + folds + " folds; use fewer folds");
        return fold;
    }

    private static int[] where(int[] fold, int f, boolean inside) {
        var rows = new int[fold.length];
        int count = 0;
        for (int i = 0; i < fold.length; i++) if (fold[i] == f == inside) rows[count++] = i;
        return Arrays.copyOf(rows, count);
    }

    private static double logLoss(double[] p, int[] codes, double[] w, int[] test, int classes) {
        double sum = 0, total = 0;
        for (int r = 0; r < test.length; r++) {
            sum -= w[test[r]] * Math.log(Math.max(p[r * classes + codes[test[r]]], Double.MIN_NORMAL));
            total += w[test[r]];
        }
        return total > 0 ? sum / total : 0;
    }
}
