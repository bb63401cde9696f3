package lyceum.serve.schedule;

/** When waiting jobs may join those that run. */
public enum Batching {
    /** When all of the last batch are done, those that wait. */
    STATIC,
    /** When all of the last batch are done, as soon as a batch is full or the first one has waited for long enough. */
    TIMEOUT,
    /** At every step (Yu et al. 2022, Orca). */
    CONTINUOUS;

    /** Whether a batch ends as a whole. */
    public boolean isWhole() { return this != CONTINUOUS; }
}
