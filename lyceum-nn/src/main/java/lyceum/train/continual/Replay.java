package lyceum.train.continual;

import java.util.Objects;
import lyceum.nn.Module;
import lyceum.random.Rng;

/**
 * Rehearsal: rows of a {@link ReplayMemory} join every batch. The memory is offered a task's rows when the task ends.
 *
 * @param capacity rows that are kept, at least 1
 * @param policy which
 * @param rows of the memory in a batch, at least 1; what the memory has, if that is fewer
 * @see <a href="https://arxiv.org/abs/1902.10486">Chaudhry et al. (2019), On Tiny Episodic Memories</a>
 */
public record Replay(int capacity, ReplayMemory.Policy policy, int rows) implements ContinualMethod {
    public Replay {
        if (capacity < 1 || rows < 1)
            throw new IllegalArgumentException("Replay: capacity is " + capacity + ", rows " + rows + "; both are at least 1");
        Objects.requireNonNull(policy, "policy");
    }

    /** A reservoir, 32 rows of it in a batch. */
    public Replay(int capacity) { this(capacity, ReplayMemory.Policy.RESERVOIR, 32); }

    @Override public Session start(Module model, TaskObjective objective, Rng rng) {
        var memory = new ReplayMemory(capacity, policy, rng.split(1));
        var draws = rng.split(2);
        return new Session(model, objective) {
            @Override protected TaskBatch extend(int stage, TaskBatch batch) {
                return memory.size() == 0 ? batch : batch.and(memory.sample(rows, draws));
            }

            @Override protected void end(int stage, TaskBatch data) { memory.offer(data.rows(draws.permutation(data.tasks().length))); }
        };
    }
}
