package lyceum.tensor;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Backend;
import lyceum.backend.View;

/** Putting tensors side by side: copies each part into its place of one new block. */
final class Joining {
    private Joining() { }

    static Tensor concat(int axis, Tensor... parts) {
        if (parts.length == 0) throw new ShapeException("concat: no tensors");
        int a = parts[0].shape().axis(axis);
        var type = parts[0].dtype();
        var sizes = parts[0].shape().toArray();
        sizes[a] = 0;
        for (var part : parts) {
            type = DType.promote(type, part.dtype());
            boolean fits = part.rank() == sizes.length;
            for (int i = 0; fits && i < sizes.length; i++) fits = i == a || part.size(i) == sizes[i];
            if (!fits) throw new ShapeException("concat: shapes " + parts[0].shape() + " and " + part.shape() + " differ beyond axis " + axis);
            if (sizes[a] > Long.MAX_VALUE - part.size(a)) throw new ShapeException("concat: the sizes along axis " + axis + " add up to more than can be counted");
            sizes[a] += part.size(a);
        }
        var shape = Shape.of(sizes);
        var out = Fusion.allocate(type, shape);
        var converted = new Tensor[parts.length];
        for (int i = 0; i < parts.length; i++) converted[i] = parts[i].to(type);
        placeAll(out, a, converted);
        var result = new Tensor(out, shape);
        if (Tracing.on()) Tracing.made(new Operation.Concat(a), result, converted);
        if (!History.wanted(converted)) return result;
        var starts = new long[parts.length];
        var lengths = new long[parts.length];
        for (int i = 0; i < parts.length; i++) {
            lengths[i] = parts[i].size(a);
            if (i > 0) starts[i] = starts[i - 1] + lengths[i - 1];
        }
        return History.record("concat", result, (i, g) -> g.narrow(a, starts[i], lengths[i]), converted);
    }

    /** The parts, of {@code out}'s type, one after the other along {@code axis}. */
    static void placeAll(View out, int axis, Tensor... parts) {
        long at = 0;
        for (var part : parts) {
            place(part, out, axis, at);
            at += part.size(axis);
        }
    }

    private static void place(Tensor part, View out, int axis, long at) {
        if (part.count() == 0) return;
        var shape = part.shape().toArray();
        var window = new View(out.dtype(), out.storage(), out.offset() + at * out.strides()[axis], shape, out.strides());
        Backend.current().run(Viewing.copyProgram(part), new View[] {part.view()}, new View[] {window});
    }

    static Tensor stack(int axis, Tensor... parts) {
        if (parts.length == 0) throw new ShapeException("stack: no tensors");
        var wide = new Tensor[parts.length];
        for (int i = 0; i < parts.length; i++) {
            if (!parts[i].shape().equals(parts[0].shape())) throw new ShapeException("stack: shapes " + parts[0].shape() + " and " + parts[i].shape() + " differ");
            wide[i] = parts[i].unsqueeze(axis);
        }
        return concat(axis < 0 ? axis + parts[0].rank() + 1 : axis, wide);
    }

    static Tensor pad(Tensor x, int axis, long before, long after, double value) {
        if (before < 0 || after < 0) throw new ShapeException("pad: " + before + " before and " + after + " after; neither can be negative");
        if (before == 0 && after == 0) return x.copy();
        var sizes = x.shape().toArray();
        var parts = new java.util.ArrayList<Tensor>();
        sizes[axis] = before;
        if (before > 0) parts.add(Tensor.full(x.dtype(), value, sizes));
        parts.add(x);
        sizes[axis] = after;
        if (after > 0) parts.add(Tensor.full(x.dtype(), value, sizes));
        return concat(axis, parts.toArray(Tensor[]::new));
    }
}
