package lyceum.serve;

import java.util.ArrayDeque;
import java.util.List;
import java.util.function.Consumer;

/** The latest steps of an engine, and who hears of each. */
final class StepLog {
    static final int RECENT = 256;

    private final ArrayDeque<EngineStep> recent = new ArrayDeque<>();
    private volatile Consumer<EngineStep> listener = _ -> {};

    void listener(Consumer<EngineStep> listener) { this.listener = listener; }

    synchronized List<EngineStep> recent() { return List.copyOf(recent); }

    private synchronized void keep(EngineStep step) {
        if (recent.size() == RECENT) recent.removeFirst();
        recent.addLast(step);
    }

    void tell(EngineStep step) {
        keep(step);
        try {
            listener.accept(step);
        } catch (RuntimeException e) {
            System.getLogger("lyceum.serve").log(System.Logger.Level.WARNING, "Engine: the listener failed: {0}", e.toString());
        }
    }
}
