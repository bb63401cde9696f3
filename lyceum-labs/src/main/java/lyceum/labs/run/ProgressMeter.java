package lyceum.labs.run;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import lyceum.progress.Progress;

/** Tells the listener of a run where some work stands: twenty times a second at most, and at its end. */
final class ProgressMeter implements Progress {

    private static final long INTERVAL = 50_000_000;

    private final Consumer<LabEvent> listener;
    private final Cancellation cancellation;
    private String task = "";
    private long first;
    private long start;
    private long told;

    ProgressMeter(Consumer<LabEvent> listener, Cancellation cancellation) {
        this.listener = listener;
        this.cancellation = cancellation;
    }

    @Override public void report(Update update) { tell(update.task(), update.step(), update.total(), update.metrics()); }

    @Override public boolean isCancelled() { return cancellation.asked(); }

    /** Says that {@code step} of {@code total} steps are done; a total below 0 is not known. */
    void tell(String task, long step, long total) { tell(task, step, total, Map.of()); }

    private synchronized void tell(String task, long step, long total, Map<String, Double> metrics) {
        long now = System.nanoTime();
        if (!task.equals(this.task) || step < first) {
            this.task = task;
            first = step;
            start = now;
            told = now - INTERVAL;
        } else if (step == first) {
            start = now; // work of the same name begins again, as one training after another does
        }
        if (step == total || now - told >= INTERVAL) {
            told = now;
            double left = total < 0 || step <= first ? -1 : (now - start) * 1e-9 * (total - step) / (step - first);
            var finite = new LinkedHashMap<>(metrics);
            finite.values().removeIf(value -> !Double.isFinite(value));
            listener.accept(new LabEvent.Progress(task, step, total, left, finite));
        }
    }
}
