package lyceum.nn.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import lyceum.format.OnnxType;
import lyceum.nn.onnx.Shaped.Contradiction;

/** What shapes operators give, one row each, of those that take shapes apart and put them together; {@link WindowShapes} has products, windows and recurrences. */
final class ShapeRules {
    /** Outputs of a node. */
    @FunctionalInterface
    interface Rule {
        /** A {@link Shaped}, or an array of them. */
        Object of(ShapeCall c);
    }

    private static final Map<String, Rule> TABLE = new HashMap<>();

    static {
        all(c -> c.x(0).bare(), "Abs", "Neg", "Ceil", "Floor", "Round", "Sign", "Sqrt", "Exp", "Log", "Reciprocal", "Erf", "Sin", "Cos",
                "Tan", "Asin", "Acos", "Atan", "Sinh", "Cosh", "Tanh", "Asinh", "Acosh", "Atanh", "Relu", "LeakyRelu", "Elu", "Selu",
                "Celu", "Gelu", "Sigmoid", "HardSigmoid", "HardSwish", "Mish", "Softplus", "Softsign", "ThresholdedRelu", "Shrink", "PRelu",
                "Softmax", "LogSoftmax", "Hardmax", "Clip", "CumSum", "Trilu", "InstanceNormalization", "GroupNormalization",
                "LpNormalization", "MeanVarianceNormalization", "LRN", "ScatterElements", "ScatterND", "Scatter", "BitwiseNot",
                "ReverseSequence", "FastGelu", "BiasGelu", "QuickGelu", "SimplifiedLayerNormalization");
        all(c -> c.x(0), "Identity");
        all(c -> c.x(0).bare().with(OnnxType.BOOL), "Not", "IsNaN", "IsInf");
        all(c -> stretched(c, null), "Pow", "Mod", "BitShift", "Max", "Min", "Mean", "BitwiseAnd", "BitwiseOr", "BitwiseXor", "Sum");
        all(c -> stretched(c, OnnxType.BOOL), "And", "Or", "Xor", "Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual");
        all(ShapeRules::arithmetic, "Add", "Sub", "Mul", "Div");
        all(c -> new Shaped(c.type(1), Shaped.broadcast(c.x(0).dims(), Shaped.broadcast(c.x(1).dims(), c.x(2).dims()))), "Where");
        all(c -> c.x(0).with(c.set.type("to", OnnxType.UNDEFINED)), "Cast");
        all(c -> c.x(0).bare().with(c.type(1)), "CastLike");
        all(c -> new Shaped[] {c.x(0).bare(), c.x(0).bare().with(OnnxType.BOOL)}, "Dropout");
        all(c -> c.x(0).bare(), "BatchNormalization", "LayerNormalization");
        all(c -> c.x(0).bare().with(
                c.has(2) ? c.type(2) : c.set.integer("output_dtype", 0) == 0 ? OnnxType.UINT8 : c.set.type("output_dtype", OnnxType.UINT8)),
                "QuantizeLinear");
        all(c -> c.x(0).bare().with(c.type(1)), "DequantizeLinear");
        all(c -> new Shaped[] {c.x(0).bare().with(OnnxType.UINT8), new Shaped(OnnxType.FLOAT, List.of()),
                new Shaped(OnnxType.UINT8, List.of())}, "DynamicQuantizeLinear");
        all(ShapeRules::shape, "Shape");
        all(c -> new Shaped(OnnxType.INT64, List.of(), Collections.singletonList(c.x(0).count()), null), "Size");
        all(ShapeRules::reshaped, "Reshape");
        all(c -> {
            if (!c.x(0).isRanked()) return c.x(0).bare();
            long said = c.set.integer("axis", 1), rank = c.x(0).rank();
            int axis = (int) (said < 0 ? said + rank : said);
            if (axis < 0 || axis > rank) throw new Contradiction("axis " + said + " is none of rank " + rank);
            return c.x(0).with(Arrays.asList(Shaped.product(c.x(0).dims().subList(0, axis)),
                    Shaped.product(c.x(0).dims().subList(axis, c.x(0).rank()))));
        }, "Flatten");
        all(c -> {
            if (!c.x(0).isRanked()) return c.x(0).bare();
            int rank = c.x(0).rank();
            long[] order = c.set.integers("perm");
            var dims = new ArrayList<Extent>();
            for (int i = 0; i < rank; i++) dims.add(c.x(0).size(order.length == 0 ? rank - 1 - i : Call.axis(order[i], rank)));
            return c.x(0).with(dims);
        }, "Transpose");
        all(ShapeRules::squeezed, "Squeeze");
        all(ShapeRules::unsqueezed, "Unsqueeze");
        all(ShapeRules::joined, "Concat");
        all(ShapeRules::cut, "Split");
        all(ShapeRules::sliced, "Slice");
        all(ShapeRules::gathered, "Gather");
        all(c -> c.x(1).bare().with(c.type(0)), "GatherElements");
        all(ShapeRules::gatheredAt, "GatherND");
        all(c -> {
            var to = c.content(1);
            if (to == null) return new Shaped(c.type(0), null);
            return new Shaped(c.type(0), Shaped.broadcast(c.x(0).dims(), to));
        }, "Expand");
        all(c -> {
            long[] repeats = c.numbers(1, "");
            if (!c.x(0).isRanked() || repeats == null || repeats.length != c.x(0).rank()) return unsized(c.x(0));
            var dims = new ArrayList<Extent>();
            for (int i = 0; i < repeats.length; i++) dims.add(c.x(0).size(i) == null ? null : c.x(0).size(i).times(repeats[i]));
            return c.x(0).with(dims);
        }, "Tile");
        all(WindowShapes::padded, "Pad");
        all(c -> new Shaped(c.set.constant("value") == null ? OnnxType.FLOAT : c.set.constant("value").type(), c.content(0)),
                "ConstantOfShape");
        all(WindowShapes::counted, "Range");
        all(c -> new Shaped(OnnxType.INT64, Arrays.asList(c.x(0).isRanked() ? Extent.of(c.x(0).rank()) : null, null)), "NonZero");
        all(c -> {
            if (!c.x(0).isRanked()) return new Shaped(c.type(2), null);
            int axis = Call.axis(c.set.integer("axis", -1), c.x(0).rank() + 1);
            long[] depth = c.numbers(1, "");
            var dims = new ArrayList<>(c.x(0).dims());
            dims.add(axis, depth == null || depth.length != 1 ? null : Extent.of(depth[0]));
            return new Shaped(c.type(2), dims);
        }, "OneHot");
        all(c -> {
            if (!c.x(0).isRanked()) return new Shaped[] {c.x(0).bare(), new Shaped(OnnxType.INT64, null)};
            var dims = new ArrayList<>(c.x(0).dims());
            var k = c.set.sets("k") ? List.of(Extent.of(c.set.integer("k", 1))) : c.content(1);
            dims.set(Call.axis(c.set.integer("axis", -1), dims.size()), k == null || k.size() != 1 ? null : k.getFirst());
            return new Shaped[] {c.x(0).with(dims), new Shaped(OnnxType.INT64, dims)};
        }, "TopK");
        all(c -> reduced(c, new long[] {c.set.integer("axis", 0)}).with(OnnxType.INT64), "ArgMax", "ArgMin");
        for (var name : List.of("Sum", "Mean", "Max", "Min", "Prod", "L1", "L2", "LogSum", "LogSumExp", "SumSquare")) all(c -> {
            if (c.lacks(1, "axes")) return c.set.flag("noop_with_empty_axes") ? c.x(0).bare() : reduced(c, null);
            long[] axes = c.numbers(1, "axes");
            if (axes == null) return c.set.integer("keepdims", 1) != 0 ? unsized(c.x(0)) : new Shaped(c.type(0), null);
            return axes.length == 0 ? c.set.flag("noop_with_empty_axes") ? c.x(0).bare() : reduced(c, null) : reduced(c, axes);
        }, "Reduce" + name);
        all(c -> {
            if (!c.set.sets("axis") || !c.x(0).isRanked())
                return new Shaped(c.type(0), c.set.sets("axis") ? null : Collections.singletonList(null));
            var dims = new ArrayList<>(c.x(0).dims());
            dims.set(Call.axis(c.set.integer("axis", 0), dims.size()), null);
            return c.x(0).with(dims);
        }, "Compress");
        all(c -> new Shaped(OnnxType.INT64, Arrays.asList(null, Extent.of(3))), "NonMaxSuppression");
        all(c -> new Shaped(c.set.type("dtype", c.type(0)), c.x(0).dims()), "RandomNormalLike", "RandomUniformLike", "EyeLike",
                "Bernoulli");
        all(c -> new Shaped(c.set.type("dtype", OnnxType.FLOAT), Shaped.extents(c.set.integers("shape"))), "RandomNormal", "RandomUniform");
        WindowShapes.rows(TABLE);
    }

