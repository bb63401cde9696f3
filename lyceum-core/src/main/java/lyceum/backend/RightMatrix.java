package lyceum.backend;

import java.util.function.Function;

/**
 * The right matrix of many products, (k, n). A backend may keep an arrangement of its own with it, made at the first product; it is made anew after
 * the matrix was written to. Safe for threads.
 */
public final class RightMatrix {
    private final View view;
    private final Arrangement arrangement;

    /** @throws IllegalArgumentException unless {@code view} is a matrix */
    public RightMatrix(View view) {
        if (view.shape().length != 2)
            throw new IllegalArgumentException("RightMatrix: a view of rank " + view.shape().length + "; it is a matrix (k, n)");
        this.view = view;
        arrangement = new Arrangement(view.storage());
    }

    /** The matrix as it lies. */
    public View view() { return view; }

    /** What {@code arrange} makes of the matrix as it is now for {@code owner}, made once; null if that is null. */
    public <T> T arranged(Object owner, Function<View, T> arrange) { return arrangement.of(owner, view, arrange); }
}
