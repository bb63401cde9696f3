package lyceum.learn.ensemble;

import java.util.Arrays;
import java.util.List;
import lyceum.learn.ensemble.AdaBoostClassifier.Algorithm;
import lyceum.learn.ensemble.AdaBoostClassifier.Stop;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * A fitted {@link AdaBoostClassifier}.
 *
 * @param classes the labels, ascending
 * @param members the stages' fits
 * @param memberWeights their votes, alpha; all 1 with {@link Algorithm#SAMME_R}
 * @param errors the weighted error of each on the rows as it saw them
 * @param stop why there are no more
 */
public record AdaBoostClassifierModel(long[] classes, int nFeatures, Algorithm algorithm, List<ClassificationModel> members,
        double[] memberWeights, double[] errors, Stop stop) implements ClassificationModel {
    public AdaBoostClassifierModel {
        members = List.copyOf(members);
    }

    @Override public long[] classes() { return classes.clone(); }

    /** A copy. */
    @Override public double[] memberWeights() { return memberWeights.clone(); }

    /** A copy. */
    @Override public double[] errors() { return errors.clone(); }

    /** The logarithm of a probability that may be 0. */
    static double log(double p) { return Math.log(Math.max(p, 0x1p-52)); }

    /** Adds a member's say about each row and class. */
    private void add(int m, Tensor x, double[] sums) {
        int k = classes.length;
        double[] p = BaggedClassifierModel.votes(members.get(m), null, x, classes, algorithm == Algorithm.SAMME_R);
        for (int at = 0; at < p.length; at += k) {
            double mean = 0;
            if (algorithm == Algorithm.SAMME_R) for (int c = 0; c < k; c++) mean += log(p[at + c]) / k;
            for (int c = 0; c < k; c++) {
                sums[at + c] += k == 1 ? 1 : algorithm == Algorithm.SAMME_R ? (k - 1) * (log(p[at + c]) - mean)
                        : memberWeights[m] * (p[at + c] == 1 ? 1 : -1 / (k - 1.0));
            }
        }
    }

    /** Scores of classes, divided by the sum of the votes: (n x classes). */
    private double[] scores(Tensor x) {
        var sums = new double[(int) x.size(0) * classes.length];
        double total = 0;
        for (int m = 0; m < members.size(); m++) {
            add(m, x, sums);
            total += memberWeights[m];
        }
        for (int i = 0; i < sums.length; i++) sums[i] /= total;
        return sums;
    }

    private Tensor decisions(double[] scores, Tensor x) {
        int k = classes.length, n = scores.length / k;
        if (k != 2) return Tensor.of(scores, n, k).to(x.dtype());
        var one = new double[n];
        for (int i = 0; i < n; i++) one[i] = scores[2 * i + 1] - scores[2 * i];
        return Tensor.of(one).to(x.dtype());
    }

    /**
     * The votes' weighted mean, as scikit-learn scales it: a member adds its weight to the class it chooses and {@code -1 / (K - 1)} of it to
     * the others; for two classes (n) the difference of both, between -2 and 2.
     */
    @Override public Tensor decisionFunction(Tensor x) {
        var rows = LearnerInput.forModelWithNaN(this, x).x();
        return decisions(scores(rows), rows);
    }

    /** The softmax of the decisions over {@code K - 1} (Zhu and others 2009); a ranking more than a frequency. */
    @Override public Tensor predictProba(Tensor x) {
        var rows = LearnerInput.forModelWithNaN(this, x).x();
        int k = classes.length;
        return Tensor.of(scores(rows), rows.size(0), k).div(Math.max(1, k - 1)).softmax(1).to(rows.dtype());
    }

    private static long[] truth(LearnerInput input, Tensor labels) {
        var found = input.labels(labels);
        return Arrays.stream(found.codes()).mapToLong(c -> found.classes()[c]).toArray();
    }

    /** Accuracy by the first 1, 2, ... members. */
    public double[] stagedScores(Tensor x, Tensor labels) {
        var input = LearnerInput.forModelWithNaN(this, x);
        long[] truth = truth(input, labels);
        int k = classes.length;
        double[] scores = new double[members.size()], sums = new double[truth.length * k];
        for (int m = 0; m < scores.length; m++) {
            add(m, input.x(), sums);
            int right = 0;
            for (int i = 0; i < truth.length; i++) {
                int best = 0;
                for (int c = 1; c < k; c++) if (sums[i * k + c] > sums[i * k + best]) best = c;
                if (classes[best] == truth[i]) right++;
            }
            scores[m] = (double) right / truth.length;
        }
        return scores;
    }

    /**
     * By how much the true class leads the next one (n), F64: for {@link Algorithm#SAMME} the difference of their shares of the votes, from -1
     * to 1; positive where the row is classified well.
     */
    public Tensor margins(Tensor x, Tensor labels) {
        var input = LearnerInput.forModelWithNaN(this, x);
        long[] truth = truth(input, labels);
        int k = classes.length;
        double[] scores = scores(input.x()), margins = new double[truth.length];
        for (int i = 0; i < truth.length; i++) {
            double own = Double.NEGATIVE_INFINITY, other = Double.NEGATIVE_INFINITY;
            for (int c = 0; c < k; c++) {
                if (classes[c] == truth[i]) own = scores[i * k + c];
                else other = Math.max(other, scores[i * k + c]);
            }
            margins[i] = k == 1 ? 1 : (own - other) * (k - 1) / k;
        }
        return Tensor.of(margins);
    }

    /** The model of the first members alone. */
    public AdaBoostClassifierModel first(int count) {
        return new AdaBoostClassifierModel(classes, nFeatures, algorithm, members.subList(0, count), Arrays.copyOf(memberWeights, count),
                Arrays.copyOf(errors, count), Stop.STAGES);
    }
}
