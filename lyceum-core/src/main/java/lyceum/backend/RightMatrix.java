package lyceum.backend;

import java.util.function.Function;
import lyceum.memory.Storage;

/**
 * The right matrix of many products, (k, n). A backend may keep an arrangement of its own with it, made at the first product; it is made anew after
 * the matrix was written to. Safe for threads.
 */
public final class RightMatrix {
    private record Arranged(int version, Object arrangement) { }

    private final View view;
    private volatile Arranged arranged;

    /** @throws IllegalArgumentException unless {@code view} is a matrix */
    public RightMatrix(View view) {
        if (view.shape().length != 2) throw new IllegalArgumentException("RightMatrix: a view of rank " + view.shape().length + "; it is a matrix (k, n)");
        this.view = view;
    }

    /** The matrix as it lies. */
    public View view() { return view; }

    /** What {@code arrange} makes of the matrix as it is now, made once; null if that is null. {@code kind} tells one backend's arrangement from another's. */
    public <T> T arranged(Class<T> kind, Function<View, T> arrange) {
        Storage storage = view.storage();
        var found = arranged;
        if (found != null && found.version == storage.version() && (found.arrangement == null || kind.isInstance(found.arrangement))) return kind.cast(found.arrangement);
        synchronized (this) {
            int version = storage.version();
            found = arranged;
            if (found == null || found.version != version || found.arrangement != null && !kind.isInstance(found.arrangement)) arranged = found = new Arranged(version, arrange.apply(view));
            return kind.cast(found.arrangement);
        }
    }
}
