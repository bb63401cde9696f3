package lyceum.tensor;

import java.util.Arrays;
import lyceum.ShapeException;

/** The numbers of some axes, or an order of all; compared by value. Immutable. */
public final class Axes {
    private final int[] numbers;

    private Axes(int[] numbers) { this.numbers = numbers; }

    public static Axes of(int... numbers) { return new Axes(numbers.clone()); }

    /** Takes the array as its own. */
    static Axes adopt(int[] numbers) { return new Axes(numbers); }

    public int[] toArray() { return numbers.clone(); }

    int[] numbers() { return numbers; }

    int count() { return numbers.length; }

    /** The same axes behind a new first one. */
    Axes shifted() {
        var shifted = new int[numbers.length];
        for (int i = 0; i < shifted.length; i++) shifted[i] = numbers[i] + 1;
        return new Axes(shifted);
    }

    /** For an order of all axes: the order behind a new first axis, which stays first. */
    Axes behindFirst() {
        var order = new int[numbers.length + 1];
        for (int i = 0; i < numbers.length; i++) order[i + 1] = numbers[i] + 1;
        return new Axes(order);
    }

    /** Which of {@code rank} axes these are. */
    boolean[] mask(int rank) {
        var mask = new boolean[rank];
        for (int axis : numbers) mask[axis] = true;
        return mask;
    }

    /** Which axes are meant; none named means all. @throws ShapeException if one does not exist or is named twice */
    static boolean[] mask(String operation, Shape shape, int... axes) {
        var mask = new boolean[shape.rank()];
        if (axes.length == 0) Arrays.fill(mask, true);
        for (int axis : axes) {
            int a = shape.axis(operation, axis);
            if (mask[a]) throw new ShapeException(operation + ": axis " + axis + " is named twice for shape " + shape);
            mask[a] = true;
        }
        return mask;
    }

    static int[] named(boolean[] mask) {
        var axes = new int[mask.length];
        int n = 0;
        for (int i = 0; i < mask.length; i++) if (mask[i]) axes[n++] = i;
        return Arrays.copyOf(axes, n);
    }

    /** Number of elements that become one. */
    static double count(String operation, Shape shape, int... axes) {
        double n = 1;
        var mask = mask(operation, shape, axes);
        for (int i = 0; i < mask.length; i++) if (mask[i]) n *= shape.size(i);
        return n;
    }

    /** The shape with these axes of size 1. */
    static Shape kept(Shape shape, boolean[] mask) {
        var sizes = shape.toArray();
        for (int i = 0; i < sizes.length; i++) if (mask[i]) sizes[i] = 1;
        return Shape.adopt(sizes);
    }

    /** The shape without these axes. */
    static Shape without(Shape shape, boolean[] mask) {
        var sizes = new long[shape.rank()];
        int n = 0;
        for (int i = 0; i < mask.length; i++) if (!mask[i]) sizes[n++] = shape.size(i);
        return Shape.adopt(Arrays.copyOf(sizes, n));
    }

    @Override public boolean equals(Object o) { return o == this || o instanceof Axes a && Arrays.equals(numbers, a.numbers); }

    @Override public int hashCode() { return Arrays.hashCode(numbers); }

    /** {@code [0, 2]}. */
    @Override public String toString() { return Arrays.toString(numbers); }
}
