package lyceum.serve;

/**
 * Counts of an {@link Engine} since it began, and where it stands.
 *
 * @param submitted requests
 * @param finished requests that ended by themselves
 * @param cancelled requests that somebody stopped
 * @param failed requests that went wrong
 * @param steps passes of the model
 * @param computedTokens ids that the model read
 * @param readPositions positions whose keys and values passes looked at, each once a request and pass
 * @param generatedTokens ids that were drawn
 * @param reusedTokens positions that were known from earlier requests
 * @param preemptions how often a request lost its memory to others
 * @param guessed ids that were guessed and checked
 * @param accepted guesses that were right
 * @param running requests with memory
 * @param waiting requests without
 * @param freeBlocks blocks that nobody has
 * @param keptBlocks blocks of beginnings that are kept for later requests
 * @param blocks all
 * @param inSystemSeconds time integral of the number of requests that were submitted and not over
 * @param residenceSeconds sum of the times from a request's submission to its end
 */
public record EngineMetrics(long submitted, long finished, long cancelled, long failed, long steps, long computedTokens, long readPositions,
        long generatedTokens, long reusedTokens, long preemptions, long guessed, long accepted, int running, int waiting, int freeBlocks,
        int keptBlocks, int blocks, double inSystemSeconds, double residenceSeconds) {

    /** Share of blocks that are taken. */
    public double occupancy() { return 1 - (double) freeBlocks / blocks; }
}