    private ShapeRules() {}

    private static void all(Rule rule, String... names) { for (var name : names) TABLE.put(name, rule); }

    /** Null where shapes of an operator are not known. */
    static Rule find(String domain, String name) {
        if (domain.equals("ai.onnx.ml")) return WindowShapes.classical(name);
        return domain.isEmpty() || domain.equals("com.microsoft") ? TABLE.get(name) : null;
    }

    /** Of as many axes. */
    static Shaped unsized(Shaped x) { return x.isRanked() ? x.with(Collections.nCopies(x.rank(), null)) : x.bare(); }

    private static Shaped stretched(ShapeCall c, OnnxType type) {
        var dims = c.x(0).dims();
        for (int i = 1; i < c.inputs(); i++) dims = Shaped.broadcast(dims, c.x(i).dims());
        return new Shaped(type == null ? c.type(0) : type, dims);
    }

    /** Sizes are added and multiplied too. */
    private static Shaped arithmetic(ShapeCall c) {
        var whole = stretched(c, null);
        List<Extent> a = c.content(0), b = c.content(1);
        if (a == null || b == null || a.size() != b.size() && a.size() != 1 && b.size() != 1) return whole;
        var found = new ArrayList<Extent>();
        for (int i = 0; i < (a.size() == 1 ? b.size() : a.size()); i++) {
            Extent p = a.get(a.size() == 1 ? 0 : i), q = b.get(b.size() == 1 ? 0 : i);
            found.add(p == null || q == null ? null : switch (c.node.operator()) {
                case "Add" -> p.plus(q);
                case "Sub" -> p.minus(q);
                case "Mul" -> p.times(q);
                default -> p.isNumber() && q.isNumber() ? q.is(0) ? null : Extent.of(p.number() / q.number()) // towards 0
                        : q.isNumber() && q.number() > 0 ? p.over(q.number(), false) : p.over(q);
            });
        }
        return new Shaped(whole.type(), whole.dims(), found, null);
    }

