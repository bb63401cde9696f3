package lyceum.learn.active;

import java.util.Arrays;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.Classifier;
import lyceum.tensor.Tensor;

/**
 * What an {@link ActiveLearner} asked and learned.
 *
 * @param asked the rows in the order in which they were asked for
 * @param labels theirs
 * @param rounds labels known after each round, the start being the first
 * @param stopped whether the stopping rule ended it, and not the budget
 * @param model of all labels; null if they are of one class
 */
public record ActiveRun(int[] asked, long[] labels, int[] rounds, boolean stopped, ClassificationModel model) {
    /** Accuracy on a test set after each round, fitted anew; NaN while labels are of one class. */
    public double[] curve(Classifier learner, Tensor pool, Tensor testX, Tensor testLabels) {
        var scores = new double[rounds.length];
        for (int r = 0; r < rounds.length; r++) {
            long[] some = Arrays.copyOf(labels, rounds[r]);
            boolean one = Arrays.stream(some).distinct().limit(2).count() < 2;
            scores[r] = one ? Double.NaN
                    : learner.fit(pool.rows(Arrays.copyOf(asked, rounds[r])), Tensor.of(some)).score(testX, testLabels);
        }
        return scores;
    }
}
