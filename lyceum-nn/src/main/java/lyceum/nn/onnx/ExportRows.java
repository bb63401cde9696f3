package lyceum.nn.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.LyceumException;
import lyceum.backend.Backend.Scan;
import lyceum.backend.Backend.Scatter;
import lyceum.backend.Convolution;
import lyceum.backend.Op;
import lyceum.backend.Pooling;
import lyceum.format.OnnxFile.Attribute;
import lyceum.nn.onnx.Recording.Made;
import lyceum.tensor.ArgsortOp;
import lyceum.tensor.ConcatOp;
import lyceum.tensor.ConvolveOp;
import lyceum.tensor.ElementwiseOp;
import lyceum.tensor.GatherOp;
import lyceum.tensor.GeluTanhOp;
import lyceum.tensor.MatmulOp;
import lyceum.tensor.NormOp;
import lyceum.tensor.Operation;
import lyceum.tensor.PoolOps;
import lyceum.tensor.ReduceOp;
import lyceum.tensor.RowOps;
import lyceum.tensor.ScanOp;
import lyceum.tensor.ScatterOp;
import lyceum.tensor.Tensor;
import lyceum.tensor.ViewOps;

/** Each operation of Lyceum as operators of ONNX, set 18. */
final class ExportRows {
    /** Operators whose meaning is one of ours. */
    private static final Map<Op, String> SAME = Map.ofEntries(Map.entry(Op.NEG, "Neg"), Map.entry(Op.ABS, "Abs"),
            Map.entry(Op.SIGN, "Sign"), Map.entry(Op.NOT, "Not"), Map.entry(Op.SQRT, "Sqrt"), Map.entry(Op.RECIPROCAL, "Reciprocal"),
            Map.entry(Op.EXP, "Exp"), Map.entry(Op.LOG, "Log"), Map.entry(Op.SIN, "Sin"), Map.entry(Op.COS, "Cos"),
            Map.entry(Op.TAN, "Tan"), Map.entry(Op.ASIN, "Asin"), Map.entry(Op.ACOS, "Acos"), Map.entry(Op.ATAN, "Atan"),
            Map.entry(Op.SINH, "Sinh"), Map.entry(Op.COSH, "Cosh"), Map.entry(Op.TANH, "Tanh"), Map.entry(Op.SIGMOID, "Sigmoid"),
            Map.entry(Op.SOFTPLUS, "Softplus"), Map.entry(Op.RELU, "Relu"), Map.entry(Op.ERF, "Erf"), Map.entry(Op.FLOOR, "Floor"),
            Map.entry(Op.CEIL, "Ceil"), Map.entry(Op.ROUND, "Round"), Map.entry(Op.IS_NAN, "IsNaN"), Map.entry(Op.ADD, "Add"),
            Map.entry(Op.SUB, "Sub"), Map.entry(Op.MUL, "Mul"), Map.entry(Op.DIV, "Div"), Map.entry(Op.POW, "Pow"),
            Map.entry(Op.MAX, "Max"), Map.entry(Op.MIN, "Min"), Map.entry(Op.EQ, "Equal"), Map.entry(Op.LT, "Less"),
            Map.entry(Op.LE, "LessOrEqual"), Map.entry(Op.GT, "Greater"), Map.entry(Op.GE, "GreaterOrEqual"), Map.entry(Op.WHERE, "Where"));

    private final GraphWriter out;

    ExportRows(GraphWriter out) { this.out = out; }

    /** Operations that have a row here; others are taken apart. */
    static boolean knows(Operation operation) {
        return operation instanceof RowOps.Softmax || operation instanceof RowOps.LogSoftmax || operation instanceof RowOps.LogSumExp
                || operation instanceof NormOp norm && norm.centred() || operation instanceof GeluTanhOp || operation instanceof ConvolveOp
                || !operation.isComposed();
    }

    private static Attribute set(String name, long value) { return new Attribute(name, value); }

    private static Attribute set(String name, long... values) { return new Attribute(name, values); }

    private static Attribute set(String name, List<Integer> values) {
        return new Attribute(name, values.stream().mapToLong(Integer::longValue).toArray());
    }

