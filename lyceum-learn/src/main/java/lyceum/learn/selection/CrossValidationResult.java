package lyceum.learn.selection;

import java.util.Arrays;
import java.util.List;
import lyceum.prob.StudentT;
import lyceum.stats.Interval;

/**
 * Scores of each fold.
 *
 * @param scorers names, in the order they were asked for
 * @param scores {@code scores[scorer][fold]}
 * @param folds rows of each fold
 */
public record CrossValidationResult(List<String> scorers, double[][] scores, List<Fold> folds) {
    public CrossValidationResult {
        scorers = List.copyOf(scorers);
        folds = List.copyOf(folds);
    }

    /** Scores of a scorer, one a fold. */
    public double[] scores(String scorer) { return scores[index(scorer)].clone(); }

    public double[] scores(Scorer scorer) { return scores(scorer.name()); }

    /** Mean of the first scorer's scores. */
    public double mean() { return mean(scores[0]); }

    public double mean(Scorer scorer) { return mean(scores(scorer)); }

    /** Standard deviation of the first scorer's scores between folds: how they scatter, not how sure their mean is. */
    public double standardDeviation() { return Math.sqrt(variance(scores[0])); }

    public double standardDeviation(Scorer scorer) { return Math.sqrt(variance(scores(scorer))); }

    /** {@link #interval(Scorer, double)} of the first scorer. */
    public Interval interval(double level) { return interval(scores[0], trainingShare(), level); }

    /**
     * Interval for the mean score of this recipe. Training sets overlap, so folds are correlated and a plain t interval is too short: the variance of the mean
     * of J scores is taken as {@code (1 / J + test rows / training rows) s^2}.
     *
     * @see <a href="https://doi.org/10.1023/A:1024068626366">Nadeau and Bengio (2003)</a>
     */
    public Interval interval(Scorer scorer, double level) { return interval(scores(scorer), trainingShare(), level); }

    /**
     * The same interval for the difference of this recipe's mean score and another's on the same folds; without 0 in it the difference is beyond luck.
     *
     * @throws IllegalArgumentException if the other result has other folds
     */
    public Interval difference(CrossValidationResult other, Scorer scorer, double level) {
        double[] a = scores(scorer), b = other.scores(scorer), d = new double[a.length];
        if (a.length != b.length)
            throw new IllegalArgumentException("difference: " + a.length + " and " + b.length + " folds; both results need the same");
        for (int f = 0; f < d.length; f++) {
            if (!Arrays.equals(folds.get(f).test(), other.folds.get(f).test()))
                throw new IllegalArgumentException("difference: fold " + f + " tests other rows in the other result");
            d[f] = a[f] - b[f];
        }
        return interval(d, trainingShare(), level);
    }

    /** Test rows over training rows, of all folds. */
    private double trainingShare() {
        double test = 0, train = 0;
        for (var fold : folds) {
            test += fold.test().length;
            train += fold.train().length;
        }
        return test / train;
    }

    static Interval interval(double[] scores, double ratio, double level) {
        if (scores.length < 2) throw new IllegalArgumentException("interval: " + scores.length + " score; at least two folds are needed");
        if (!(level > 0 && level < 1))
            throw new IllegalArgumentException("interval: level is " + level + "; it lies strictly between 0 and 1");
        double half = new StudentT(scores.length - 1).upperQuantile((1 - level) / 2)
                * Math.sqrt((1.0 / scores.length + ratio) * variance(scores)), mean = mean(scores);
        return new Interval(mean - half, mean + half);
    }

    static double mean(double[] values) {
        double sum = 0;
        for (double v : values) sum += v;
        return sum / values.length;
    }

    private static double variance(double[] values) {
        double mean = mean(values), sum = 0;
        for (double v : values) sum += (v - mean) * (v - mean);
        return sum / (values.length - 1);
    }

    private int index(String scorer) {
        int i = scorers.indexOf(scorer);
        if (i < 0) throw new IllegalArgumentException("scores: there is no '" + scorer + "'; there are " + String.join(", ", scorers));
        return i;
    }
}
