package lyceum.serve;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import lyceum.LyceumException;
import lyceum.llm.Continuation;
import lyceum.llm.DecoderLM;
import lyceum.llm.TextGenerator;
import lyceum.llm.generate.GenerationRequest;
import lyceum.llm.generate.LogitRow;
import lyceum.llm.generate.WrittenText;
import lyceum.progress.CancelledException;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.serve.schedule.BlockPool;
import lyceum.serve.schedule.Job;
import lyceum.serve.schedule.KvAllocator;
import lyceum.serve.schedule.PrefixTree;
import lyceum.serve.schedule.Reservations;
import lyceum.serve.schedule.Scheduler;
import lyceum.serve.schedule.StepBatch;
import lyceum.text.Tokenizer;
import lyceum.train.peft.AdapterRegistry;

/**
 * Writes the texts of many requests at once: at every step those that decode get a token, prompts of others are read in what is left of the step, texts that end make room
 * and those that wait come in. Keys and values lie in pages; what was computed for one request serves the next that begins alike.
 *
 * {@snippet :
 * try (var engine = new Engine(model, tokenizer, new EngineOptions())) {
 *     var first = engine.submit(Request.greedy(tokenizer.ids("In the beginning"), 50));
 *     var second = engine.submit(new Request(other, 100, Rng.of(7)).withSampling(SamplingOptions.topP(0.9)));
 *     for (var piece : first) System.out.print(piece.text());
 *     String all = second.get().text();
 * }
 * }
 *
 * <p>One thread of its own has the model, the memory and the scheduler; {@link #submit} and all of a {@link Reply} may be called by any. A request that goes wrong fails
 * alone.
 *
 * @see <a href="https://www.usenix.org/conference/osdi22/presentation/yu">Yu et al. (2022): Orca</a>
 * @see <a href="https://arxiv.org/abs/2309.06180">Kwon et al. (2023): vLLM</a>
 */
public final class Engine implements TextGenerator, AutoCloseable {
    private final double birth = seconds();
    private final StepLog log = new StepLog();
    private final DecoderLM model;
    private final Tokenizer tokenizer;
    private final EngineOptions options;
    private final AdapterRegistry adapters;
    private final Drafter drafter;
    private final KvAllocator memory;
    private final PrefixTree tree;
    private final Scheduler scheduler;
    private final ModelRunner runner;
    private final LogitRow row;
    private final LogitFault fault;
    private final PromptScorer scorer;
    private final Map<Job, LiveRequest> live = new LinkedHashMap<>();
    private final ConcurrentLinkedQueue<List<LiveRequest>> inbox = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<Runnable> errands = new ConcurrentLinkedQueue<>();
    private final AtomicInteger queued = new AtomicInteger();
    private final AtomicLong submitted = new AtomicLong();
    private final Residence residence = new Residence();
    private final Thread thread;
    private volatile EngineMetrics metrics;
    private volatile boolean closed;
    private long finished, cancelled, failed, steps, generated, guessed, accepted;

    /** Without tunings; guesses, if the options ask for them, are what the text repeats. @param tokenizer null if ids are enough */
    public Engine(DecoderLM model, Tokenizer tokenizer, EngineOptions options) {
        this(model, tokenizer, options, null, options.guesses() > 0 ? Drafter.repeating(3) : Drafter.NONE);
    }

    /**
     * @param adapters tunings of the model that requests may name; or null
     * @param drafter guesses, as many as the options say
     * @throws IllegalArgumentException if a layer of the model has no pages
     */
    public Engine(DecoderLM model, Tokenizer tokenizer, EngineOptions options, AdapterRegistry adapters, Drafter drafter) {
        this.model = model;
        this.tokenizer = tokenizer;
        this.options = options;
        this.adapters = adapters;
        this.drafter = drafter;
        memory = options.paged() ? new BlockPool(options.blocks(), options.blockSize())
                : new Reservations(options.blocks(), options.blockSize());
        tree = options.reuse() ? new PrefixTree((BlockPool) memory) : null;
        scheduler = new Scheduler(options.scheduler(), memory, tree);
        runner = new ModelRunner(model, adapters, memory, options.stored());
        row = new LogitRow(model.vocabulary());
        fault = new LogitFault(model, adapters);
        scorer = new PromptScorer(model, live, row, fault);
        note();
        thread = Thread.ofPlatform().daemon().name("lyceum-engine").start(this::work);
    }

    public EngineOptions options() { return options; }

    public DecoderLM model() { return model; }

    /** Names of tunings that requests may ask for. */
    public Set<String> adapters() { return adapters == null ? Set.of() : adapters.names(); }

    /** Bytes that keys and values of one position take in all layers. */
    public int positionBytes() { return runner.cache.positionBytes(); }

    /** As of the last step. */
    public EngineMetrics metrics() { return metrics; }

    /** The latest steps, 256 at most, the oldest first. */
    public List<EngineStep> recentSteps() { return log.recent(); }

    /** Seconds since it began. */
    public double age() { return seconds() - birth; }

