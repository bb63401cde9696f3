package lyceum.learn.tuning;

import java.util.List;
import lyceum.random.Rng;

/**
 * Which configurations are tried next: {@link GridSearch}, {@link RandomSearch}, {@link QuasiRandomSearch}, {@link SuccessiveHalving}, {@link Hyperband},
 * {@link ParzenSearch}, {@link BayesianSearch}, or a user's own. An answer follows from the history and the generator alone, so that a search goes on where it
 * was stopped.
 */
public interface SearchStrategy {
    /**
     * What to try.
     *
     * @param resource to spend on it
     * @param continues the earlier trial of the same configuration, or -1
     */
    record Proposal(Configuration configuration, double resource, int continues) {
        static Proposal of(Configuration configuration) { return new Proposal(configuration, 1, -1); }
    }

    /**
     * The next trials, to be run side by side; none when the search is over.
     *
     * @param past all trials so far
     * @param most how many are wanted at a time; a strategy whose rounds have a size of their own may return more
     * @param rng the search's generator, the same in each round: split it by the number of past trials
     */
    List<Proposal> next(Study past, int most, Rng rng);

    /** How many trials there will be; -1 if that is open. */
    int trials(SearchSpace space);

    /** How many trials are run side by side unless the search says otherwise: 1 for a strategy that learns from each. */
    default int batch() { return 16; }

    /** The largest resource that a trial is given. */
    default double maxResource() { return 1; }
}
