package lyceum.tensor;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.backend.View;

/**
 * The gradient of a tensor that was cut into parts along an axis: each part's is written to its place, instead of padded and added up. Parts that lie
 * in one memory as they are to lie in the whole stay there, if nothing is missing between them.
 */
final class PartGradients {
    /** @param inPlace the gradient that lies there as it will in the whole, if that turns out to be its memory, or null once it is written */
    private record Part(long from, long to, Tensor inPlace) {}

    private final int axis;
    private final DType type;
    private final long[] shape, strides;
    private final List<Part> parts = new ArrayList<>();
    private View whole;

    PartGradients(Shape shape, DType type, int axis, long[] strides) {
        this.axis = axis;
        this.type = type;
        this.shape = shape.sizes();
        this.strides = denseLike(this.shape, strides);
    }

    /** Strides without gaps whose order is that of {@code strides}. */
    private static long[] denseLike(long[] sizes, long[] strides) {
        var order = IntStream.range(0, sizes.length).boxed().sorted(Comparator.comparingLong((Integer i) -> -Math.abs(strides[i])))
                .mapToInt(i -> i).toArray();
        var dense = new long[sizes.length];
        long stride = 1;
        for (int i = order.length - 1; i >= 0; i--) {
            dense[order[i]] = stride;
            stride *= Math.max(1, sizes[order[i]]);
        }
        return dense;
    }

    /** Writes {@code g} to the part's place, at the end at the latest; false if it cannot, since the part overlaps another or lies along another axis. */
    boolean take(Tensor g, ViewOps.Slice part) {
        if (part.axis() != axis) return false;
        long from = part.start(), to = from + g.size(axis);
        for (var other : parts) if (from < other.to && other.from < to) return false;
        boolean stays = whole == null && lies(g, from);
        parts.add(new Part(from, to, stays ? g : null));
        if (!stays) write(g, from, to);
        return true;
    }

    /** True if the memory of {@code g} may be that of the whole. */
    private boolean lies(Tensor g, long from) {
        var view = g.viewIfStored();
        if (view == null || view.dtype() != type || view.size() == 0 || start(view, from) < 0) return false;
        for (int i = 0; i < strides.length; i++) if (view.shape()[i] != 1 && view.strides()[i] != strides[i]) return false;
        return !parts.isEmpty() ? parts.getFirst().inPlace != null && isBeside(view, from) : true;
    }

    private long start(View view, long from) { return view.offset() - from * strides[axis]; }

    private boolean isBeside(View view, long from) {
        var first = parts.getFirst();
        var other = first.inPlace.view();
        return view.storage() == other.storage() && start(view, from) == start(other, first.from);
    }

    private void write(Tensor g, long from, long to) {
        if (whole == null) {
            whole = Fusion.allocate(type, Shape.adopt(shape)).with(shape, strides);
            for (var part : parts) if (part.inPlace != null) write(part.inPlace, part.from, part.to);
        }
        Storing.copy(g.to(type), window(from, to));
    }

    private View window(long from, long to) {
        var sizes = shape.clone();
        sizes[axis] = to - from;
        return new View(type, whole.storage(), whole.offset() + from * strides[axis], sizes, strides);
    }

    /** The gradient, zero where no part was. */
    Tensor whole() {
        parts.sort(Comparator.comparingLong(Part::from));
        long at = 0;
        for (var part : List.copyOf(parts)) {
            zero(at, part.from);
            at = Math.max(at, part.to);
        }
        zero(at, shape[axis]);
        if (whole == null) {
            var first = parts.getFirst().inPlace.view();
            whole = new View(type, first.storage(), start(first, parts.getFirst().from), shape, strides);
        }
        return new Tensor(whole, Shape.adopt(shape));
    }

    /** All that lie in memory. */
    List<Tensor> tensors() {
        var all = new ArrayList<Tensor>();
        if (whole != null) all.add(new Tensor(whole, Shape.adopt(shape)));
        for (var part : parts) if (part.inPlace != null) all.add(part.inPlace);
        return all;
    }

    private void zero(long from, long to) {
        if (from >= to) return;
        var sizes = shape.clone();
        sizes[axis] = to - from;
        write(Tensor.full(type, 0, sizes), from, to);
    }
}
