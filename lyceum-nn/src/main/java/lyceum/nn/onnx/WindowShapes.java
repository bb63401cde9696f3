package lyceum.nn.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.format.OnnxType;
import lyceum.nn.onnx.Shaped.Contradiction;

/** Shapes that products, windows, recurrences, paddings, ranges and classical learners give. */
final class WindowShapes {
    private WindowShapes() {}

    static void rows(Map<String, ShapeRules.Rule> table) {
        table.put("MatMul", c -> product(c, c.x(0), c.x(1), c.type(0)));
        table.put("FusedMatMul", c -> product(c, turned(c, 0, "transA"), turned(c, 1, "transB"), c.type(0)));
        table.put("MatMulInteger", c -> product(c, c.x(0), c.x(1), OnnxType.INT32));
        table.put("QLinearMatMul", c -> product(c, c.x(0), c.x(3), c.type(7)));
        table.put("Gemm", c -> product(c, turned(c, 0, "transA"), turned(c, 1, "transB"), c.type(0)));
        table.put("Conv", c -> convolved(c, c.x(0), c.x(1), c.type(0)));
        table.put("ConvInteger", c -> convolved(c, c.x(0), c.x(1), OnnxType.INT32));
        table.put("QLinearConv", c -> convolved(c, c.x(0), c.x(3), c.type(7)));
        table.put("ConvTranspose", WindowShapes::widened);
        for (var name : List.of("MaxPool", "AveragePool", "LpPool")) table.put(name, c -> {
            var y = windowed(c, c.x(0), c.set.integers("kernel_shape"), c.x(0).isRanked() && c.x(0).rank() > 1 ? c.x(0).size(1) : null);
            return new Shaped[] {y, y.with(OnnxType.INT64)};
        });
        for (var name : List.of("GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool")) table.put(name, c -> {
            if (!c.x(0).isRanked()) return c.x(0).bare();
            var dims = new ArrayList<>(c.x(0).dims());
            for (int i = 2; i < dims.size(); i++) dims.set(i, Extent.ONE);
            return c.x(0).with(dims);
        });
        for (var name : List.of("RNN", "GRU", "LSTM")) table.put(name, WindowShapes::recurrent);
        table.put("DepthToSpace", c -> blocks(c, true));
        table.put("SpaceToDepth", c -> blocks(c, false));
        table.put("Resize", WindowShapes::resized);
        table.put("Upsample", WindowShapes::resized);
        table.put("Einsum", WindowShapes::summed);
    }

    private static Shaped turned(ShapeCall c, int i, String flag) {
        var x = c.x(i);
        if (!c.set.flag(flag) || !x.isRanked() || x.rank() < 2) return x;
        var dims = new ArrayList<>(x.dims());
        Collections.swap(dims, dims.size() - 1, dims.size() - 2);
        return x.with(dims);
    }

    private static Shaped product(ShapeCall c, Shaped a, Shaped b, OnnxType type) {
        if (!a.isRanked() || !b.isRanked()) return new Shaped(type, null);
        if (a.rank() == 0 || b.rank() == 0) throw new Contradiction("a product of " + a.text() + " and " + b.text());
        Shaped.same("inner sizes of " + a.text() + " and " + b.text(), a.size(-1), b.size(b.rank() == 1 ? 0 : -2));
        var left = a.rank() < 2 ? List.<Extent>of() : a.dims().subList(0, a.rank() - 2);
        var right = b.rank() < 2 ? List.<Extent>of() : b.dims().subList(0, b.rank() - 2);
        var dims = new ArrayList<>(Shaped.broadcast(left, right));
        if (a.rank() > 1) dims.add(a.size(-2));
        if (b.rank() > 1) dims.add(b.size(-1));
        return new Shaped(type, dims);
    }

    private static long at(long[] all, int i, long otherwise) { return i < all.length ? all[i] : otherwise; }

