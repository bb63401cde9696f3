package lyceum.tensor;

import java.util.ArrayList;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Backend;
import lyceum.backend.Op;
import lyceum.backend.PadMode;
import lyceum.backend.View;

/** Tensors of one type side by side: copies each part into its place of one new block. */
public record ConcatOp(int axis) implements Operation {

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
            if (!fits)
                throw new ShapeException("concat: shapes " + parts[0].shape() + " and " + part.shape() + " differ beyond axis " + axis);
            if (sizes[a] > Long.MAX_VALUE - part.size(a))
                throw new ShapeException("concat: the sizes along axis " + axis + " add up to more than can be counted");
            sizes[a] += part.size(a);
        }
        Shape.of(sizes); // refuses what cannot be counted
        var converted = new Tensor[parts.length];
        for (int i = 0; i < parts.length; i++) converted[i] = parts[i].to(type);
        return new ConcatOp(a).apply(converted);
    }

    /** Parts above which each is computed first: whether one stands twice is not looked for. */
    private static final int MANY = 16;

    @Override public Tensor value(Tensor... in) {
        var sizes = in[0].shape().toArray();
        for (int i = 1; i < in.length; i++) sizes[axis] += in[i].size(axis);
        var shape = Shape.own(sizes);
        var out = Fusion.allocate(in[0].dtype(), shape);
        into(out, in);
        return new Tensor(out, shape);
    }

    @Override public void into(View out, Tensor... in) {
        long at = 0;
        for (int i = 0; i < in.length; i++) {
            place(in[i], out, axis, at, isAgain(in, i));
            at += in[i].size(axis);
        }
    }

    private static boolean isAgain(Tensor[] in, int i) {
        if (in.length > MANY) return true;
        for (int j = 0; j < in.length; j++) if (j != i && in[j] == in[i]) return true;
        return false;
    }

    @Override public boolean isLinear() { return true; }

    @Override public Tensor pullback(int i, Tensor g, Reading reading) { return visit(reading).pullback(i, g); }

    @Override public Visit visit(Reading reading) {
        var starts = new long[reading.operands() + 1];
        for (int j = 0; j < reading.operands(); j++) starts[j + 1] = starts[j] + reading.shape(j).size(axis);
        return (i, g) -> g.narrow(axis, starts[i], starts[i + 1] - starts[i]);
    }

    @Override public Tensor batched(long size, boolean[] isBatched, Tensor... in) {
        return new ConcatOp(axis + 1).apply(Batch.spread(size, isBatched, in));
    }

    @Override public String text() { return "concat " + axis; }

    /** @param again whether it stands elsewhere too, and is better computed once for all */
    private static void place(Tensor part, View out, int axis, long at, boolean again) {
        if (part.count() == 0) return;
        var window = new View(out.dtype(), out.storage(), out.offset() + at * out.strides()[axis], part.shape().sizes(), out.strides());
        var pending = part.pending();
        boolean alone = !again && pending != null && !pending.isProduct() && pending.op() != Op.CONST && pending.readers().get() == 0
                && !pending.reducesRows() && part.count() > Fusion.SMALL;
        if (alone) { // what nobody else has asked for goes straight into its place
            var plan = new FusionPlan(part.shape(), part);
            var program = plan.absorbed(part);
            if (program != null) {
                Backend.current().run(program, plan.inputs(), new View[] {window});
                return;
            }
        }
        Backend.current().run(ViewOps.copyProgram(part), new View[] {part.view()}, new View[] {window});
    }

    static Tensor stack(int axis, Tensor... parts) {
        if (parts.length == 0) throw new ShapeException("stack: no tensors");
        var wide = new Tensor[parts.length];
        for (int i = 0; i < parts.length; i++) {
            if (!parts[i].shape().equals(parts[0].shape()))
                throw new ShapeException("stack: shapes " + parts[0].shape() + " and " + parts[i].shape() + " differ");
            wide[i] = parts[i].unsqueeze(axis);
        }
        return concat(axis < 0 ? axis + parts[0].rank() + 1 : axis, wide);
    }

    static Tensor pad(Tensor x, int axis, long before, long after, double value) {
        if (before < 0 || after < 0)
            throw new ShapeException("pad: " + before + " before and " + after + " after; neither can be negative");
        if (before == 0 && after == 0) return x.copy();
        var sizes = x.shape().toArray();
        var parts = new ArrayList<Tensor>();
        sizes[axis] = before;
        if (before > 0) parts.add(Creation.full("pad", x.dtype(), value, Shape.of(sizes)));
        parts.add(x);
        sizes[axis] = after;
        if (after > 0) parts.add(Creation.full("pad", x.dtype(), value, Shape.of(sizes)));
        return concat(axis, parts.toArray(Tensor[]::new));
    }

    /** What lies beyond the ends by pieces of x, or, where more is wanted than it has, element by element. */
    static Tensor pad(Tensor x, int axis, long before, long after, PadMode mode) {
        if (mode == PadMode.ZEROS) return pad(x, axis, before, after, 0);
        if (before < 0 || after < 0)
            throw new ShapeException("pad: " + before + " before and " + after + " after; neither can be negative");
        if (before == 0 && after == 0) return x.copy();
        long n = x.size(axis);
        if (n == 0) throw new ShapeException("pad: axis " + axis + " of " + x.shape() + " is empty; there is nothing to pad with");
        if (mode == PadMode.REPLICATE) return concat(axis, edge(x, axis, 0, before), x, edge(x, axis, n - 1, after));
        boolean mirrored = mode == PadMode.REFLECT;
        if (Math.max(before, after) <= (mirrored ? n - 1 : n)) {
            return mirrored ? concat(axis, x.narrow(axis, 1, before).flip(axis), x, x.narrow(axis, n - 1 - after, after).flip(axis))
                    : concat(axis, x.narrow(axis, n - before, before), x, x.narrow(axis, 0, after));
        }
        var from = new long[Math.toIntExact(n + before + after)];
        for (int i = 0; i < from.length; i++) {
            long place = Math.floorMod(i - before, mirrored ? Math.max(1, 2 * n - 2) : n);
            from[i] = place < n ? place : 2 * n - 2 - place;
        }
        return x.indexSelect(axis, Tensor.of(from));
    }

    private static Tensor edge(Tensor x, int axis, long at, long count) {
        long[] sizes = x.shape().toArray();
        sizes[axis] = count;
        return x.narrow(axis, at, 1).expand(sizes);
    }
}
