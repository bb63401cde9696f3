package lyceum.learn.tuning;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A configuration that was tried.
 *
 * @param number its place in the study, from 0
 * @param resource what was spent on it, in the strategy's unit (epochs, trees); 1 where the strategy has none
 * @param continues the trial of the same configuration with less resource, or -1
 * @param value what the objective returned, or the last report of a pruned trial; NaN for a failed one
 * @param reports values by step: what the objective reported on its way, or the score of each fold
 * @param error why it failed, or null
 */
public record Trial(int number, Configuration configuration, double resource, int continues, Status status, double value,
        SortedMap<Long, Double> reports, String error) {
    /** How it ended. */
    public enum Status {
        DONE, PRUNED, FAILED
    }

    public Trial { reports = Collections.unmodifiableSortedMap(new TreeMap<>(reports)); }

    public boolean isDone() { return status == Status.DONE; }
}