    /** The name of the value, after its nodes were written. @param other the same value of a run with another batch */
    String write(Made made, Made other) {
        var in = made.operands();
        if (made.operation() instanceof PoolOps.Pick) {
            var pooled = out.remembered(in.get(1), in.getFirst());
            if (pooled == null) throw refused(made);
            return pooled;
        }
        var names = in.stream().map(out::name).toArray(String[]::new);
        return switch (made.operation()) {
            case ElementwiseOp e -> elementwise(e.op(), made, names);
            case ReduceOp r -> reduced(r, made, names[0]);
            case ScanOp s -> {
                if (s.scan() != Scan.SUM) throw refused(made);
                yield out.node("CumSum", names[0], out.numbers(s.axis()));
            }
            case ArgsortOp a -> {
                long k = a.count() < 0 ? out.shape(in.getFirst()).size(a.axis()) : a.count();
                yield out.nodes("TopK", 2, new String[] {names[0], out.numbers(k)}, set("axis", a.axis()),
                        set("largest", a.descending() ? 1 : 0))[1];
            }
            case RowOps.Softmax s -> out.node("Softmax", names, set("axis", s.axis()));
            case RowOps.LogSoftmax s -> out.node("LogSoftmax", names, set("axis", s.axis()));
            case RowOps.LogSumExp s ->
                    out.node("ReduceLogSumExp", new String[] {names[0], out.numbers(s.axis())}, set("keepdims", s.keep() ? 1 : 0));
            case GeluTanhOp g -> {
                var cube = out.node("Mul", out.node("Mul", names[0], names[0]), names[0]);
                var inner = out.node("Add", names[0], out.node("Mul", cube, number(made, 0.044715)));
                var t = out.node("Tanh", out.node("Mul", inner, number(made, Math.sqrt(2 / Math.PI))));
                yield out.node("Mul", out.node("Mul", names[0], number(made, 0.5)), out.node("Add", t, number(made, 1)));
            }
            case NormOp n -> {
                long width = made.shape().size(-1);
                var weight = n.weighted() ? names[1] : out.constant(Tensor.ones(made.type(), width));
                var all = n.shifted() ? new String[] {names[0], weight, names[names.length - 1]} : new String[] {names[0], weight};
                yield out.node("LayerNormalization", all, set("axis", -1), new Attribute("epsilon", (float) n.epsilon()));
            }
            case MatmulOp m -> {
                var operand = out.type(in.getFirst());
                if (operand == m.type()) yield out.node("MatMul", names);
                if (m.type() == DType.I32) yield out.node("MatMulInteger", names);
                yield out.node("MatMul", out.cast(names[0], m.type()), out.cast(names[1], m.type()));
            }
            case ConvolveOp c -> convolved(c, made, names);
            case PoolOps.LargestPlaces p -> {
                var pooled = out.nodes("MaxPool", 1, names, pooling(p.how(), out.shape(in.getFirst()).rank() - 2));
                out.remember(made, pooled[0]);
                yield pooled[0];
            }
            case PoolOps.Average a -> {
                if (a.back()) throw refused(made);
                var settings = new ArrayList<>(List.of(pooling(a.how(), made.shape().rank() - 2)));
                settings.add(set("count_include_pad", a.how().countPadding() ? 1 : 0));
                settings.removeIf(s -> s.name().equals("dilations"));
                yield out.node("AveragePool", names, settings.toArray(Attribute[]::new));
            }
            case GatherOp g -> gathered(g, in, names);
            case ScatterOp s -> {
                var rule = s.rule() == Scatter.SET ? "none" : s.rule() == Scatter.ADD ? "add" : s.rule() == Scatter.MAX ? "max" : "min";
                yield out.node("ScatterElements", names, set("axis", s.axis()), new Attribute("reduction", rule.getBytes()));
            }
            case ConcatOp c -> out.node("Concat", names, set("axis", c.axis()));
            case ViewOps.Reshape r -> out.node("Reshape", names[0], out.sizes(made, other));
            case ViewOps.Expand e -> out.node("Expand", names[0], out.sizes(made, other));
            case ViewOps.Permute p ->
                    out.node("Transpose", names, set("perm", Arrays.stream(p.order().toArray()).asLongStream().toArray()));
            case ViewOps.Slice s -> sliced(s, made, other, names[0]);
            case ViewOps.Diagonal d -> diagonal(d, made, names[0]);
            case ViewOps.Flip f ->
                    out.node("Slice", names[0], out.numbers(-1), out.numbers(Long.MIN_VALUE), out.numbers(f.axis()), out.numbers(-1));
            case ViewOps.Unfold u -> {
                var windows = new long[Math.toIntExact(made.shape().size(u.axis()) * u.size())];
                for (int i = 0; i < windows.length; i++) windows[i] = i / u.size() * u.step() + i % u.size();
                var apart = out.node("Gather",
                        new String[] {names[0], out.constant(Tensor.of(windows, made.shape().size(u.axis()), u.size()))},
                        set("axis", u.axis()));
                int rank = made.shape().rank();
                long[] order = IntStream.range(0, rank).mapToLong(i -> i <= u.axis() ? i : i < rank - 1 ? i + 1 : u.axis() + 1).toArray();
                yield out.node("Transpose", new String[] {apart}, set("perm", order));
            }
            case ViewOps.Copy c -> names[0];
            case ViewOps.Stop s -> names[0];
            case ViewOps.Same s -> names[0];
            default -> throw refused(made);
        };
    }

