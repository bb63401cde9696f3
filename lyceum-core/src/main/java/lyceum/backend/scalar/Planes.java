package lyceum.backend.scalar;

import lyceum.DType;
import lyceum.backend.View;

/** Moves stretches of a view of any float type to and from double arrays, by row-major number. */
public final class Planes {
    private Planes() {}

    public static void load(View from, long first, int n, double[] to) { load(Strided.of(from)[0], first, n, to); }

    /** Rounded once. */
    public static void store(double[] from, View to, long first, int n) { store(from, Strided.of(to)[0], first, n); }

    static void load(Strided from, long first, int n, double[] to) {
        if (from.dtype() == DType.F64) {
            from.load(first, n, to);
            return;
        }
        var narrow = new float[n];
        from.load(first, n, narrow);
        for (int i = 0; i < n; i++) to[i] = narrow[i];
    }

    static void store(double[] from, Strided to, long first, int n) {
        if (to.dtype() == DType.F64) {
            to.store(from, first, n);
            return;
        }
        var narrow = new float[n];
        for (int i = 0; i < n; i++) narrow[i] = (float) from[i];
        to.store(narrow, first, n);
    }
}
