package lyceum.tensor;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.backend.View;

/** The sizes of a tensor's axes; {@code ()} is a scalar. Immutable. */
public final class Shape {
    static final Shape SCALAR = new Shape(new long[0]);

    private final long[] sizes;
    private final long count;

    private Shape(long[] sizes) {
        this.sizes = sizes;
        this.count = exactCount(sizes);
    }

    private static long exactCount(long[] sizes) {
        long n = View.size(sizes);
        double estimate = 1;
        for (long s : sizes) estimate *= s;
        if (estimate > 0x1p59) throw new ShapeException("shape " + text(sizes) + " has more elements than can be counted");
        return n;
    }

    /** @throws ShapeException if a size is negative */
    public static Shape of(long... sizes) { return own(sizes.clone()); }

    /** As {@link #of}, of an array that nobody else has. */
    static Shape own(long[] sizes) {
        for (long s : sizes) if (s < 0) throw new ShapeException("shape " + text(sizes) + ": sizes cannot be negative");
        return new Shape(sizes);
    }

    /** Takes the array as its own. */
    static Shape adopt(long[] sizes) { return new Shape(sizes); }

    public int rank() { return sizes.length; }

    /** Number of elements: the product of the sizes. */
    public long count() { return count; }

    /** Size of an axis; negative axes count from the last. @throws ShapeException if the shape has no such axis */
    public long size(int axis) { return sizes[axis(axis)]; }

    /** The axis as a number from 0. @throws ShapeException if the shape has no such axis */
    public int axis(int axis) {
        int a = axis < 0 ? axis + sizes.length : axis;
        if (a < 0 || a >= sizes.length) throw new ShapeException("axis " + axis + " does not exist in shape " + this);
        return a;
    }

    /** {@link #axis(int)} for an error that names the operation. */
    int axis(String operation, int axis) {
        if (axis < -sizes.length || axis >= sizes.length)
            throw new ShapeException(operation + ": axis " + axis + " does not exist in shape " + this);
        return axis(axis);
    }

    public long[] toArray() { return sizes.clone(); }

    long[] sizes() { return sizes; }

    /** The shape that both broadcast to, by NumPy's rule: sizes are matched from the last axis, and 1 stretches. */
    static Shape broadcast(String operation, Shape a, Shape b) {
        if (a.equals(b)) return a;
        int rank = Math.max(a.rank(), b.rank());
        var sizes = new long[rank];
        for (int i = 1; i <= rank; i++) {
            long x = i <= a.rank() ? a.sizes[a.rank() - i] : 1, y = i <= b.rank() ? b.sizes[b.rank() - i] : 1;
            if (x != y && x != 1 && y != 1) throw new ShapeException(
                    operation + ": shapes " + a + " and " + b + " do not broadcast: sizes " + x + " and " + y + " differ");
            sizes[rank - i] = x == 1 ? y : x;
        }
        return new Shape(sizes);
    }

    private static String text(long[] sizes) {
        var text = new StringBuilder("(");
        for (int i = 0; i < sizes.length; i++) text.append(i == 0 ? "" : ", ").append(sizes[i]);
        return text.append(sizes.length == 1 ? ",)" : ")").toString();
    }

    @Override public boolean equals(Object o) { return o == this || o instanceof Shape s && Arrays.equals(sizes, s.sizes); }

    @Override public int hashCode() { return Arrays.hashCode(sizes); }

    /** As Python prints a tuple: {@code (3, 4)}, {@code (3,)}, {@code ()}. */
    @Override public String toString() { return text(sizes); }
}
