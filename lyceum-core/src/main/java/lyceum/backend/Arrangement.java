package lyceum.backend;

import java.util.function.Function;

/** What backends have made of an operand of many operations, one at a time; made anew after the operand was written to. Safe for threads. */
final class Arrangement {
    private record Made(Object owner, int version, Object arrangement) {
        boolean isFor(Object who, int which) { return owner == who && version == which; }
    }

    private final View view;
    private volatile Made made;

    Arrangement(View view) { this.view = view; }

    /** What {@code arrange} makes of the operand as it is now for {@code owner}, made once; null if that is null. */
    @SuppressWarnings("unchecked") <T> T of(Object owner, Function<View, T> arrange) {
        var storage = view.storage();
        var found = made;
        if (found != null && found.isFor(owner, storage.version())) return (T) found.arrangement;
        synchronized (this) {
            int version = storage.version();
            found = made;
            if (found == null || !found.isFor(owner, version)) made = found = new Made(owner, version, arrange.apply(view));
            return (T) found.arrangement;
        }
    }
}