    /** Who hears of each step, on the engine's thread; what it throws is logged. */
    public void onStep(Consumer<EngineStep> listener) { log.listener(listener); }

    /** Takes one request, as {@link #submit(List)} does. */
    public Reply submit(Request request) { return submit(List.of(request)).getFirst(); }

    /**
     * Takes requests, all or none: no step is computed between the first and the last of them.
     *
     * @throws IllegalArgumentException if one can never run: its prompt is longer than the context, its text than the memory, its adapter is unknown
     * @throws RejectedException if too many wait already
     * @throws IllegalStateException if the engine is closed
     */
    public List<Reply> submit(List<Request> requests) {
        if (closed) throw new IllegalStateException("Engine: it is closed");
        var checked = requests.stream().map(this::checked).toList();
        if (queued.addAndGet(checked.size()) > options.queue()) {
            queued.addAndGet(-checked.size());
            throw new RejectedException("Engine: " + options.queue() + " requests wait already; ask again later");
        }
        long now = System.nanoTime();
        var lives = checked.stream().map(c -> c.apply(now)).toList();
        for (int i = 0; i < lives.size(); i++) residence.enter(now);
        inbox.add(lives);
        wake();
        if (closed && inbox.remove(lives)) {
            var why = new IllegalStateException("Engine: it was closed before the request ended");
            for (var live : lives) live.reply.fail(why);
        }
        return lives.stream().map(l -> l.reply).toList();
    }

    /** What makes the request a live one as of a time in nanoseconds. */
    private LongFunction<LiveRequest> checked(Request request) {
        known(request.adapter());
        var reply = new Reply(this::wake);
        var text = new WrittenText(model, tokenizer, new GenerationRequest(request.prompt(), request.sampling(), request.stop(),
                request.stream(), request.constraint(), reply::add)).tell(request.likeliest());
        int[] prompt = text.prompt();
        if (prompt.length > model.contextLength()) throw new IllegalArgumentException(
                "Engine: a prompt of " + prompt.length + " ids for a context of " + model.contextLength() + "; shorten it");
        for (int id : prompt)
            if (id < 0 || id >= model.vocabulary())
                throw new IllegalArgumentException("Engine: the prompt has id " + id + " of a vocabulary of " + model.vocabulary());
        int most = (int) Math.min(request.stop().most(), model.contextLength() - prompt.length + 1);
        var job = new Job(prompt, most, request.salt() + '\n' + request.adapter(), request.priority());
        scheduler.check(request.scored() ? job.computingAll() : job);
        return now -> new LiveRequest(submitted.getAndIncrement(), request, reply, text, job, now);
    }

    private void known(String adapter) {
        if (!adapter.isEmpty() && !adapters().contains(adapter))
            throw new IllegalArgumentException("Engine: there is no adapter \"" + adapter + "\"; there are " + adapters());
    }

    private void wake() { LockSupport.unpark(thread); }

    @Override public List<Continuation> generate(List<int[]> prompts, int count, Rng rng, Progress progress) {
        var requests = new ArrayList<Request>();
        for (int p = 0; p < prompts.size(); p++)
            for (int c = 0; c < count; c++) requests.add(new Request(prompts.get(p), 256, rng.split((long) p * count + c)));
        var replies = submit(requests);
        var all = new ArrayList<Continuation>();
        boolean whole = false;
        try {
            for (var reply : replies) {
                progress.step("generation", all.size(), replies.size());
                all.add(reply.get());
            }
            whole = true;
        } finally {
            if (!whole) replies.forEach(Reply::cancel);
        }
        return all;
    }

    /** Forgets all beginnings that are kept. Waits until it is done. */
    public void flush() {
        var done = new CompletableFuture<Void>();
        errands.add(() -> {
            if (tree != null) tree.clear();
            note();
            done.complete(null);
        });
        wake();
        if (!closed) done.join();
    }

    // The engine's thread.

    private void work() {
        try {
            while (!closed) {
                takeIn();
                if (!step() && inbox.isEmpty() && errands.isEmpty() && !closed) pause();
            }
        } finally {
            closed = true;
            var why = new IllegalStateException("Engine: it was closed before the request ended");
            takeIn();
            for (var request : List.copyOf(live.values())) leave(request, () -> request.reply.fail(why));
        }
    }

    private void pause() {
        double wakes = scheduler.wakes() - seconds();
        if (scheduler.isIdle()) LockSupport.park(this);
        else if (wakes > 0) LockSupport.parkNanos(this, (long) Math.min(wakes * 1e9 + 1, 1e9));
        note();
    }

    private static double seconds() { return System.nanoTime() * 1e-9; }

    private void takeIn() {
        for (var errand = errands.poll(); errand != null; errand = errands.poll()) errand.run();
        for (var requests = inbox.poll(); requests != null; requests = inbox.poll()) for (var request : requests) {
            live.put(request.job, request);
            scheduler.add(request.job, seconds());
        }
        long now = System.nanoTime();
        List<LiveRequest> over = null;
        for (var request : live.values())
            if (request.reply.isCancelled() || request.isLate(now)) (over == null ? over = new ArrayList<>() : over).add(request);
        if (over != null) for (var request : over) {
            if (request.reply.isCancelled()) {
                cancelled++;
                leave(request, () -> request.reply.fail(new CancelledException("Engine: the request was cancelled")));
            } else {
                finished++;
                request.text.end(Continuation.Ending.TIME);
                leave(request, () -> request.reply.finish(request.text.continuation()));
            }
        }
    }