    private static LyceumException refused(Made made) {
        return new LyceumException("Onnx.export: the operation \"" + made.operation().text() + "\" has no form in ONNX");
    }

    private String number(Made made, double value) { return out.constant(Tensor.full(made.type(), value)); }

    private String elementwise(Op op, Made made, String... x) {
        var same = SAME.get(op);
        // ONNX Runtime has sines of doubles and no cosines
        if (op == Op.COS && made.type() == DType.F64) return out.node("Sin", out.node("Add", x[0], number(made, Math.PI / 2)));
        if (same != null) return out.node(same, x);
        return switch (op) {
            case CAST -> out.cast(x[0], made.type());
            case SQUARE -> out.node("Mul", x[0], x[0]);
            case RSQRT -> out.node("Reciprocal", out.node("Sqrt", x[0]));
            case EXPM1 -> out.node("Sub", out.node("Exp", x[0]), number(made, 1));
            case LOG1P -> out.node("Log", out.node("Add", x[0], number(made, 1)));
            case LOG2 -> out.node("Mul", out.node("Log", x[0]), number(made, 1 / Math.log(2)));
            case ERFC -> out.node("Sub", number(made, 1), out.node("Erf", x[0]));
            case TRUNC -> out.node("Mul", out.node("Floor", out.node("Abs", x[0])), out.node("Sign", x[0]));
            case GELU -> {
                var half = out.node("Mul", x[0], number(made, 0.5));
                yield out.node("Mul", half,
                        out.node("Add", out.node("Erf", out.node("Mul", x[0], number(made, Math.sqrt(0.5)))), number(made, 1)));
            }
            case IS_FINITE -> out.node("Not", out.node("Or", out.node("IsNaN", x[0]), out.node("IsInf", x[0])));
            case NE -> out.node("Not", out.node("Equal", x));
            case FMA -> out.node("Add", out.node("Mul", x[0], x[1]), x[2]);
            case AND, OR, XOR -> out.node((made.type() == DType.BOOL ? "" : "Bitwise") + op.text().substring(0, 1).toUpperCase(Locale.ROOT)
                    + op.text().substring(1), x);
            case MOD -> made.type().isFloat() ? out.node("Sub", x[0], out.node("Mul", x[1], out.node("Floor", out.node("Div", x))))
                    : out.node("Mod", x);
            case FLOOR_DIV -> made.type().isFloat() ? out.node("Floor", out.node("Div", x))
                    : out.node("Div", out.node("Sub", x[0], out.node("Mod", x)), x[1]);
            default -> throw refused(made);
        };
    }

