package lyceum.studio.web;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import lyceum.labs.LabEvent;
import lyceum.labs.LabExecutor;
import lyceum.labs.LabRequest;
import lyceum.labs.LabResult;
import lyceum.labs.RunStore;

/** Runs that this studio started, beside the store of those that ended. A run goes on when the browser that started it is gone. */
final class Runs implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Runs.class.getName());
    private static final int REMEMBERED = 24;

    private final LabExecutor executor;
    private final RunStore store;
    private final Map<String, LiveRun> live = new LinkedHashMap<>();

    Runs(LabExecutor executor, RunStore store) {
        this.executor = executor;
        this.store = store;
    }

    RunStore store() {
        return store;
    }

    /** Starts a run, or queues it. */
    LiveRun start(LabRequest request) {
        return start(request, result -> { });
    }

    /** Starts a run; {@code whenDone} hears its result, null where it came to none. */
    LiveRun start(LabRequest request, Consumer<LabResult> whenDone) {
        var run = new LiveRun(request);
        var began = executor.submit(request, event -> hear(run, event, whenDone));
        run.bind(began);
        synchronized (live) {
            live.put(run.id(), run);
            var oldest = live.values().iterator();
            while (live.size() > REMEMBERED && oldest.hasNext()) {
                var candidate = oldest.next();
                if (candidate.ended()) {
                    oldest.remove();
                }
            }
        }
        return run;
    }

    private void hear(LiveRun run, LabEvent event, Consumer<LabResult> whenDone) {
        switch (event) {
            case LabEvent.Finished(var result) -> {
                var saved = store.save(result);
                if (!saved.warning().isEmpty()) {
                    LOG.log(System.Logger.Level.WARNING, saved.warning());
                }
                run.storedAs(saved.id());
                run.add(event);
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

    /** A result by the id of its run or of the store. */
    Optional<LabResult> result(String id) {
        return live(id).map(LiveRun::result).or(() -> store.find(id));
    }

    /** Runs that wait or go on, the first started first. */
    List<LiveRun> open() {
        synchronized (live) {
            return live.values().stream().filter(run -> !run.ended()).toList();
        }
    }

    @Override
    public void close() {
        executor.close();
    }
}
