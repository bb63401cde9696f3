package lyceum.learn.metrics;

import java.util.Arrays;
import java.util.Locale;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.stats.Interval;
import lyceum.stats.ProportionInterval;
import lyceum.stats.learner.ClassificationModel;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * A fitted model of two classes as decisions are made with it: which class is positive, where the score is cut, and how frequent positives are where it is used.
 *
 * {@snippet :
 * Tensor x = Tensor.randn(lyceum.random.Rng.of(1), lyceum.DType.F64, 200, 2), labels = x.sum(1).gt(0).to(lyceum.DType.I64);
 * var model = new LogisticRegression().fit(x, labels);
 * var alarm = BinaryClassifier.of(model, 1).forCosts(1, 9);                  // a miss is nine times as dear: cut at 0.1
 * var rare = BinaryClassifier.of(model, 1).atPrevalence(0.5, 0.01);          // trained on halves, used where one in a hundred is positive
 * var chosen = BinaryClassifier.of(model, 1).tunedForRecall(x, labels, 0.95);// on rows that were not trained on
 * System.out.println(chosen.report(x, labels, 0.95));
 * }
 *
 * <p>The score is the positive class's probability, or the decision function of models without one.
 *
 * @param positive label of the positive class
 * @param threshold rows that score at least this are called positive
 * @param shift added to the log odds of probabilities; 0 where prevalence is that of the training rows
 * @param reversed positive is what the other class's score leaves: threshold and shift are that one's. So {@link #swapped} decides alike to the last row
 * @see <a href="https://www.ijcai.org/Proceedings/01/IJCAI-2001-k.pdf">Elkan (2001)</a>
 * @see <a href="https://doi.org/10.1162/089976602753284446">Saerens, Latinne and Decaestecker (2002)</a>
 */
@Withers
public record BinaryClassifier(ClassificationModel model, long positive, double threshold, double shift, boolean reversed)
        implements BinaryClassifierWithers {
    public BinaryClassifier {
        long[] classes = model.classes();
        if (classes.length != 2 || classes[0] != positive && classes[1] != positive)
            throw new IllegalArgumentException("BinaryClassifier: the model knows the classes " + Arrays.toString(classes) + ", " + positive
                    + " is to be positive; two classes, one of them that");
        if (shift != 0 && !model.hasProbabilities()) throw new IllegalArgumentException(
                "BinaryClassifier: a model without probabilities has no log odds to shift; calibrate it first");
    }

    /** Cut at a probability of 1/2, or a score of 0. */
    public static BinaryClassifier of(ClassificationModel model, long positive) {
        return new BinaryClassifier(model, positive, model.hasProbabilities() ? 0.5 : 0, 0, false);
    }

    /** The label that is not positive. */
    public long negative() { return model.classes()[0] == positive ? model.classes()[1] : model.classes()[0]; }

    /** With the other class positive; each row is called as before. */
    public BinaryClassifier swapped() { return new BinaryClassifier(model, negative(), threshold, shift, !reversed); }

    /** Score of each row (n), F64. */
    public Tensor score(Tensor x) {
        var s = cutScore(x);
        return !reversed ? s : model.hasProbabilities() ? s.neg().add(1).compute() : s.neg().compute();
    }

    /** Of the class that the threshold is for. */
    private Tensor cutScore(Tensor x) {
        boolean second = model.classes()[1] == positive ^ reversed;
        if (!model.hasProbabilities()) {
            var decision = model.decisionFunction(x).to(DType.F64);
            return second ? decision : decision.neg().compute();
        }
        var p = model.predictProba(x).to(DType.F64).select(1, second ? 1 : 0);
        return shift == 0 ? p.contiguous() : adjusted(p, shift);
    }

    private boolean[] called(Tensor x) {
        double[] s = cutScore(x).toDoubleArray();
        var called = new boolean[s.length];
        for (int i = 0; i < s.length; i++) called[i] = s[i] >= threshold ^ reversed;
        return called;
    }

    /** {@code sigmoid(logit p + shift)}. */
    private static Tensor adjusted(Tensor p, double shift) {
        var odds = p.mul(Math.exp(shift));
        return odds.div(odds.add(p.neg().add(1))).compute();
    }

    /** The label of each row (n), I64. */
    public Tensor predict(Tensor x) {
        boolean[] called = called(x);
        var labels = new long[called.length];
        for (int i = 0; i < labels.length; i++) labels[i] = called[i] ? positive : negative();
        return Tensor.of(labels);
    }

    /** Cut at {@code falseAlarm / (falseAlarm + miss)}, the cheapest place if probabilities are right. */
    public BinaryClassifier forCosts(double falseAlarm, double miss) {
        if (!model.hasProbabilities())
            throw new IllegalArgumentException("BinaryClassifier.forCosts: the model has no probabilities; tunedForCosts needs none");
        Thresholds.checkCosts(falseAlarm, miss);
        return cutAt(falseAlarm / (falseAlarm + miss));
    }

    /** Cut where these rows cost least; better not those that were trained on. */
    public BinaryClassifier tunedForCosts(Tensor x, Tensor labels, double falseAlarm, double miss) {
        return cutAt(Thresholds.minimisingCost(positives(labels), score(x).toDoubleArray(), falseAlarm, miss).threshold());
    }

    public BinaryClassifier tunedForFBeta(Tensor x, Tensor labels, double beta) {
        return cutAt(Thresholds.maximisingFBeta(positives(labels), score(x).toDoubleArray(), beta).threshold());
    }

    /** At the largest precision with at least this recall. */
    public BinaryClassifier tunedForRecall(Tensor x, Tensor labels, double recall) {
        return cutAt(Thresholds.forRecall(positives(labels), score(x).toDoubleArray(), recall).threshold());
    }

    /** At the largest recall with at most this share of false alarms among negatives. */
    public BinaryClassifier tunedForFalsePositiveRate(Tensor x, Tensor labels, double rate) {
        return cutAt(Thresholds.forFalsePositiveRate(positives(labels), score(x).toDoubleArray(), rate).threshold());
    }

    /** For use where a share {@code real} is positive, after training with a share {@code trained}: adds {@code logit real - logit trained} to the log odds. */
    public BinaryClassifier atPrevalence(double trained, double real) {
        for (double share : new double[] {trained, real})
            if (!(share > 0 && share < 1))
                throw new IllegalArgumentException("BinaryClassifier.atPrevalence: a share of " + share + "; between 0 and 1");
        double more = Math.log(real / (1 - real)) - Math.log(trained / (1 - trained));
        return withShift(reversed ? shift - more : shift + more);
    }

    /** On the positive class's own score. */
    private BinaryClassifier cutAt(double place) { return new BinaryClassifier(model, positive, place, reversed ? -shift : shift, false); }

    private boolean[] positives(Tensor labels) {
        if (labels.rank() != 1 || labels.dtype().isFloat()) throw new IllegalArgumentException(
                "BinaryClassifier: labels are " + labels.dtype() + " of shape " + labels.shape() + "; integers or BOOL, one a row");
        long[] values = labels.to(DType.I64).toLongArray();
        var positives = new boolean[values.length];
        for (int i = 0; i < values.length; i++) {
            if (values[i] != positive && values[i] != negative()) throw new IllegalArgumentException(
                    "BinaryClassifier: label " + values[i] + " in row " + i + "; the classes are " + positive + " and " + negative());
            positives[i] = values[i] == positive;
        }
        return positives;
    }

    /** Counts on rows and the shares that they make, with Wilson's intervals. */
    public Report report(Tensor x, Tensor labels, double level) {
        boolean[] truth = positives(labels);
        boolean[] called = called(x);
        if (truth.length != called.length)
            throw new ShapeException("BinaryClassifier.report: x has " + called.length + " rows but there are " + truth.length + " labels");
        long tp = 0, fp = 0, fn = 0, tn = 0;
        for (int i = 0; i < called.length; i++) {
            if (called[i]) {
                if (truth[i]) tp++;
                else fp++;
            } else if (truth[i]) fn++;
            else tn++;
        }
        return new Report(positive, tp, fp, fn, tn, level);
    }

    /** What became of rows. Shares of nothing are NaN. */
    public record Report(long positive, long truePositives, long falsePositives, long falseNegatives, long trueNegatives, double level) {
        private static double share(long part, long rest) { return (double) part / (part + rest); }

        private Interval interval(long part, long rest) {
            return part + rest == 0 ? new Interval(0, 1) : ProportionInterval.wilson(part, part + rest, level);
        }

        public double sensitivity() { return share(truePositives, falseNegatives); }

        public double specificity() { return share(trueNegatives, falsePositives); }

        public double precision() { return share(truePositives, falsePositives); }

        /** Share of those called negative that are. */
        public double negativePredictiveValue() { return share(trueNegatives, falseNegatives); }

        public double prevalence() { return share(truePositives + falseNegatives, falsePositives + trueNegatives); }

        public double accuracy() { return share(truePositives + trueNegatives, falsePositives + falseNegatives); }

        public Interval sensitivityInterval() { return interval(truePositives, falseNegatives); }

        public Interval specificityInterval() { return interval(trueNegatives, falsePositives); }

        public Interval precisionInterval() { return interval(truePositives, falsePositives); }

        public Interval negativePredictiveInterval() { return interval(trueNegatives, falseNegatives); }

        /** {@code falseAlarm FP + miss FN} a row. */
        public double cost(double falseAlarm, double miss) {
            return (falseAlarm * falsePositives + miss * falseNegatives)
                    / (truePositives + falsePositives + falseNegatives + trueNegatives);
        }

        @Override public String toString() {
            return String.format(Locale.ROOT, "positive is %d: %d found, %d missed, %d false alarms, %d rightly left%n", positive,
                    truePositives, falseNegatives, falsePositives, trueNegatives)
                    + line("sensitivity", sensitivity(), sensitivityInterval()) + line("specificity", specificity(), specificityInterval())
                    + line("precision", precision(), precisionInterval())
                    + line("negative predictive value", negativePredictiveValue(), negativePredictiveInterval());
        }

        private String line(String name, double value, Interval interval) {
            return String.format(Locale.ROOT, "%-26s %.4f  (%.4f to %.4f)%n", name, value, interval.low(), interval.high());
        }
    }
}
