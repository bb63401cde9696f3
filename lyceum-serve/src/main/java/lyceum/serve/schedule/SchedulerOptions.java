package lyceum.serve.schedule;

import lyceum.withers.Withers;

/**
 * How a {@link Scheduler} chooses.
 *
 * @param batching when waiting jobs may join
 * @param maxRunning jobs at once
 * @param tokenBudget ids that a step computes at most
 * @param chunk ids of one prompt that a step computes at most; {@link #WHOLE} computes a prompt in one step
 * @param order of those that wait
 * @param patience how many jobs that came later may be admitted before one that waits, whatever the order says
 * @param preemption what becomes of the memory of a job that gives way
 * @param timeout seconds that {@link Batching#TIMEOUT} waits for a full batch
 */
@Withers
public record SchedulerOptions(Batching batching, int maxRunning, int tokenBudget, int chunk, Order order, int patience,
        Preemption preemption, double timeout) implements SchedulerOptionsWithers {
    /** No chunks. */
    public static final int WHOLE = Integer.MAX_VALUE;

    /** Of those that wait, who is next; who came first where they are equal. */
    public enum Order {
        /** Who came first. */
        ARRIVAL,
        /** Whose beginning is known for the longest; of equals, branch by branch of the tree of beginnings. */
        PREFIX,
        /** The shortest prompt. */
        SHORTEST,
        /** The largest priority. */
        PRIORITY
    }

    /** What becomes of keys and values when blocks run out. */
    public enum Preemption {
        /** They are forgotten and computed again. */
        RECOMPUTE,
        /** They are kept elsewhere and come back. */
        SWAP
    }

    public SchedulerOptions {
        if (maxRunning < 1 || tokenBudget < 1 || chunk < 1 || patience < 0)
            throw new IllegalArgumentException("SchedulerOptions: maxRunning " + maxRunning + ", tokenBudget " + tokenBudget + " and chunk "
                    + chunk + " are at least 1, patience " + patience + " is at least 0");
        if (!(timeout >= 0))
            throw new IllegalArgumentException("SchedulerOptions: a timeout of " + timeout + " seconds; it is not negative");
    }

    /** Continuous, 64 jobs, 512 ids a step in chunks of 256, in order of arrival, recomputed. */
    public SchedulerOptions() { this(Batching.CONTINUOUS, 64, 512, 256, Order.ARRIVAL, 1000, Preemption.RECOMPUTE, 0.05); }

    /** Whether prompts may be computed in parts. */
    public boolean isChunked() { return chunk != WHOLE; }
}