    private static Shaped shape(ShapeCall c) {
        if (!c.x(0).isRanked()) return new Shaped(OnnxType.INT64, Collections.singletonList(null));
        int rank = c.x(0).rank(), from = bound(c.set.integer("start", 0), rank), to = bound(c.set.integer("end", rank), rank);
        return Shaped.vector(OnnxType.INT64, c.x(0).dims().subList(from, Math.max(from, to)));
    }

    private static int bound(long at, int rank) { return (int) Math.clamp(at < 0 ? at + rank : at, 0, rank); }

    private static Shaped reshaped(ShapeCall c) {
        var x = c.x(0);
        var to = c.set.sets("shape") ? Shaped.extents(c.set.integers("shape")) : c.content(1);
        if (to == null) {
            var length = c.x(1).isRanked() && c.x(1).rank() == 1 ? c.x(1).size(0) : null;
            boolean isShort = length != null && length.isNumber() && length.number() <= Shaped.LONGEST;
            return new Shaped(x.type(), isShort ? Collections.nCopies((int) length.number(), null) : null);
        }
        var dims = new ArrayList<Extent>();
        int open = -1;
        for (int i = 0; i < to.size(); i++) {
            var size = to.get(i);
            if (size != null && size.is(0) && !c.set.flag("allowzero")) size = x.isRanked() && i < x.rank() ? x.size(i) : null;
            if (size != null && size.is(-1)) {
                open = i;
                size = Extent.ONE;
            }
            dims.add(size);
        }
        Extent all = x.count(), others = Shaped.product(dims);
        if (open >= 0) {
            dims.set(open, all == null || others == null ? null : all.over(others));
            if (all != null && others != null && all.isNumber() && others.isNumber() && others.number() > 0
                    && all.number() % others.number() != 0)
                throw new Contradiction(all + " elements cannot have shape " + to);
        } else if (all != null && others != null && all.isNumber() && others.isNumber() && !all.equals(others))
            throw new Contradiction(all + " elements cannot have shape " + to);
        return x.with(dims);
    }

