package lyceum.serve;

import java.util.List;

/**
 * What one step of an {@link Engine} did.
 *
 * @param number from 0
 * @param decoded requests that got a token from one position
 * @param prefilled ids of prompts, and of texts that are computed again
 * @param running requests with memory after it
 * @param waiting requests without
 * @param freeBlocks blocks that nobody has
 * @param requests numbers of those that were computed, those that decoded first
 * @param began seconds from the engine's beginning to the step's
 * @param took seconds that it took
 */
public record EngineStep(long number, int decoded, int prefilled, int running, int waiting, int freeBlocks, List<Long> requests,
        double began, double took) {}