    private static Shaped convolved(ShapeCall c, Shaped x, Shaped w, OnnxType type) {
        if (!x.isRanked()) return new Shaped(type, null);
        if (w.isRanked() && w.rank() != x.rank()) throw new Contradiction("an input " + x.text() + " for weights " + w.text());
        requireAxis(x);
        long[] kernel = c.set.integers("kernel_shape");
        if (kernel.length == 0 && w.isRanked() && w.dims().subList(2, w.rank()).stream().allMatch(d -> d != null && d.isNumber()))
            kernel = w.dims().subList(2, w.rank()).stream().mapToLong(Extent::number).toArray();
        if (w.isRanked() && w.size(1) != null)
            Shaped.same("channels of the input and of the weights", x.size(1), w.size(1).times(c.set.integer("group", 1)));
        return windowed(c, x, kernel, w.isRanked() ? w.size(0) : null).with(type);
    }

    private static void requireAxis(Shaped x) {
        if (x.rank() < 3) throw new Contradiction("an input " + x.text() + " has no axis to go along");
    }

    /** @param kernel empty where it is not known */
    private static Shaped windowed(ShapeCall c, Shaped x, long[] kernel, Extent channels) {
        if (!x.isRanked()) return x.bare();
        requireAxis(x);
        int axes = x.rank() - 2;
        long[] strides = c.set.integers("strides"), dilations = c.set.integers("dilations"), pads = c.set.integers("pads");
        var auto = c.set.text("auto_pad", "NOTSET");
        var dims = new ArrayList<Extent>();
        dims.add(x.size(0));
        dims.add(channels);
        for (int i = 0; i < axes; i++) {
            Extent size = x.size(i + 2);
            long stride = at(strides, i, 1);
            if (size == null || auto.startsWith("SAME")) {
                dims.add(size == null ? null : size.over(stride, true));
                continue;
            }
            if (kernel.length != axes) {
                dims.add(null);
                continue;
            }
            long reach = (kernel[i] - 1) * at(dilations, i, 1) + 1,
                    padding = auto.equals("VALID") ? 0 : at(pads, i, 0) + at(pads, axes + i, 0);
            var room = size.plus(padding - reach);
            if (room.isNumber() && room.number() < 0)
                throw new Contradiction("a window of " + reach + " does not fit " + size + " and a padding of " + padding);
            boolean up = c.set.flag("ceil_mode");
            Extent n = room.over(stride, up).plus(1);
            // a last window that begins in the padding behind is none
            if (up && n.isNumber() && size.isNumber() && (n.number() - 1) * stride >= size.number() + at(pads, i, 0)) n = n.plus(-1);
            else if (up && !n.isNumber()) n = null;
            dims.add(n);
        }
        return x.with(dims);
    }

    private static Object widened(ShapeCall c) {
        Shaped x = c.x(0), w = c.x(1);
        if (!x.isRanked()) return x.bare();
        requireAxis(x);
        int axes = x.rank() - 2;
        long[] strides = c.set.integers("strides"), dilations = c.set.integers("dilations"), pads = c.set.integers("pads"),
                more = c.set.integers("output_padding"), said = c.set.integers("output_shape");
        var auto = c.set.text("auto_pad", "NOTSET");
        var dims = new ArrayList<Extent>();
        dims.add(x.size(0));
        dims.add(w.isRanked() && w.size(1) != null ? w.size(1).times(c.set.integer("group", 1)) : null);
        for (int i = 0; i < axes; i++) {
            Extent size = x.size(i + 2), kernel = w.isRanked() ? w.size(i + 2) : null;
            long stride = at(strides, i, 1);
            if (said.length >= axes) dims.add(Extent.of(said[said.length - axes + i]));
            else if (size == null || kernel == null || !kernel.isNumber()) dims.add(null);
            else if (auto.startsWith("SAME")) dims.add(size.times(stride));
            else dims.add(size.plus(-1).times(stride)
                    .plus(at(more, i, 0) + (kernel.number() - 1) * at(dilations, i, 1) + 1 - at(pads, i, 0) - at(pads, axes + i, 0)));
        }
        return x.with(dims);
    }

