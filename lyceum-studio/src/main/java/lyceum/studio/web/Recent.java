package lyceum.studio.web;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToLongFunction;

/** Values by name, those that were asked for last, as many as fit into so many bytes. Safe between threads. */
final class Recent<V> {

    private final long most;
    private final ToLongFunction<V> bytes;
    private final Map<String, V> kept = new LinkedHashMap<>(32, 0.75f, true);
    private long held;

    Recent(long most, ToLongFunction<V> bytes) {
        this.most = most;
        this.bytes = bytes;
    }

    synchronized Optional<V> get(String name) { return Optional.ofNullable(kept.get(name)); }

    /** Keeps a value, unless it alone is too large. */
    synchronized void put(String name, V value) {
        var before = kept.put(name, value);
        held += bytes.applyAsLong(value) - (before == null ? 0 : bytes.applyAsLong(before));
        for (var eldest = kept.entrySet().iterator(); held > most && eldest.hasNext(); eldest.remove()) {
            held -= bytes.applyAsLong(eldest.next().getValue());
        }
    }
}
