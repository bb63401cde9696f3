package lyceum.serve.schedule;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Decides step by step what a serving engine computes: fills each step's budget of ids with the jobs that decode first and with slices of prompts next, admits jobs that
 * wait as policy and memory allow, and takes memory back from those that came last when blocks run out.
 *
 * {@snippet :
 * var pool = new BlockPool(256, 16);
 * var scheduler = new Scheduler(new SchedulerOptions().withChunk(64), pool, new PrefixTree(pool));
 * scheduler.add(new Job(prompt, 100), now);
 * StepBatch batch = scheduler.next(now);
 * // the model computes batch.slices()
 * scheduler.computed(batch);
 * for (var slice : batch.slices())
 *     if (slice.samples()) scheduler.append(slice.job(), drawn);   // or scheduler.end(slice.job())
 * }
 *
 * <p>The job that came first of those that run is never preempted, and one that waits is overtaken {@link SchedulerOptions#patience} times at most: every job ends. Knows
 * neither a model nor a clock; times are what the caller says.
 *
 * @see <a href="https://www.usenix.org/conference/osdi22/presentation/yu">Yu et al. (2022): Orca</a>
 * @see <a href="https://arxiv.org/abs/2309.06180">Kwon et al. (2023): preemption</a>
 * @see <a href="https://arxiv.org/abs/2403.02310">Agrawal et al. (2024): chunked prefill</a>
 */
public final class Scheduler {
    private final SchedulerOptions options;
    private final KvAllocator memory;
    private final BlockPool pool; // null where memory is reserved
    private final PrefixTree tree;
    private final List<Job> waiting = new ArrayList<>(), running = new ArrayList<>();
    private final List<Job> slots = new ArrayList<>(); // of a whole batch: ended jobs keep theirs
    private long arrivals, places;
    private long admissions, preemptions, computedTokens, readPositions, reusedTokens, recomputedTokens;

    /** @param tree of beginnings to reuse, over the same pool; or null */
    public Scheduler(SchedulerOptions options, KvAllocator memory, PrefixTree tree) {
        if (tree != null && !(memory instanceof BlockPool))
            throw new IllegalArgumentException("Scheduler: beginnings are shared in a BlockPool alone, not in Reservations");
        this.options = options;
        this.memory = memory;
        this.tree = tree;
        pool = memory instanceof BlockPool p ? p : null;
    }

    public SchedulerOptions options() { return options; }

    public KvAllocator memory() { return memory; }

    /** Jobs that wait, in the order in which they came; those that were preempted first. */
    public List<Job> waiting() { return List.copyOf(waiting); }

    /** Jobs that have memory, in the order in which they came. */
    public List<Job> running() { return List.copyOf(running); }

    /** How many jobs wait. */
    public int waitingCount() { return waiting.size(); }

    /** How many jobs have memory. */
    public int runningCount() { return running.size(); }

    public boolean isIdle() { return waiting.isEmpty() && running.isEmpty(); }

    public long admissions() { return admissions; }

    public long preemptions() { return preemptions; }

    /** Ids that steps computed, guesses among them. */
    public long computedTokens() { return computedTokens; }

    /** Positions whose keys and values steps looked at, each once a job and step. */
    public long readPositions() { return readPositions; }

    /** Positions that were found in the tree. */
    public long reusedTokens() { return reusedTokens; }

    /** Positions that were forgotten by preemptions and had to be computed once more. */
    public long recomputedTokens() { return recomputedTokens; }

    /** Slots of the batch that are taken: by jobs that run, and in a whole batch by those that wait for its end. */
    public int occupied() { return options.batching().isWhole() ? slots.size() : running.size(); }

    /**
     * A job comes.
     *
     * @param now seconds, on any clock that does not go back
     * @throws IllegalArgumentException if it fits neither into the memory nor, without chunks, into a step
     */
    public void add(Job job, double now) {
        if (job.state != Job.State.NEW) throw new IllegalStateException("Scheduler.add: the job is " + job.state + " already");
        check(job);
        job.arrival = arrivals++;
        job.arrived = now;
        job.state = Job.State.WAITING;
        waiting.add(job);
    }

    /** Whether a job can ever run; any thread may ask. @throws IllegalArgumentException if not */
    public void check(Job job) {
        if (memory.blocksFor(job.positions()) > memory.blocks()) throw new IllegalArgumentException("Scheduler: a job of " + job.positions()
                + " positions in a memory of " + memory.blocks() + " blocks of " + memory.blockSize() + "; ask for fewer ids");
        if (!options.isChunked() && job.positions() > options.tokenBudget())
            throw new IllegalArgumentException("Scheduler: a job of " + job.positions() + " positions with a budget of "
                    + options.tokenBudget() + " ids a step; allow chunks or a larger budget");
    }

    /** Puts guesses behind a decoding job's last id: the next step computes them too, as far as its budget and memory go. */
    public void draft(Job job, int... guesses) {
        int room = job.positions() - job.size();
        if (job.state == Job.State.RUNNING && job.decodes() && room > 0)
            job.draft(guesses.length <= room ? guesses : Arrays.copyOf(guesses, room));
    }

    /** What the next step computes; empty if nothing can be. */
    public StepBatch next(double now) {
        if (options.batching().isWhole()) admitBatch(now);
        var batch = new StepBatch(running.size() + 1);
        int left = options.tokenBudget();
        for (int i = 0; i < running.size() && left > 0; i++) {
            var job = running.get(i);
            if (!job.decodes()) continue;
            int drafted = Math.min(job.drafted, left - 1);
            if (drafted > 0 && !hasRoom(job.table.needed(1 + drafted))) drafted = 0;
            if (grown(job, 1 + drafted, batch)) batch.add(job, 1 + drafted, drafted);
            left = options.tokenBudget() - batch.tokens;
            if (i >= running.size() || running.get(i) != job) i--; // it or one before it gave way
        }
        for (int i = 0; i < running.size() && left > 0; i++) {
            var job = running.get(i);
            if (job.decodes()) continue;
            left = prefill(job, left, batch);
            if (i >= running.size() || running.get(i) != job) i--;
        }
        while (!options.batching().isWhole() && left > 0 && !waiting.isEmpty() && running.size() < options.maxRunning()) {
            var job = chosen();
            if (!options.isChunked() && rest(job) > left || !admitted(job)) break;
            left = prefill(job, left, batch);
        }
        for (var job : running) job.drafted = 0;
        return batch;
    }

    /** Those of a whole batch come together, whenever their prompts are computed. */
    private void admitBatch(double now) {
        if (!running.isEmpty() || waiting.isEmpty() || now < wakes()) return;
        slots.clear();
        while (!waiting.isEmpty() && slots.size() < options.maxRunning()) if (!admitted(chosen())) break;
    }

    /** From when on jobs that wait for a batch may begin; infinity if none waits, or others run. */
    public double wakes() {
        if (waiting.isEmpty() || !running.isEmpty()) return Double.POSITIVE_INFINITY;
        boolean waits = options.batching() == Batching.TIMEOUT && waiting.size() < options.maxRunning();
        return waits ? waiting.getFirst().arrived + options.timeout() : Double.NEGATIVE_INFINITY;
    }

    /** Ids of a job that are not in memory. */
    private static int rest(Job job) { return job.size() - job.computed; }

    private int prefill(Job job, int left, StepBatch batch) {
        int count = Math.min(rest(job), Math.min(left, options.chunk()));
        if (!options.isChunked() && count < rest(job)) return left;
        if (grown(job, count, batch)) batch.add(job, count, 0);
        return options.tokenBudget() - batch.tokens;
    }

    /** Whether blocks are free, those of the tree given up where they have to be. */
    private boolean hasRoom(int blocks) {
        int short_ = blocks - memory.freeBlocks();
        if (short_ > 0 && tree != null) tree.evict(short_);
        return blocks <= memory.freeBlocks();
    }

    /** Makes room, at the cost of those that came later; false if the job itself gave way. */
    private boolean grown(Job job, int count, StepBatch batch) {
        int more = job.computed + count - job.table.length();
        while (!hasRoom(job.table.needed(more))) {
            var last = running.stream().max(Comparator.comparingLong(j -> j.arrival)).orElseThrow();
            batch.remove(last);
            preempt(last);
            if (last == job) return false;
        }
        return job.table.grow(more);
    }

    private void preempt(Job job) {
        preemptions++;
        job.preemptions++;
        job.drafted = 0;
        job.table.truncate(job.computed);
        boolean swaps = options.preemption() == SchedulerOptions.Preemption.SWAP && job.computed > 0;
        if (swaps) {
            job.swapPlace = places;
            for (int block : job.table.toArray()) memory.mover().out(block, places++);
        } else {
            keep(job, job.computed);
            recomputedTokens += job.computed;
        }
        job.table.close();
        job.table = null;
        if (!swaps) job.computed = 0;
        job.state = swaps ? Job.State.SWAPPED : Job.State.WAITING;
        running.remove(job);
        slots.remove(job);
        int at = 0;
        while (at < waiting.size() && waiting.get(at).arrival < job.arrival) at++;
        waiting.add(at, job);
    }

    private void keep(Job job, int length) { if (tree != null) tree.insert(job.salt(), job.raw(), job.table, length); }

    private Job chosen() {
        var first = waiting.getFirst();
        if (options.order() == SchedulerOptions.Order.ARRIVAL || waiting.size() == 1 || first.overtaken >= options.patience()) return first;
        for (var job : waiting) if (job.overtaken >= options.patience() || job.preemptions > 0) return job;
        return switch (options.order()) {
            case SHORTEST -> waiting.stream().min(Comparator.comparingInt(Job::promptLength)).orElseThrow();
            case PRIORITY -> waiting.stream().max(Comparator.comparingInt(Job::priority).thenComparing(j -> -j.arrival)).orElseThrow();
            default -> deepest();
        };
    }

    private Job deepest() {
        Job best = null;
        int most = -1;
        for (var job : waiting) {
            int known = tree == null ? 0 : tree.known(job.salt(), job.raw(), job.size() - 1);
            if (known < most || known == most && Arrays.compare(job.raw(), 0, job.size(), best.raw(), 0, best.size()) >= 0) continue;
            best = job;
            most = known;
        }
        return best;
    }

    /** Opens a job's memory, if that of its whole text is free beside what those that run will soon ask for. */
    private boolean admitted(Job job) {
        boolean back = job.state == Job.State.SWAPPED;
        int[] known = back || tree == null || job.alone || job.brought() > 0 ? new int[0]
                : tree.match(job.salt(), job.raw(), job.size() - 1);
        if (pool != null) {
            for (int block : known) pool.retain(block); // not to be evicted for this very job
            boolean fits = hasRoom(memory.blocksFor(job.size()) - known.length + (running.isEmpty() ? 0 : 1));
            if (fits) job.table = pool.open(job.positions());
            if (fits) pool.adopt(job.table, known);
            for (int block : known) pool.release(block);
            if (!fits) return false;
        } else {
            job.table = memory.open(job.positions());
            if (job.table == null) return false;
        }
        if (back) {
            job.table.grow(job.computed);
            for (int i = 0; i < memory.blocksFor(job.computed); i++) memory.mover().in(job.swapPlace + i, job.table.block(i));
        } else if (job.brought() > 0) {
            job.table.grow(job.brought());
            job.computed = job.brought();
        } else {
            job.computed = job.table.length();
            job.reused += job.computed;
            reusedTokens += job.computed;
        }
        waiting.remove(job);
        for (var other : waiting) if (other.arrival < job.arrival) other.overtaken++;
        job.state = Job.State.RUNNING;
        int at = running.size();
        while (at > 0 && running.get(at - 1).arrival > job.arrival) at--;
        running.add(at, job);
        if (options.batching().isWhole()) slots.add(job);
        admissions++;
        return true;
    }

    /** Keys and values of all slices are in memory. */
    public void computed(StepBatch batch) {
        for (var slice : batch.slices()) {
            var job = slice.job();
            if (job.state != Job.State.RUNNING) continue;
            job.computed = slice.start() + slice.count();
            computedTokens += slice.count();
            readPositions += slice.start() + slice.count();
        }
    }

    /**
     * A job's next id; a guess that was computed in its place is dropped, with all behind it, unless it was the same.
     *
     * @return whether it was the same: then the logits behind the guess say the id after this one
     */
    public boolean append(Job job, int id) {
        if (job.state != Job.State.RUNNING) throw new IllegalStateException("Scheduler.append: the job is " + job.state);
        boolean guessed = job.computed > job.size() && job.id(job.size()) == id;
        if (job.computed > job.size() && !guessed) {
            job.computed = job.size();
            job.table.truncate(job.computed);
        }
        job.append(id);
        if (!job.cached) keep(job, job.promptLength());
        job.cached = true;
        return guessed;
    }

    /** A job has ended, or nobody wants it any more: its memory is free, except for what the tree keeps. */
    public void end(Job job) { end(job, true); }

    /** A job went wrong: nothing of it is kept. */
    public void drop(Job job) { end(job, false); }

    private void end(Job job, boolean keeps) {
        if (job.state == Job.State.ENDED) return;
        if (job.state == Job.State.SWAPPED)
            for (int i = 0; i < memory.blocksFor(job.computed); i++) memory.mover().forget(job.swapPlace + i);
        if (job.table != null) {
            if (keeps) keep(job, Math.min(job.computed, job.size()));
            job.table.close();
            job.table = null;
        }
        job.state = Job.State.ENDED;
        waiting.remove(job);
        running.remove(job);
    }
}