    private static Object recurrent(ShapeCall c) {
        var x = c.x(0);
        if (!x.isRanked() || x.rank() != 3) return x.isRanked() ? Shaped.UNKNOWN : x.bare();
        boolean first = c.set.integer("layout", 0) == 1;
        Extent steps = x.size(first ? 1 : 0), batch = x.size(first ? 0 : 1),
                ways = Extent.of(c.set.text("direction", "forward").equals("bidirectional") ? 2 : 1), hidden = c.set.sets("hidden_size")
                        ? Extent.of(c.set.integer("hidden_size", 0)) : c.x(2).isRanked() ? c.x(2).size(-1) : null;
        var w = c.x(1);
        if (w.isRanked() && w.rank() == 3) Shaped.same("the width of the input and of the weights", x.size(2), w.size(2));
        var last = x.with(first ? Arrays.asList(batch, ways, hidden) : Arrays.asList(ways, batch, hidden));
        var all = x.with(first ? Arrays.asList(batch, steps, ways, hidden) : Arrays.asList(steps, ways, batch, hidden));
        return new Shaped[] {all, last, last};
    }

    private static Object blocks(ShapeCall c, boolean toSpace) {
        if (!c.x(0).isRanked() || c.x(0).rank() != 4) return c.x(0).isRanked() ? Shaped.UNKNOWN : c.x(0).bare();
        long block = c.set.integer("blocksize", 1);
        var dims = new ArrayList<Extent>();
        for (int i = 0; i < 4; i++) {
            var size = c.x(0).size(i);
            boolean grows = toSpace == i > 1;
            dims.add(i == 0 || size == null ? size
                    : grows ? size.times(i == 1 ? block * block : block) : size.over(Extent.of(i == 1 ? block * block : block)));
        }
        return c.x(0).with(dims);
    }

    private static Object resized(ShapeCall c) {
        var x = c.x(0);
        if (!x.isRanked()) return x.bare();
        int scales = c.node.operator().equals("Upsample") || c.version < 11 ? 1 : 2;
        int[] axes = c.set.sets("axes") ? Call.axes(c.set.integers("axes"), x.rank()) : IntStream.range(0, x.rank()).toArray();
        var dims = new ArrayList<>(x.dims());
        boolean keeps = !c.set.text("keep_aspect_ratio_policy", "stretch").equals("stretch");
        var sizes = scales == 2 && c.has(3) ? c.content(3) : null;
        double[] by = c.has(scales) && c.x(scales).constant() instanceof OnnxValue.Array(var type, var s) && s.dtype().isFloat()
                ? s.to(DType.F64).toDoubleArray() : new double[0];
        if (c.set.sets("scales")) {
            var given = c.set.numbers("scales");
            by = IntStream.range(0, given.length).mapToDouble(i -> given[i]).toArray();
        }
        for (int i = 0; i < axes.length; i++) {
            var size = dims.get(axes[i]);
            if (sizes != null && sizes.size() == axes.length && !keeps) dims.set(axes[i], sizes.get(i));
            else if (by.length != axes.length || size == null || sizes != null || scales == 2 && c.has(3)) dims.set(axes[i], null);
            else dims.set(axes[i], size.isNumber() ? Extent.of((long) Math.floor(size.number() * by[i]))
                    : by[i] == Math.rint(by[i]) ? size.times((long) by[i]) : null);
        }
        return x.with(dims);
    }

    private static Object summed(ShapeCall c) {
        var words = c.set.text("equation", "").replace(" ", "").split("->", -1);
        var terms = words[0].split(",", -1);
        var sizes = new HashMap<Character, Extent>();
        if (words[0].contains(".") || words.length != 2 || terms.length != c.inputs()) return new Shaped(c.type(0), null);
        for (int i = 0; i < terms.length; i++) {
            if (!c.x(i).isRanked()) return new Shaped(c.type(0), null);
            if (terms[i].length() != c.x(i).rank()) throw new Contradiction("\"" + terms[i] + "\" names axes of " + c.x(i).text());
            for (int k = 0; k < terms[i].length(); k++) {
                char axis = terms[i].charAt(k);
                sizes.put(axis, Shaped.same("sizes of \"" + axis + "\"", sizes.get(axis), c.x(i).size(k)));
            }
        }
        var dims = new ArrayList<Extent>();
        for (char axis : words[1].toCharArray()) dims.add(sizes.get(axis));
        return new Shaped(c.type(0), dims);
    }

