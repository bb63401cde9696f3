package lyceum.nn;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * How the elements of a group, or some of them, act on a tensor: what {@link Equivariance} tries and {@link FrameAveraging} averages over. Actions of one group on
 * inputs and on outputs list its elements in the same order.
 *
 * @param name for reports
 * @param elements at least one
 */
public record GroupAction(String name, List<UnaryOperator<Tensor>> elements) {
    public GroupAction {
        elements = List.copyOf(elements);
        if (elements.isEmpty()) throw new IllegalArgumentException("GroupAction: " + name + " has no elements");
    }

    /** x under element e. */
    public Tensor apply(int e, Tensor x) { return elements.get(e).apply(x); }

    public int size() { return elements.size(); }

    /** As many elements that change nothing: what invariance wants of outputs. */
    public static GroupAction trivial(int size) {
        return new GroupAction("trivial", IntStream.range(0, size).<UnaryOperator<Tensor>>mapToObj(i -> x -> x).toList());
    }

    /** All shifts of the last two axes around their ends, row by row: the shift by (down, right) is element {@code down * width + right}. */
    public static GroupAction shifts(int height, int width) { return shifts(height, width, 1); }

    /** The same on maps that are {@code stride} times smaller: by the whole part of {@code down / stride} and {@code right / stride}. */
    public static GroupAction shifts(int height, int width, int stride) {
        if (height < 1 || width < 1 || stride < 1) throw new IllegalArgumentException(
                "GroupAction.shifts: " + height + " x " + width + " with stride " + stride + "; all are at least 1");
        var all = new ArrayList<UnaryOperator<Tensor>>();
        for (int i = 0; i < height; i++) for (int j = 0; j < width; j++) {
            int down = i / stride, right = j / stride;
            all.add(x -> x.roll(-2, down).roll(-1, right));
        }
        return new GroupAction("shifts", all);
    }

    /** Turns, and mirrors, of the last two axes, which are square. */
    public static GroupAction of(Symmetry symmetry) {
        return new GroupAction(symmetry.name(),
                IntStream.range(0, symmetry.order()).<UnaryOperator<Tensor>>mapToObj(e -> x -> symmetry.apply(e, x)).toList());
    }

    /** The same on group maps (n, channels, order, side, side), whose third axis moves too. */
    public static GroupAction regular(Symmetry symmetry) {
        return new GroupAction(symmetry.name() + " on group maps",
                IntStream.range(0, symmetry.order()).<UnaryOperator<Tensor>>mapToObj(e -> x -> symmetry.regular(e, x)).toList());
    }

    /** The identity and some random orders of an axis. @param n its size @param draws how many orders */
    public static GroupAction permutations(int axis, int n, int draws, Rng rng) {
        if (n < 1 || draws < 0) throw new IllegalArgumentException(
                "GroupAction.permutations: " + n + " items and " + draws + " draws; at least 1, and none or more");
        var some = new ArrayList<UnaryOperator<Tensor>>();
        some.add(x -> x);
        for (int d = 0; d < draws; d++) {
            var order = rng.permutation(n);
            some.add(x -> x.indexSelect(axis, Tensor.of(order)));
        }
        return new GroupAction("permutations", some);
    }
}
