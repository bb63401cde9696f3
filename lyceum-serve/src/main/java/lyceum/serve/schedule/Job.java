package lyceum.serve.schedule;

import java.util.Arrays;

/**
 * One request as a {@link Scheduler} sees it: ids of which some have their keys and values in memory. The prompt and what was generated are not told apart: after a
 * preemption both are computed again. For the scheduler's thread.
 */
public final class Job {
    /** Where a job stands. */
    public enum State {
        NEW, WAITING, RUNNING, SWAPPED, ENDED
    }

    /** Generated ids for which there is room from the beginning; most texts are shorter. */
    private static final int ROOM = 512;

    private final int promptLength, most, brought;
    private final String salt;
    private final int priority;
    private int[] ids;
    private int size;
    State state = State.NEW;
    BlockTable table;
    int computed, drafted, overtaken, preemptions, reused;
    long arrival, swapPlace;
    double arrived;
    boolean cached, slotHeld, alone;

    /**
     * @param prompt ids, at least one
     * @param most ids that are generated at most
     */
    public Job(int[] prompt, int most) { this(prompt, most, "", 0); }

    /**
     * @param salt of the tenant: beginnings are shared among jobs of one salt alone
     * @param priority larger ones first, where the order asks for it
     */
    public Job(int[] prompt, int most, String salt, int priority) { this(prompt, most, salt, priority, 0); }

    /** @param brought first positions whose keys and values come from elsewhere: they are in its blocks once it is admitted */
    public Job(int[] prompt, int most, String salt, int priority, int brought) {
        if (brought < 0 || brought >= Math.max(1, prompt.length)) throw new IllegalArgumentException(
                "Job: " + brought + " positions of " + prompt.length + " are brought; the last one is always computed");
        if (prompt.length == 0 || most < 1) throw new IllegalArgumentException(
                "Job: a prompt of " + prompt.length + " ids and " + most + " to generate; each is at least 1");
        ids = Arrays.copyOf(prompt, prompt.length + Math.min(most, ROOM));
        size = promptLength = prompt.length;
        this.most = most;
        this.brought = brought;
        this.salt = salt;
        this.priority = priority;
    }

    /** Takes no positions that others have computed, because somebody looks at what each gives. Before it is added; returns this. */
    public Job computingAll() {
        if (state != State.NEW) throw new IllegalStateException("Job.computingAll: the job is " + state + " already");
        alone = true;
        return this;
    }

    /** Positions that come from elsewhere; none after it has lost its memory. */
    public int brought() { return preemptions > 0 ? 0 : brought; }

    public State state() { return state; }

    public String salt() { return salt; }

    public int priority() { return priority; }

    /** Ids that are known, drafts not among them. */
    public int size() { return size; }

    public int promptLength() { return promptLength; }

    /** Ids that were generated. */
    public int generated() { return size - promptLength; }

    /** Positions at most: the last generated id is never read. */
    public int positions() { return promptLength + most - 1; }

    /** Ids whose keys and values are in memory. */
    public int computed() { return computed; }

    /** How often it lost its memory to others. */
    public int preemptions() { return preemptions; }

    /** Positions that it took from what others had computed, all its admissions together. */
    public int reused() { return reused; }

    /** How many jobs that came later were admitted before it. */
    public int overtaken() { return overtaken; }

    /** Whether all ids but the last one are in memory, so that a step makes a new one. */
    public boolean decodes() { return size - computed == 1; }

    /** An id, that of a draft behind the last. */
    public int id(int place) { return ids[place]; }

    /** Ids without drafts. */
    public int[] toArray() { return Arrays.copyOf(ids, size); }

    int[] raw() { return ids; }

    /** Where its positions lie; null while it has no memory. */
    public BlockTable table() { return table; }

    void append(int id) {
        room(1);
        ids[size++] = id;
    }

    /** Puts guesses behind the last id, for the next step alone. */
    void draft(int... guesses) {
        room(guesses.length);
        System.arraycopy(guesses, 0, ids, size, guesses.length);
        drafted = guesses.length;
    }

    private void room(int n) { if (size + n > ids.length) ids = Arrays.copyOf(ids, Math.max(2 * ids.length, size + n)); }
}
