package lyceum.studio.web;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import lyceum.labs.run.LabEvent;
import lyceum.labs.run.LabRequest;
import lyceum.labs.run.LabResult;
import lyceum.labs.run.LabRun;
import lyceum.labs.run.RunStore;
import lyceum.plot.Figure;

/**
 * A run that this studio started, with its events numbered from 1, so that a browser that comes back asks for what it missed.
 * Of several reports of progress the last one is kept, and of trainings their curves.
 */
final class LiveRun {

    /** An event and its number. */
    record Numbered(long id, LabEvent event) {}

    private final LabRequest request;
    private final Instant begin = Instant.now();
    private final List<Numbered> events = new ArrayList<>();
    private final TrainingCurves curves = new TrainingCurves();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private long last;
    private volatile long bytes;
    private volatile LabRun run;
    private volatile RunStore.Saved stored = new RunStore.Saved("", "");

    LiveRun(LabRequest request) { this.request = request; }

    LabRequest request() { return request; }

    Instant begin() { return begin; }

    String id() { return run.id(); }

    void bind(LabRun started) { run = started; }

    /** Its id in the store; empty until it is there. */
    String stored() { return stored.id(); }

    /** Why it is not on disk, as a sentence; empty where it is, or has yet to end. */
    String warning() { return RunViews.sentence(stored.warning()); }

    void storedAs(RunStore.Saved saved) { stored = saved; }

    /** About the memory that its events take. */
    long bytes() { return bytes; }

    /** About the memory that an event takes. */
    static long bytes(LabEvent event) {
        return switch (event) {
            case LabEvent.Figure(_, var figure) -> figure.text().length();
            case LabEvent.Image(var image) -> image.png().length;
            case LabEvent.Table(var table) -> 64L * table.columns().size() * table.rows().size();
            case LabEvent.Said(var text) -> text.length();
            default -> 256;
        };
    }

    void stop() { run.cancel(); }

    /** Takes the next event. */
    void add(LabEvent event) {
        lock.lock();
        try {
            if (event instanceof LabEvent.Progress && !events.isEmpty() && events.getLast().event() instanceof LabEvent.Progress) {
                events.removeLast();
            }
            if (event instanceof LabEvent.Progress progress) {
                curves.hear(progress);
            }
            events.add(new Numbered(++last, event));
            bytes += bytes(event);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Events after number {@code after}; waits up to {@code millis} for the first, then returns none. */
    List<Numbered> after(long after, long millis) throws InterruptedException {
        lock.lock();
        try {
            long left = TimeUnit.MILLISECONDS.toNanos(millis);
            while (last <= after && left > 0 && !ended()) {
                left = changed.awaitNanos(left);
            }
            int from = events.size();
            while (from > 0 && events.get(from - 1).id() > after) {
                from--;
            }
            return List.copyOf(events.subList(from, events.size()));
        } finally {
            lock.unlock();
        }
    }

    /** The curves of its trainings so far; none if it trains nothing. */
    Optional<Figure> training() {
        lock.lock();
        try {
            return curves.isEmpty() ? Optional.empty() : Optional.of(curves.figure());
        } finally {
            lock.unlock();
        }
    }

    /** All events so far. */
    List<Numbered> events() {
        lock.lock();
        try {
            return List.copyOf(events);
        } finally {
            lock.unlock();
        }
    }

    boolean ended() {
        lock.lock();
        try {
            return !events.isEmpty() && events.getLast().event().last();
        } finally {
            lock.unlock();
        }
    }

    /** {@code queued}, {@code running}, {@code done}, {@code failed} or {@code stopped}. */
    String state() {
        lock.lock();
        try {
            if (events.isEmpty()) return "queued";
            return switch (events.getLast().event()) {
                case LabEvent.Finished _ -> "done";
                case LabEvent.Failed _ -> "failed";
                case LabEvent.Cancelled _ -> "stopped";
                default -> "running";
            };
        } finally {
            lock.unlock();
        }
    }

    /** Its result, once it is done; else null. */
    LabResult result() {
        lock.lock();
        try {
            return !events.isEmpty() && events.getLast().event() instanceof LabEvent.Finished(var result) ? result : null;
        } finally {
            lock.unlock();
        }
    }
}
