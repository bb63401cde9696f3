package lyceum.backend;

import java.util.function.Function;

/**
 * The weight of many convolutions, (outputs, inputs / groups, kernel..). A backend may keep an arrangement of its own with it, made at the first convolution; it
 * is made anew after the weight was written to. Safe for threads.
 */
public final class WindowWeight {
    private final View view;
    private final Arrangement arrangement;

    /** @throws IllegalArgumentException unless {@code view} has one to three axes behind the channels */
    public WindowWeight(View view) {
        int rank = view.shape().length;
        if (rank < 3 || rank > 5) throw new IllegalArgumentException(
                "WindowWeight: a view of rank " + rank + "; it is (outputs, inputs / groups, kernel..) with 1 to 3 kernel axes");
        this.view = view;
        arrangement = new Arrangement(view.storage());
    }

    /** The weight as it lies. */
    public View view() { return view; }

    /** What {@code arrange} makes of the weight as it is now for {@code owner}, made once; null if that is null. */
    public <T> T arranged(Object owner, Function<View, T> arrange) { return arrangement.of(owner, view, arrange); }
}
