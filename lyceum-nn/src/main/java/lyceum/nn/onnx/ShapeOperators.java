package lyceum.nn.onnx;

import java.util.Arrays;
import java.util.TreeSet;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.backend.PadMode;
import lyceum.nn.onnx.Operator.Meaning;
import lyceum.tensor.Index;
import lyceum.tensor.Shape;
import lyceum.tensor.Tensor;

/** The same elements in another shape or order, more of them or fewer. */
final class ShapeOperators {
    static final String ROWS = "Shape 1, Size 1, Reshape 5, Flatten 1, Transpose 1, Squeeze 1, Squeeze 13, Unsqueeze 1, Unsqueeze 13, Expand 8, "
            + "Tile 6, Concat 4, Split 2, Split 13, Slice 1, Slice 10, Pad 2, Pad 11, CenterCropPad 18, DepthToSpace 1, "
            + "SpaceToDepth 1, Trilu 14, ReverseSequence 10, ConstantOfShape 9, EyeLike 9, Range 11";

    /** What a row means. */
    static Meaning meaning(String row) {
        return switch (row) {
            case "Shape 1" -> ShapeOperators::shape;
            case "Size 1" -> c -> OnnxValue.of(Tensor.full(DType.I64, size(c.value(0)).count()));
            case "Reshape 5" -> c -> reshaped(c.x(0), c.longs(1), c.flag("allowzero"));
            case "Flatten 1" ->
                    c -> ActivationOperators.matrix(c.x(0), ActivationOperators.firstColumn(c.integer("axis", 1), c.x(0).rank()));
            case "Transpose 1" -> c -> c.x(0).permute(c.sets("perm") ? ints(c.integers("perm")) : backwards(c.x(0).rank()));
            case "Squeeze 1" -> c -> squeezed(c.x(0), c.sets("axes") ? c.integers("axes") : null);
            case "Squeeze 13" -> c -> squeezed(c.x(0), c.has(1) ? c.longs(1) : null);
            case "Unsqueeze 1" -> c -> unsqueezed(c.x(0), c.integers("axes"));
            case "Unsqueeze 13" -> c -> unsqueezed(c.x(0), c.longs(1));
            case "Expand 8" -> c -> c.x(0).expand(c.sized(broadcast(c.x(0).shape().toArray(), c.longs(1))));
            case "Tile 6" -> c -> tiled(c, c.x(0), c.longs(1));
            case "Concat 4" -> c -> Tensor.concat(c.axis("axis", 1, c.x(0).rank()), c.tensors());
            case "Split 2" -> c -> split(c, c.sets("split") ? c.integers("split") : null);
            case "Split 13" -> c -> split(c, c.has(1) ? c.longs(1) : null);
            case "Slice 1" ->
                    c -> sliced(c.x(0), c.integers("starts"), c.integers("ends"), c.sets("axes") ? c.integers("axes") : null, null);
            case "Slice 10" -> c -> sliced(c.x(0), c.longs(1), c.longs(2), c.has(3) ? c.longs(3) : null, c.has(4) ? c.longs(4) : null);
            case "Pad 2" -> c -> padded(c, c.integers("pads"), Tensor.full(c.x(0).dtype(), c.number("value", 0)), null);
            case "Pad 11" -> c -> padded(c, c.longs(1), c.has(2) ? c.x(2) : Tensor.zeros(c.x(0).dtype()), c.has(3) ? c.longs(3) : null);
            case "CenterCropPad 18" -> ShapeOperators::centred;
            case "DepthToSpace 1" -> c -> depthToSpace(c.x(0), c.integer("blocksize", 1), c.text("mode", "DCR").equals("CRD"));
            case "SpaceToDepth 1" -> c -> {
                var x = c.x(0);
                long b = c.integer("blocksize", 1), n = x.size(0), d = x.size(1), h = x.size(2), w = x.size(3);
                return x.reshape(n, d, h / b, b, w / b, b).permute(0, 3, 5, 1, 2, 4).reshape(n, d * b * b, h / b, w / b);
            };
            case "Trilu 14" -> c -> {
                long k = c.has(1) ? c.item(1) : 0;
                return c.integer("upper", 1) != 0 ? triangle(c.x(0), k, true) : triangle(c.x(0), k, false);
            };
            case "ReverseSequence 10" -> ShapeOperators::reversed;
            case "ConstantOfShape 9" -> c -> {
                var fill = c.constant("value");
                long[] shape = c.sized(c.longs(0));
                return fill == null ? OnnxValue.of(Tensor.zeros(shape))
                        : OnnxValue.of(fill.type(), fill.tensor().reshape(ones(shape.length)).expand(shape));
            };
            case "EyeLike 9" -> c -> {
                var x = c.x(0);
                var type = c.type("dtype", c.type(0));
                var ones = Tensor.arange(x.size(1)).eq(Tensor.arange(x.size(0)).add(c.integer("k", 0)).reshape(-1, 1));
                return OnnxValue.of(type, ones);
            };
            case "Range 11" -> ShapeOperators::range;
            default -> throw Operators.unknown(row);
        };
    }

