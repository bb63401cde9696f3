package lyceum.serve;

import lyceum.DType;
import lyceum.serve.schedule.SchedulerOptions;
import lyceum.withers.Withers;

/**
 * How an {@link Engine} works.
 *
 * @param scheduler which requests a step computes
 * @param blocks of memory for keys and values
 * @param blockSize positions of a block
 * @param paged blocks by need; false reserves what each request could need at most, side by side
 * @param reuse whether beginnings that were computed are kept for later requests; with pages alone
 * @param stored how keys and values are kept: a float type, or I8
 * @param guesses ids that a {@link Drafter} guesses at most; 0 for none
 * @param queue requests that it takes at once, those that run among them; more are {@linkplain RejectedException refused}
 */
@Withers
public record EngineOptions(SchedulerOptions scheduler, int blocks, int blockSize, boolean paged, boolean reuse, DType stored, int guesses,
        int queue) implements EngineOptionsWithers {
    public EngineOptions {
        if (guesses < 0 || queue < 1)
            throw new IllegalArgumentException("EngineOptions: " + guesses + " guesses and a queue of " + queue + "; none and 1 at least");
        if (reuse && !paged)
            throw new IllegalArgumentException("EngineOptions: beginnings are reused in pages; set reuse to false, or paged to true");
    }

    /** 512 blocks of 16 positions in F32, beginnings reused, no guesses, 10,000 requests at once. */
    public EngineOptions() { this(new SchedulerOptions(), 512, 16, true, true, DType.F32, 0, 10_000); }

    /** The same with other choices of the scheduler. */
    public EngineOptions withChunk(int chunk) { return withScheduler(scheduler.withChunk(chunk)); }
}
