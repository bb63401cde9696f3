package lyceum.learn.tuning;

import java.util.TreeMap;
import lyceum.progress.Progress;
import lyceum.random.Rng;

/** A trial while it runs: what an objective is given. For the thread that runs it. */
public final class TrialRun {
    private final int number;
    private final SearchStrategy.Proposal proposal;
    private final Rng rng;
    private final Study past;
    private final TrialPruner pruner;
    private final Progress progress;
    private final TreeMap<Long, Double> reports = new TreeMap<>();
    private boolean pruned;

    TrialRun(int number, SearchStrategy.Proposal proposal, Rng rng, Study past, TrialPruner pruner, Progress progress) {
        this.number = number;
        this.proposal = proposal;
        this.rng = rng;
        this.past = past;
        this.pruner = pruner;
        this.progress = progress;
    }

    /** Its place in the study, from 0. */
    public int number() { return number; }

    public Configuration configuration() { return proposal.configuration(); }

    /** What to spend: epochs, trees, whatever the strategy's unit is meant to be. */
    public double resource() { return proposal.resource(); }

    /** The earlier trial of this configuration with less resource, to go on from; -1 if there is none. */
    public int continues() { return proposal.continues(); }

    /** A generator of this trial's own, the same when the trial is repeated. */
    public Rng rng() { return rng; }

    /** True once the search is asked to stop; an objective of long steps looks here and throws {@link lyceum.progress.CancelledException}. */
    public boolean isCancelled() { return progress.isCancelled(); }

    /**
     * Tells a value on the way.
     *
     * @param step such as the epoch, ascending
     * @return false if the trial is not worth going on: return from the objective, the trial counts as pruned and the last report as its value
     */
    public boolean report(long step, double value) {
        reports.put(step, value);
        pruned |= pruner.prunes(past, step, value);
        return !pruned;
    }

    /** Keeps a value that no pruner is asked about. */
    void keep(long step, double value) { reports.put(step, value); }

    Trial done(double value) {
        return new Trial(number, proposal.configuration(), proposal.resource(), proposal.continues(),
                pruned ? Trial.Status.PRUNED : Trial.Status.DONE, pruned ? reports.lastEntry().getValue() : value, reports, null);
    }

    Trial failed(RuntimeException e) {
        return new Trial(number, proposal.configuration(), proposal.resource(), proposal.continues(), Trial.Status.FAILED, Double.NaN,
                reports, String.valueOf(e.getMessage()));
    }
}
