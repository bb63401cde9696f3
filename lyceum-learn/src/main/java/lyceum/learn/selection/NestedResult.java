package lyceum.learn.selection;

import java.util.List;
import lyceum.stats.Interval;

/**
 * What nested cross-validation found.
 *
 * @param scores the score in each outer fold of the candidate chosen without it
 * @param chosen that candidate's number
 * @param best the candidate that all rows together choose: the one to fit and use
 * @param plainScore the mean score with which {@code best} was chosen. It is the best of several noisy numbers and so too good: report {@link #mean()}
 * @param folds the outer folds
 */
public record NestedResult(double[] scores, int[] chosen, int best, double plainScore, List<Fold> folds) {
    /** How well "choose, then fit" does on rows that had no part in either. */
    public double mean() { return CrossValidationResult.mean(scores); }

    /** Nadeau-Bengio interval of {@link #mean()}. */
    public Interval interval(double level) {
        return new CrossValidationResult(List.of("nested"), new double[][] {scores}, folds).interval(level);
    }
}