    private static Object squeezed(ShapeCall c) {
        if (!c.x(0).isRanked()) return c.x(0).bare();
        int rank = c.x(0).rank();
        var dims = new ArrayList<Extent>();
        if (c.lacks(1, "axes")) {
            for (var size : c.x(0).dims()) {
                if (size == null || !size.isNumber()) return new Shaped(c.type(0), null);
                if (!size.is(1)) dims.add(size);
            }
        } else {
            long[] axes = c.numbers(1, "axes");
            if (axes == null) return new Shaped(c.type(0), null);
            var gone = new HashSet<>(Arrays.stream(Call.axes(axes, rank)).boxed().toList());
            for (int i = 0; i < rank; i++) {
                if (!gone.contains(i)) dims.add(c.x(0).size(i));
                else if (c.x(0).size(i) != null && c.x(0).size(i).isNumber() && !c.x(0).size(i).is(1))
                    throw new Contradiction("axis " + i + " of " + c.x(0).text() + " is not 1");
            }
        }
        return new Shaped(c.type(0), dims, c.content(0), null);
    }

    private static Object unsqueezed(ShapeCall c) {
        long[] axes = c.numbers(1, "axes");
        if (!c.x(0).isRanked() || axes == null) return new Shaped(c.type(0), null);
        int rank = c.x(0).rank() + axes.length;
        var isFresh = new boolean[rank];
        for (int axis : Call.axes(axes, rank)) isFresh[axis] = true;
        var dims = new ArrayList<Extent>();
        for (int i = 0, from = 0; i < rank; i++) dims.add(isFresh[i] ? Extent.ONE : c.x(0).size(from++));
        return new Shaped(c.type(0), dims, rank == 1 ? c.content(0) : null, null);
    }

    private static Object joined(ShapeCall c) {
        List<Extent> dims = null, content = new ArrayList<>();
        for (int i = 0; i < c.inputs(); i++) {
            var x = c.x(i);
            if (!x.isRanked()) return new Shaped(c.type(0), null);
            int axis = Call.axis(c.set.integer("axis", 1), x.rank());
            if (dims == null) dims = new ArrayList<>(x.dims());
            else {
                if (dims.size() != x.rank()) throw new Contradiction("ranks " + dims.size() + " and " + x.rank() + " do not go together");
                for (int k = 0; k < dims.size(); k++) {
                    Extent a = dims.get(k), b = x.size(k);
                    dims.set(k, k != axis ? Shaped.same("sizes of axis " + k, a, b) : a == null || b == null ? null : a.plus(b));
                }
            }
            if (content != null && x.content() != null && x.rank() == 1) content.addAll(x.content());
            else content = null;
        }
        return new Shaped(c.type(0), dims, content, null);
    }

    private static Object cut(ShapeCall c) {
        int parts = c.node.outputs().size();
        var found = new Shaped[parts];
        Arrays.fill(found, unsized(c.x(0)));
        if (!c.x(0).isRanked()) return found;
        int axis = Call.axis(c.set.integer("axis", 0), c.x(0).rank());
        var sizes = c.lacks(1, "split") ? null : c.set.sets("split") ? Shaped.extents(c.set.integers("split")) : c.content(1);
        var whole = c.x(0).size(axis);
        for (int i = 0; i < parts; i++) {
            var dims = new ArrayList<>(c.x(0).dims());
            Extent size = sizes != null && i < sizes.size() ? sizes.get(i) : null;
            if (c.lacks(1, "split") && whole != null) {
                var each = whole.over(parts, true);
                size = i < parts - 1 || whole.over(Extent.of(parts)) != null ? each : whole.minus(each.times(parts - 1));
            }
            dims.set(axis, size);
            found[i] = c.x(0).with(dims);
        }
        return found;
    }