    /** Gives memory back before anybody hears of the end. */
    private void leave(LiveRequest request, Runnable tells) { leave(request, true, tells); }

    private void leave(LiveRequest request, boolean keeps, Runnable tells) {
        if (keeps) scheduler.end(request.job);
        else scheduler.drop(request.job);
        live.remove(request.job);
        drafter.ended(request.text.history());
        queued.decrementAndGet();
        residence.leave(request.submitted, System.nanoTime());
        note();
        tells.run();
    }

    /** Whether there was something to compute. */
    private boolean step() {
        double began = seconds();
        if (options.guesses() > 0) guess();
        var batch = scheduler.next(began);
        if (batch.isEmpty()) return false;
        float[] logits;
        try {
            logits = runner.logits(batch, tunings(batch), scorer);
        } catch (RuntimeException | OutOfMemoryError e) {
            var why = new LyceumException("Engine: the model failed in a step of " + batch.tokens() + " ids: " + e.getMessage(), e);
            for (var slice : batch.slices()) fail(live.get(slice.job()), why);
            return true;
        }
        scheduler.computed(batch);
        steps++;
        int at = 0, decoded = 0, prefilled = 0;
        var numbers = new ArrayList<Long>(batch.slices().size());
        for (var slice : batch.slices()) {
            var request = live.get(slice.job());
            numbers.add(request.number);
            if (slice.count() - slice.drafted() == 1) decoded++;
            else prefilled += slice.count();
            if (request.broken != null) fail(request, request.broken);
            if (!slice.samples()) continue;
            if (request.broken == null) draw(request, slice, logits, at);
            at += (1 + slice.drafted()) * model.vocabulary();
        }
        note();
        log.tell(new EngineStep(steps - 1, decoded, prefilled, metrics.running(), metrics.waiting(), metrics.freeBlocks(), numbers,
                began - birth, seconds() - began));
        return true;
    }

    private List<String> tunings(StepBatch batch) {
        if (adapters == null) return null;
        return batch.slices().stream().map(s -> live.get(s.job()).request.adapter()).toList();
    }

    private void guess() {
        for (var job : scheduler.running()) {
            if (!job.decodes()) continue;
            var request = live.get(job);
            try {
                scheduler.draft(job, drafter.guess(request.text.history(), options.guesses()));
            } catch (RuntimeException e) {
                fail(request, new LyceumException("Engine: the drafter failed: " + e.getMessage(), e));
            }
        }
    }

    private void draw(LiveRequest request, StepBatch.Slice slice, float[] logits, int at) {
        long nanos = System.nanoTime() - request.submitted;
        guessed += slice.drafted();
        try {
            if (drafter.looks()) tellDrafter(request, slice, logits, at);
            for (int i = 0; i <= slice.drafted(); i++) {
                int id = request.text.step(row, logits, at + i * model.vocabulary(), nanos);
                generated++;
                if (request.text.isFinished()) {
                    finished++;
                    leave(request, () -> request.reply.finish(request.text.continuation()));
                    return;
                }
                if (!scheduler.append(request.job, id)) return;
                accepted++;
            }
        } catch (RuntimeException e) {
            fail(request, fault.of(request, e, logits, at, (1 + slice.drafted()) * model.vocabulary()));
        }
    }

    private void tellDrafter(LiveRequest request, StepBatch.Slice slice, float[] logits, int at) {
        int v = model.vocabulary();
        int[] guesses = new int[slice.drafted()], likeliest = new int[slice.drafted() + 1];
        for (int i = 0; i < guesses.length; i++) guesses[i] = request.job.id(request.job.size() + i);
        for (int i = 0; i < likeliest.length; i++)
            for (int id = 1, row = at + i * v; id < v; id++) if (logits[row + id] > logits[row + likeliest[i]]) likeliest[i] = id;
        drafter.checked(request.text.history(), guesses, likeliest);
    }

    private void fail(LiveRequest request, RuntimeException why) {
        failed++;
        leave(request, false, () -> request.reply.fail(why));
    }

    private void note() {
        var time = residence.at(System.nanoTime());
        metrics = new EngineMetrics(submitted.get(), finished, cancelled, failed, steps, scheduler.computedTokens(),
                scheduler.readPositions(), generated, scheduler.reusedTokens(), scheduler.preemptions(), guessed, accepted,
                scheduler.runningCount(), scheduler.waitingCount(), memory.freeBlocks(), tree == null ? 0 : tree.pages(), memory.blocks(),
                time[0], time[1]);
    }

    /** Stops after the step that runs; requests that are not over fail. */
    @Override public void close() {
        closed = true;
        wake();
        if (Thread.currentThread() == thread) return;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
