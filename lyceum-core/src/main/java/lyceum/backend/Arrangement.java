package lyceum.backend;

import java.util.function.Function;
import lyceum.memory.Storage;

/** What backends have made of an operand of many operations, one at a time; made anew after the operand was written to. Safe for threads. */
final class Arrangement {
    private record Made(Object owner, int version, Object arrangement) {
        boolean isFor(Object who, int which) { return owner == who && version == which; }
    }

    private final Storage storage;
    private volatile Made made;

    /** @param storage of the operand, or null if nobody writes to it */
    Arrangement(Storage storage) { this.storage = storage; }

    private int version() { return storage == null ? 0 : storage.version(); }

    /** What {@code arrange} makes of the operand as it is now for {@code owner}, made once; null if that is null. */
    @SuppressWarnings("unchecked") <A, T> T of(Object owner, A operand, Function<A, T> arrange) {
        var found = made;
        if (found != null && found.isFor(owner, version())) return (T) found.arrangement;
        synchronized (this) {
            int version = version();
            found = made;
            if (found == null || !found.isFor(owner, version)) made = found = new Made(owner, version, arrange.apply(operand));
            return (T) found.arrangement;
        }
    }
}
