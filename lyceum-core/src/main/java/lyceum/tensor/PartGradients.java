package lyceum.tensor;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.backend.View;

/** The gradient of a tensor that was cut into parts along an axis: each part's is written to its place, instead of padded and added up. */
final class PartGradients {
    private record Range(long from, long to) { }

    private final int axis;
    private final View whole;
    private final List<Range> written = new ArrayList<>();

    PartGradients(Shape shape, DType type, History.Part part) {
        axis = part.axis();
        whole = Fusion.allocate(type, shape).with(shape.sizes(), denseLike(shape.sizes(), part.strides()));
    }

    /** Strides without gaps whose order is that of {@code strides}. */
    private static long[] denseLike(long[] sizes, long[] strides) {
        var order = java.util.stream.IntStream.range(0, sizes.length).boxed().sorted(java.util.Comparator.comparingLong((Integer i) -> -Math.abs(strides[i]))).mapToInt(i -> i).toArray();
        var dense = new long[sizes.length];
        long stride = 1;
        for (int i = order.length - 1; i >= 0; i--) {
            dense[order[i]] = stride;
            stride *= Math.max(1, sizes[order[i]]);
        }
        return dense;
    }

    /** Writes {@code g} to the part's place; false if it cannot, since the part overlaps another or lies along another axis. */
    boolean take(Tensor g, History.Part part) {
        if (part.axis() != axis) return false;
        var range = new Range(part.from(), part.from() + g.size(axis));
        for (var other : written) if (range.from < other.to && other.from < range.to) return false;
        written.add(range);
        Storing.copy(g.to(whole.dtype()), window(range));
        return true;
    }

    private View window(Range range) {
        var sizes = whole.shape().clone();
        sizes[axis] = range.to - range.from;
        return new View(whole.dtype(), whole.storage(), whole.offset() + range.from * whole.strides()[axis], sizes, whole.strides());
    }

    /** The gradient, zero where no part was. */
    Tensor whole() {
        written.sort(java.util.Comparator.comparingLong(Range::from));
        long at = 0;
        for (var range : List.copyOf(written)) {
            zero(new Range(at, range.from));
            at = Math.max(at, range.to);
        }
        zero(new Range(at, whole.shape()[axis]));
        return new Tensor(whole, Shape.adopt(whole.shape()));
    }

    private void zero(Range range) {
        if (range.from >= range.to) return;
        var window = window(range);
        Storing.copy(Tensor.full(whole.dtype(), 0, window.shape()), window);
    }
}