    private String reduced(ReduceOp r, Made made, String x) {
        var axes = Arrays.stream(r.axes().toArray()).asLongStream().toArray();
        boolean places = r.reduction().name().startsWith("ARG");
        if (places) {
            if (axes.length != 1) {
                x = out.node("Reshape", x, out.numbers(-1));
                axes = new long[] {0};
            }
            return out.node(r.reduction().name().equals("ARGMAX") ? "ArgMax" : "ArgMin", new String[] {x}, set("axis", axes[0]),
                    set("keepdims", r.keep() ? 1 : 0));
        }
        if (axes.length == 0) return x;
        var name = switch (r.reduction()) {
            case SUM -> "ReduceSum";
            case PROD -> "ReduceProd";
            case MAX -> "ReduceMax";
            case MIN -> "ReduceMin";
            default -> throw refused(made);
        };
        boolean isSum = name.equals("ReduceSum") || name.equals("ReduceProd");
        var type = out.type(made.operands().getFirst());
        if (isSum && (type == DType.U8 || type == DType.I8)) x = out.cast(x, made.type()); // sums are of 32 bits and more
        return out.node(name, new String[] {x, out.numbers(axes)}, set("keepdims", r.keep() ? 1 : 0));
    }

    private static long[] both(List<Integer> before, List<Integer> after) {
        return IntStream.concat(before.stream().mapToInt(i -> i), after.stream().mapToInt(i -> i)).asLongStream().toArray();
    }

    private String convolved(ConvolveOp c, Made made, String[] x) {
        int axes = made.shape().rank() - 2;
        Convolution how = c.how().over(axes);
        var settings = new ArrayList<>(List.of(set("strides", how.stride()), set("dilations", how.dilation()),
                set("pads", both(how.before(), how.after())), set("group", how.groups())));
        if (c.place() == ConvolveOp.Place.WEIGHT) throw refused(made);
        boolean back = c.place() == ConvolveOp.Place.X;
        if (back) settings.add(set("output_padding", how.outputPadding()));
        var y = out.node(back ? "ConvTranspose" : "Conv", x, settings.toArray(Attribute[]::new));
        return c.activation() == null ? y : out.node(SAME.get(c.activation()), y);
    }

    private static Attribute[] pooling(Pooling given, int axes) {
        var how = given.over(axes);
        return new Attribute[] {set("kernel_shape", how.window()), set("strides", how.stride()), set("dilations", how.dilation()),
                set("pads", both(how.padding(), how.padding())), set("ceil_mode", how.ceil() ? 1 : 0)};
    }

    /** Rows by number are Gather where the index is a vector that was stretched, else each element has a place of its own. */
    private String gathered(GatherOp g, List<Integer> in, String[] names) {
        var vector = out.stretchedVector(in.get(1), g.axis());
        return vector != null ? out.node("Gather", new String[] {names[0], vector}, set("axis", g.axis()))
                : out.node("GatherElements", names, set("axis", g.axis()));
    }

    /** The last two axes as one, and of that the places on the diagonal. */
    private String diagonal(ViewOps.Diagonal d, Made made, String x) {
        var shape = out.shape(made.operands().getFirst());
        if (out.followsBatch(made.operands().getFirst(), -1) || out.followsBatch(made.operands().getFirst(), -2)) throw refused(made);
        int rank = shape.rank();
        long columns = shape.size(-1), first = d.offset() >= 0 ? d.offset() : -d.offset() * columns;
        var places = new long[Math.toIntExact(made.shape().size(-1))];
        for (int i = 0; i < places.length; i++) places[i] = first + i * (columns + 1);
        var kept = new long[rank - 1]; // 0 keeps an axis
        kept[rank - 2] = -1;
        var flat = out.node("Reshape", x, out.numbers(kept));
        return out.node("Gather", new String[] {flat, out.constant(Tensor.of(places))}, set("axis", rank - 2));
    }

    private String sliced(ViewOps.Slice s, Made made, Made other, String x) {
        var operand = out.joined(made, other);
        if (operand != null) return operand;
        var twin = (ViewOps.Slice) other.operation();
        long stop = s.stop() < 0 ? Long.MIN_VALUE : s.stop();
        long size = out.shape(made.operands().getFirst()).size(s.axis());
        if (s.step() != twin.step() || s.start() != twin.start() || s.stop() != twin.stop()) {
            // the whole of a batch, or the part from a fixed place to its end
            if (s.step() < 0 || s.start() != twin.start() || s.stop() != size) throw new LyceumException("Onnx.export: a slice from "
                    + s.start() + " to " + s.stop() + " depends on the batch; export with a fixed one (withBatch(\"\"))");
            stop = Long.MAX_VALUE;
        }
        return out.node("Slice", x, out.numbers(s.start()), out.numbers(stop), out.numbers(s.axis()), out.numbers(s.step()));
    }
}