    private ShapeOperators() {}

    static int[] ints(long[] values) { return Arrays.stream(values).mapToInt(Math::toIntExact).toArray(); }

    static long[] ones(int rank) {
        var ones = new long[rank];
        Arrays.fill(ones, 1);
        return ones;
    }

    /** The shape that both stretch to. */
    static long[] broadcast(long[] a, long[] b) {
        if (a.length < b.length) return broadcast(b, a);
        var wide = a.clone();
        for (int i = 0; i < b.length; i++) {
            int at = a.length - b.length + i;
            if (a[at] == 1) wide[at] = b[i];
            else if (b[i] != 1 && b[i] != a[at])
                throw new IllegalArgumentException(Arrays.toString(a) + " and " + Arrays.toString(b) + " do not broadcast");
        }
        return wide;
    }

    private static int[] backwards(int rank) { return IntStream.range(0, rank).map(i -> rank - 1 - i).toArray(); }

    private static Shape size(OnnxValue value) { return value instanceof OnnxValue.Strings s ? s.shape() : value.tensor().shape(); }

    private static Object shape(Call c) {
        long[] sizes = size(c.value(0)).toArray();
        int from = bound(c.integer("start", 0), sizes.length), to = bound(c.integer("end", sizes.length), sizes.length);
        return OnnxValue.of(Tensor.of(Arrays.copyOfRange(sizes, from, Math.max(from, to))));
    }

    private static int bound(long at, int rank) { return (int) Math.clamp(at < 0 ? at + rank : at, 0, rank); }

    static Tensor reshaped(Tensor x, long[] shape, boolean zeroIsZero) {
        for (int i = 0; i < shape.length; i++) {
            if (shape[i] != 0 || zeroIsZero) continue;
            if (i >= x.rank()) throw new IllegalArgumentException("size 0 of axis " + i + " names no axis of " + x.shape());
            shape[i] = x.size(i);
        }
        return x.reshape(shape);
    }

    private static Tensor squeezed(Tensor x, long[] axes) {
        if (axes == null) return x.squeeze();
        var dropped = new TreeSet<Integer>();
        for (long axis : axes) dropped.add(Call.axis(axis, x.rank()));
        for (int axis : dropped.descendingSet()) x = x.squeeze(axis);
        return x;
    }

    static Tensor unsqueezed(Tensor x, long[] axes) {
        var added = new TreeSet<Integer>();
        for (long axis : axes) added.add(Call.axis(axis, x.rank() + axes.length));
        for (int axis : added) x = x.unsqueeze(axis);
        return x;
    }

    private static Tensor tiled(Call c, Tensor x, long[] times) {
        if (times.length != x.rank()) throw new IllegalArgumentException(times.length + " repeats for shape " + x.shape());
        long[] sizes = x.shape().toArray();
        for (int i = 0; i < times.length; i++) sizes[i] = Math.multiplyExact(sizes[i], times[i]);
        c.sized(sizes);
        for (int i = 0; i < times.length; i++) if (times[i] != 1) x = x.repeat(i, Math.toIntExact(times[i]));
        return x;
    }

    /** Equal parts where no sizes are given, the last smaller where they cannot be equal. */
    static Object split(Call c, long[] sizes) {
        var x = c.x(0);
        int axis = c.axis("axis", 0, x.rank());
        if (sizes != null) return x.split(axis, sizes);
        int parts = (int) c.integer("num_outputs", c.outputs());
        if (parts < 1 || parts > Math.max(1, c.outputs()))
            throw new IllegalArgumentException(parts + " parts for " + c.outputs() + " outputs");
        long size = x.size(axis), each = Math.ceilDiv(size, parts);
        var all = new long[parts];
        for (int i = 0; i < parts; i++) all[i] = Math.clamp(size - i * each, 0, each);
        return x.split(axis, all);
    }

    static Tensor sliced(Tensor x, long[] starts, long[] ends, long[] axes, long[] steps) {
        for (int i = 0; i < starts.length; i++) {
            int axis = Call.axis(axes == null ? i : axes[i], x.rank());
            var index = new Index[axis + 1];
            Arrays.fill(index, Index.all());
            index[axis] = range(starts[i], ends[i], steps == null ? 1 : steps[i], x.size(axis));
            x = x.get(index);
        }
        return x;
    }

    /** Bounds beyond the axis are its ends; numbers near the limits of I64 mean the ends too. */
    private static Index range(long start, long end, long step, long size) {
        long from = Math.clamp(start, -size - 1, size), to = Math.clamp(end, -size - 1, size);
        if (step < 0 && to == -size - 1) to = Index.OPEN;
        return Index.range(from, to, Math.clamp(step, -Integer.MAX_VALUE, Integer.MAX_VALUE));
    }