    private static Object sliced(ShapeCall c) {
        var x = c.x(0);
        long[] starts = c.numbers(1, "starts"), axes = c.lacks(3, "axes") ? null : c.numbers(3, "axes"), steps = c.numbers(4, "steps");
        var ends = c.set.sets("ends") ? Shaped.extents(c.set.integers("ends")) : c.content(2);
        if (!x.isRanked() || starts == null || ends == null || !c.lacks(3, "axes") && axes == null || c.has(4) && steps == null)
            return unsized(x);
        var dims = new ArrayList<>(x.dims());
        List<Extent> content = x.rank() == 1 ? x.content() : null;
        for (int i = 0; i < starts.length; i++) {
            int axis = Call.axis(axes == null ? i : axes[i], x.rank());
            long step = steps == null ? 1 : steps[i];
            Extent size = dims.get(axis), end = ends.get(i);
            dims.set(axis, length(size, starts[i], end, step));
            if (content != null && step == 1 && end != null && end.isNumber()) content = content.subList(bound(starts[i], content.size()),
                    Math.max(bound(starts[i], content.size()), bound(end.number(), content.size())));
            else content = null;
        }
        return new Shaped(x.type(), dims, content, null);
    }

    private static Extent length(Extent size, long start, Extent end, long step) {
        if (size == null || end == null) return null;
        boolean toEnd = end.isNumber() && end.number() >= Integer.MAX_VALUE;
        if (size.isNumber() && end.isNumber()) {
            if (size.is(0)) return size;
            long n = size.number(), from = start < 0 ? start + n : start, to = end.number() < 0 ? end.number() + n : end.number();
            from = Math.clamp(from, 0, step > 0 ? n : n - 1);
            to = Math.clamp(to, step > 0 ? 0 : -1, n);
            return Extent.of(Math.max(0, step > 0 ? Math.ceilDiv(to - from, step) : Math.ceilDiv(from - to, -step)));
        }
        if (step == 1 && start >= 0 && toEnd) return start == 0 ? size : size.plus(-start);
        if (step == 1 && start == 0 && end.isNumber() && end.number() < 0) return size.plus(end);
        if (step == 1 && start < 0 && toEnd) return null;
        if (step == 1 && start == 0 && end.equals(size)) return size;
        if (step == -1 && start == -1 && end.isNumber() && end.number() <= Integer.MIN_VALUE) return size;
        return null;
    }

    private static Object gathered(ShapeCall c) {
        if (!c.x(0).isRanked() || !c.x(1).isRanked()) return new Shaped(c.type(0), null);
        int axis = Call.axis(c.set.integer("axis", 0), c.x(0).rank());
        var dims = new ArrayList<>(c.x(0).dims().subList(0, axis));
        dims.addAll(c.x(1).dims());
        dims.addAll(c.x(0).dims().subList(axis + 1, c.x(0).rank()));
        List<Extent> content = null;
        long[] places = c.numbers(1, "");
        if (c.content(0) != null && places != null && c.x(0).rank() == 1) {
            content = new ArrayList<>();
            for (long place : places) {
                long at = place < 0 ? place + c.content(0).size() : place;
                if (at < 0 || at >= c.content(0).size())
                    throw new Contradiction("index " + place + " of " + c.content(0).size() + " elements");
                content.add(c.content(0).get((int) at));
            }
        }
        return new Shaped(c.type(0), dims, content, null);
    }

    private static Object gatheredAt(ShapeCall c) {
        Shaped x = c.x(0), places = c.x(1);
        int batch = (int) c.set.integer("batch_dims", 0);
        if (!x.isRanked() || !places.isRanked() || places.rank() == 0 || places.size(-1) == null || !places.size(-1).isNumber())
            return new Shaped(x.type(), null);
        int depth = batch + (int) places.size(-1).number();
        if (depth > x.rank()) throw new Contradiction("places of " + depth + " axes in " + x.text());
        var dims = new ArrayList<>(places.dims().subList(0, places.rank() - 1));
        dims.addAll(x.dims().subList(depth, x.rank()));
        return x.with(dims);
    }

    /** @param axes null for all */
    private static Shaped reduced(ShapeCall c, long[] axes) {
        boolean keep = c.set.integer("keepdims", 1) != 0;
        if (!c.x(0).isRanked()) return axes == null && !keep ? new Shaped(c.type(0), List.of()) : c.x(0).bare();
        int rank = c.x(0).rank();
        var gone = axes == null ? null : new HashSet<>(Arrays.stream(Call.axes(axes, rank)).boxed().toList());
        var dims = new ArrayList<Extent>();
        for (int i = 0; i < rank; i++) {
            boolean isGone = gone == null || gone.contains(i);
            if (!isGone) dims.add(c.x(0).size(i));
            else if (keep) dims.add(Extent.ONE);
        }
        return c.x(0).with(dims);
    }
}