    static Object padded(ShapeCall c) {
        long[] pads = c.numbers(1, "pads");
        if (!c.x(0).isRanked() || pads == null) return ShapeRules.unsized(c.x(0));
        int rank = c.x(0).rank();
        long[] given = c.has(3) ? c.numbers(3, "axes") : null;
        if (c.has(3) && given == null) return ShapeRules.unsized(c.x(0));
        var dims = new ArrayList<>(c.x(0).dims());
        int n = given == null ? rank : given.length;
        if (pads.length != 2 * n) throw new Contradiction(pads.length + " paddings of " + n + " axes");
        for (int i = 0; i < n; i++) {
            int axis = given == null ? i : Call.axis(given[i], rank);
            dims.set(axis, dims.get(axis) == null ? null : dims.get(axis).plus(pads[i] + pads[n + i]));
        }
        return c.x(0).with(dims);
    }

    static Object counted(ShapeCall c) {
        List<Extent> from = c.content(0), to = c.content(1), by = c.content(2);
        Extent n = null;
        if (from != null && to != null && by != null && from.getFirst() != null && to.getFirst() != null && by.getFirst() != null
                && by.getFirst().isNumber() && by.getFirst().number() != 0) {
            Extent span = to.getFirst().minus(from.getFirst());
            long step = by.getFirst().number();
            n = step > 0 ? span.over(step, true) : span.times(-1).over(-step, true);
            if (n.isNumber() && n.number() < 0) n = Extent.of(0);
        }
        return new Shaped(c.type(0), Collections.singletonList(n));
    }

    /** Operators of {@code ai.onnx.ml} with rows of features. */
    static ShapeRules.Rule classical(String name) {
        return switch (name) {
            case "Scaler", "Normalizer", "Imputer", "Binarizer" ->
                    c -> name.equals("Imputer") || name.equals("Binarizer") ? c.x(0).bare() : c.x(0).bare().with(OnnxType.FLOAT);
            case "LinearRegressor", "TreeEnsembleRegressor" -> c -> new Shaped(OnnxType.FLOAT,
                    Arrays.asList(rows(c), Extent.of(c.set.integer(name.startsWith("L") ? "targets" : "n_targets", 1))));
            case "SVMRegressor" -> c -> new Shaped(OnnxType.FLOAT, Arrays.asList(rows(c), Extent.ONE));
            case "LinearClassifier", "SVMClassifier", "TreeEnsembleClassifier" -> c -> {
                var numbers = name.startsWith("T") ? "classlabels_int64s" : "classlabels_ints";
                int classes = MlOperators.classes(c.set, numbers);
                var label = new Shaped(c.set.sets("classlabels_strings") ? OnnxType.STRING : OnnxType.INT64,
                        Collections.singletonList(rows(c)));
                boolean votes = name.startsWith("S") && c.set.numbers("prob_a").length == 0 && classes > 2
                        && c.set.integers("vectors_per_class").length > 0;
                return new Shaped[] {label,
                        new Shaped(OnnxType.FLOAT, Arrays.asList(rows(c), Extent.of(votes ? classes * (classes - 1) / 2 : classes)))};
            };
            case "LabelEncoder" -> c -> new Shaped(c.set.sets("values_strings") ? OnnxType.STRING
                    : c.set.sets("values_int64s") ? OnnxType.INT64 : c.set.sets("values_floats") ? OnnxType.FLOAT : OnnxType.UNDEFINED,
                    c.x(0).dims());
            default -> null;
        };
    }

    private static Extent rows(ShapeCall c) { return c.x(0).isRanked() && c.x(0).rank() > 1 ? c.x(0).size(0) : Extent.ONE; }
}
