package lyceum.studio.web;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import lyceum.labs.run.LabEvent;
import lyceum.labs.run.LabExecutor;
import lyceum.labs.run.LabRequest;
import lyceum.labs.run.LabResult;
import lyceum.labs.run.RunStore;

/** Runs that this studio started, beside the store of those that ended. A run goes on when the browser that started it is gone. */
final class Runs implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Runs.class.getName());
    private static final int REMEMBERED = 24;
    /** What the runs that ended may take: they are in the store as well. */
    private static final long REMEMBERED_BYTES = 12L << 20;
    private static final int NAMES = 1_000;

    private final LabExecutor executor;
    private final RunStore store;
    private final Map<String, LiveRun> live = new LinkedHashMap<>();
    /** Where the store has the runs that are no longer kept here, by the ids under which they ran. */
    private final Map<String, String> names = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override protected boolean removeEldestEntry(Map.Entry<String, String> eldest) { return size() > NAMES; }
    };

    Runs(LabExecutor executor, RunStore store) {
        this.executor = executor;
        this.store = store;
    }

    /** What labs compute with, empty until a worker has said so. */
    String backend() { return executor.backend(); }

    RunStore store() { return store; }

    /** Starts a run, or queues it. */
    LiveRun start(LabRequest request) { return start(request, result -> {}); }

    /** Starts a run; {@code whenDone} hears its result, null where it came to none. */
    LiveRun start(LabRequest request, Consumer<LabResult> whenDone) {
        var run = new LiveRun(request);
        var began = executor.submit(request, event -> hear(run, event, whenDone));
        run.bind(began);
        synchronized (live) {
            live.put(run.id(), run);
        }
        forget();
        return run;
    }

    /** Lets go of the oldest that have ended; the one that was started last stays for the page that shows it. */
    private void forget() {
        synchronized (live) {
            long bytes = live.values().stream().mapToLong(LiveRun::bytes).sum();
            int rest = live.size();
            for (var oldest = live.values().iterator(); rest > 1 && (rest > REMEMBERED || bytes > REMEMBERED_BYTES)
                    && oldest.hasNext(); rest--) {
                var candidate = oldest.next();
                if (candidate.ended()) {
                    bytes -= candidate.bytes();
                    oldest.remove();
                    names.put(candidate.id(), candidate.stored());
                }
            }
        }
    }

    private void hear(LiveRun run, LabEvent event, Consumer<LabResult> whenDone) {
        switch (event) {
            case LabEvent.Finished(var result) -> {
                var saved = store.save(result);
                if (!saved.warning().isEmpty()) {
                    LOG.log(System.Logger.Level.WARNING, saved.warning());
                }
                run.storedAs(saved);
                run.add(event);
                forget();
                whenDone.accept(result);
            }
            case LabEvent.Failed(var message, var stack) -> {
                LOG.log(System.Logger.Level.WARNING, "the lab of {0} failed: {1}\n{2}", run.request().slug(), message, stack);
                run.add(event);
                whenDone.accept(null);
            }
            default -> {
                run.add(event);
                if (event.last()) {
                    whenDone.accept(null);
                }
            }
        }
    }

    /** A run that this studio started and still remembers. */
    Optional<LiveRun> live(String id) {
        synchronized (live) {
            return Optional.ofNullable(live.get(id));
        }
    }

    /** A result that is stored, by the id under which it ran or by that of the store. */
    Optional<LabResult> stored(String id) { return store.find(storedId(id)); }

    /** The store's id of a run that was started here; another id as it is. */
    String storedId(String id) {
        synchronized (live) {
            return names.getOrDefault(id, id);
        }
    }

    /** Runs that wait or go on, the first started first. */
    List<LiveRun> open() {
        synchronized (live) {
            return live.values().stream().filter(run -> !run.ended()).toList();
        }
    }

    @Override public void close() { executor.close(); }
}
