package lyceum.progress;

import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;

/**
 * Listens to long-running work, and can stop it.
 *
 * {@snippet :
 * Progress bar = update -> draw(update.fraction(), update.metrics());
 * var minimum = new Lbfgs().minimize(f, x0, bar.stoppedBy(stopButton::isPressed));
 * }
 *
 * <p>The work calls {@link #report} after each step, on the thread that took it. A listener must return quickly and not throw.
 */
@FunctionalInterface
public interface Progress {
    /** Ignores everything and never stops the work: the default everywhere. */
    Progress SILENT = update -> {};

    /**
     * The state of the work.
     *
     * @param task what is being done, in a few words: {@code "epoch"}, {@code "L-BFGS"}
     * @param step steps done, from 0
     * @param total steps in all, or -1 if unknown
     * @param message one line for a reader; may be empty
     * @param metrics numbers by name, in display order
     */
    record Update(String task, long step, long total, String message, Map<String, Double> metrics) {
        public Update {
            Objects.requireNonNull(task, "task");
            Objects.requireNonNull(message, "message");
            Objects.requireNonNull(metrics, "metrics");
        }

        /** Steps done as a part of all, in [0, 1]; NaN where the total is not known. */
        public double fraction() { return total < 0 ? Double.NaN : total == 0 ? 1 : Math.min(1, (double) step / total); }
    }

    /** Receives the state of the work. */
    void report(Update update);

    /** True if the work should stop at its next step. */
    default boolean isCancelled() { return false; }

    /**
     * What long work calls after each step: reports it, then stops if asked to.
     *
     * @throws CancelledException if {@link #isCancelled()}
     */
    default void step(String task, long step, long total) { step(task, step, total, Map.of()); }

    /** Like {@link #step(String, long, long)}, with one number to show. */
    default void step(String task, long step, long total, String metric, double value) {
        if (this != SILENT) step(task, step, total, Map.of(metric, value));
    }

    /** Like {@link #step(String, long, long)}, with numbers to show. */
    default void step(String task, long step, long total, Map<String, Double> metrics) {
        if (this == SILENT) return;
        report(new Update(task, step, total, "", metrics));
        if (isCancelled()) throw new CancelledException(task + ": stopped at step " + step + (total < 0 ? "" : " of " + total));
    }

    /** This listener, which also stops the work once {@code stop} returns true. */
    default Progress stoppedBy(BooleanSupplier stop) {
        var listener = this;
        return new Progress() {
            @Override public void report(Update update) { listener.report(update); }

            @Override public boolean isCancelled() { return stop.getAsBoolean() || listener.isCancelled(); }
        };
    }
}
