package lyceum.learn.tuning;

/** Which trials are stopped early. An answer follows from the rounds that are over, not from trials that run beside, so that it is the same for any number of threads. */
@FunctionalInterface
public interface TrialPruner {
    /** Every trial runs to its end: the default. */
    TrialPruner NONE = (past, step, value) -> false;

    /**
     * Whether to stop a trial.
     *
     * @param past the trials of earlier rounds
     * @param step what it has done
     * @param value what it reports there
     */
    boolean prunes(Study past, long step, double value);

    /**
     * Stops a trial whose value is worse than the median of what earlier trials had at the same step (Golovin and others 2017, Google Vizier).
     *
     * @param warmup steps before which no trial is stopped
     * @param least trials that have been there before
     */
    static TrialPruner median(long warmup, int least) {
        return (past, step, value) -> {
            if (step < warmup) return false;
            double[] there = past.trials().stream().map(t -> t.reports().get(step)).filter(v -> v != null && !v.isNaN()).mapToDouble(v -> v)
                    .sorted().toArray();
            if (there.length < Math.max(1, least)) return false;
            int half = there.length / 2;
            double median = there.length % 2 == 1 ? there[half] : 0.5 * (there[half - 1] + there[half]);
            return Double.isNaN(value) || past.prefers(median, value);
        };
    }
}