    private static Tensor padded(Call c, long[] pads, Tensor value, long[] axes) {
        var x = c.x(0);
        int[] at = axes == null ? IntStream.range(0, x.rank()).toArray() : Call.axes(axes, x.rank());
        if (pads.length != 2 * at.length) throw new IllegalArgumentException(pads.length + " pads for " + at.length + " axes");
        var mode = c.text("mode", "constant");
        long[] sizes = x.shape().toArray();
        for (int i = 0; i < at.length; i++) sizes[at[i]] = Math.addExact(sizes[at[i]], Math.addExact(pads[i], pads[i + at.length]));
        c.sized(sizes);
        for (int i = 0; i < at.length; i++) x = padded(x, at[i], pads[i], pads[i + at.length], mode, value);
        return x;
    }

    private static Tensor padded(Tensor x, int axis, long before, long after, String mode, Tensor value) {
        if (before < 0) x = x.narrow(axis, -before, x.size(axis) + before);
        if (after < 0) x = x.narrow(axis, 0, x.size(axis) + after);
        before = Math.max(before, 0);
        after = Math.max(after, 0);
        if (before == 0 && after == 0) return x;
        if (mode.equals("constant")) {
            var edge = x.shape().toArray();
            var one = value.to(x.dtype()).reshape(ones(x.rank()));
            edge[axis] = before;
            var front = one.expand(edge.clone());
            edge[axis] = after;
            return Tensor.concat(axis, front, x, one.expand(edge));
        }
        return x.pad(axis, before, after, switch (mode) {
            case "edge" -> PadMode.REPLICATE;
            case "wrap" -> PadMode.CIRCULAR;
            case "reflect" -> PadMode.REFLECT;
            default -> throw new IllegalArgumentException("mode \"" + mode + "\" is not known");
        });
    }

    private static Object centred(Call c) {
        var x = c.x(0);
        long[] wanted = c.longs(1);
        int[] axes = c.sets("axes") ? Call.axes(c.integers("axes"), x.rank()) : IntStream.range(0, x.rank()).toArray();
        for (int i = 0; i < axes.length; i++) {
            long size = x.size(axes[i]), gap = wanted[i] - size;
            if (gap < 0) x = x.narrow(axes[i], -gap / 2, wanted[i]);
            else if (gap > 0) {
                c.sized(wanted[i]);
                x = padded(x, axes[i], gap / 2, gap - gap / 2, "constant", Tensor.zeros(x.dtype()));
            }
        }
        return x;
    }

    private static Tensor depthToSpace(Tensor x, long b, boolean columnsFirst) {
        long n = x.size(0), d = x.size(1) / (b * b), h = x.size(2), w = x.size(3);
        return (columnsFirst ? x.reshape(n, d, b, b, h, w).permute(0, 1, 4, 2, 5, 3)
                : x.reshape(n, b, b, d, h, w).permute(0, 3, 4, 1, 5, 2)).reshape(n, d, h * b, w * b);
    }

    /** By position, so that numbers that are infinite leave no NaN where they are cut away. */
    private static Tensor triangle(Tensor x, long k, boolean upper) {
        var column = Tensor.arange(x.size(-1));
        var row = Tensor.arange(x.size(-2)).add(Math.clamp(k, -(1L << 40), 1L << 40)).reshape(-1, 1);
        return (upper ? column.ge(row) : column.le(row)).where(x, x.zerosLike());
    }

    private static Object reversed(Call c) {
        var x = c.x(0);
        int time = c.axis("time_axis", 0, 2), batch = c.axis("batch_axis", 1, 2);
        long[] lengths = c.longs(1);
        var index = new long[Math.toIntExact(x.size(0) * x.size(1))];
        for (int i = 0; i < index.length; i++) {
            long[] at = {i / x.size(1), i % x.size(1)};
            long t = at[time], n = lengths[(int) at[batch]];
            index[i] = t < n ? n - 1 - t : t;
        }
        var shape = ones(x.rank());
        shape[0] = x.size(0);
        shape[1] = x.size(1);
        return x.gather(time, Tensor.of(index).reshape(shape).expand(x.shape().toArray()));
    }

    private static Object range(Call c) {
        var type = c.type(0);
        if (!type.carrier().isFloat()) {
            long start = c.item(0), stop = c.item(1), step = c.item(2);
            if (step == 0) throw new IllegalArgumentException("a step of 0");
            long n = Math.max(0, Math.ceilDiv(Math.subtractExact(stop, start), step));
            c.sized(n);
            return OnnxValue.of(type, Tensor.arange(n).to(DType.I64).mul(step).add(start));
        }
        double start = c.number(0), stop = c.number(1), step = c.number(2), n = Math.max(0, Math.ceil((stop - start) / step));
        if (!(n < 1L << 40)) throw new IllegalArgumentException("a range of " + n + " numbers");
        c.sized((long) n);
        return OnnxValue.of(type, Tensor.arange((long) n).to(DType.F64).mul(step).add(start));
    }
}
