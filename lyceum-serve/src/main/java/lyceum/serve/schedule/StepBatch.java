package lyceum.serve.schedule;

import java.util.ArrayList;
import java.util.List;

/** What one step computes: of some jobs the next ids, those that decode first. Valid until the scheduler is asked again. */
public final class StepBatch {
    /**
     * Ids of one job.
     *
     * @param start place of the first one
     * @param count how many, drafts among them
     * @param drafted how many of them are guesses, the last ones
     */
    public record Slice(Job job, int start, int count, int drafted) {
        /** Whether the logits behind it say the job's next id. */
        public boolean samples() { return start + count - drafted == job.size(); }
    }

    private final List<Slice> slices;
    int tokens;

    /** @param most slices that are likely */
    StepBatch(int most) { slices = new ArrayList<>(most); }

    /** Decoding jobs, then parts of prompts. */
    public List<Slice> slices() { return slices; }

    /** Ids of all slices. */
    public int tokens() { return tokens; }

    public boolean isEmpty() { return slices.isEmpty(); }

    void add(Job job, int count, int drafted) {
        slices.add(new Slice(job, job.computed, count, drafted));
        tokens += count;
    }

    void remove(Job job) {
        for (int i = slices.size() - 1; i >= 0; i--) {
            if (slices.get(i).job != job) continue;
            tokens -= slices.get(i).count;
            slices.remove(i);
        }
    }
}
