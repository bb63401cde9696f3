package lyceum.nn.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.nn.onnx.OnnxValue.Maybe;
import lyceum.nn.onnx.OnnxValue.Sequence;
import lyceum.nn.onnx.Operator.Meaning;
import lyceum.tensor.Tensor;

/** Lists of values, and values that may be none. */
final class SequenceOperators {
    static final String ROWS = "SequenceConstruct 11, SequenceEmpty 11, SequenceLength 11, SequenceAt 11, SequenceInsert 11, SequenceErase 11, "
            + "SequenceMap 17, ConcatFromSequence 11, SplitToSequence 11, Optional 15, OptionalHasElement 15, OptionalGetElement 15";

    /** What a row means. */
    static Meaning meaning(String row) {
        return switch (row) {
            case "SequenceConstruct 11" -> c -> new Sequence(Arrays.asList(c.values()));
            case "SequenceEmpty 11" -> c -> new Sequence(List.of());
            case "SequenceLength 11" -> c -> OnnxValue.of(Tensor.full(DType.I64, c.sequence(0).size()));
            case "SequenceAt 11" -> c -> c.sequence(0).get(place(c, 1, c.sequence(0).size()));
            case "SequenceInsert 11" -> c -> {
                var values = new ArrayList<>(c.sequence(0));
                values.add(c.has(2) ? place(c, 2, values.size() + (c.item(2) < 0 ? 0 : 1)) : values.size(), c.value(1));
                return new Sequence(values);
            };
            case "SequenceErase 11" -> c -> {
                var values = new ArrayList<>(c.sequence(0));
                values.remove(c.has(1) ? place(c, 1, values.size()) : values.size() - 1);
                return new Sequence(values);
            };
            case "SequenceMap 17" -> SequenceOperators::mapped;
            case "ConcatFromSequence 11" -> c -> {
                var parts = c.sequence(0).stream().map(OnnxValue::tensor).toArray(Tensor[]::new);
                boolean fresh = c.flag("new_axis");
                int axis = Call.axis(c.integer("axis", 0), parts[0].rank() + (fresh ? 1 : 0));
                return OnnxValue.of(fresh ? Tensor.stack(axis, parts) : Tensor.concat(axis, parts));
            };
            case "SplitToSequence 11" -> SequenceOperators::split;
            case "Optional 15" -> c -> new Maybe(c.has(0) ? c.value(0) : null);
            case "OptionalHasElement 15" ->
                    c -> OnnxValue.of(Tensor.of(c.has(0) && !(c.value(0) instanceof Maybe(var v) && v == null)).reshape());
            case "OptionalGetElement 15" -> c -> {
                if (!(c.value(0) instanceof Maybe(var v))) return c.value(0);
                if (v == null) throw new IllegalArgumentException("the optional value is none");
                return v;
            };
            default -> throw Operators.unknown(row);
        };
    }

    private SequenceOperators() {}

    private static int place(Call c, int input, int size) { return Call.axis(c.item(input), size); }

    /** The body over the elements of the first sequence, and of the others beside it; tensors stay as they are. */
    private static Object mapped(Call c) {
        int n = c.sequence(0).size();
        List<List<OnnxValue>> results = new ArrayList<>();
        for (int o = 0; o < c.outputs(); o++) results.add(new ArrayList<>());
        for (int i = 0; i < n; i++) {
            var in = c.values();
            for (int k = 0; k < in.length; k++) if (in[k] instanceof Sequence(var values)) in[k] = values.get(i);
            var out = c.run("body", in);
            for (int o = 0; o < results.size(); o++) results.get(o).add(out[o]);
        }
        return results.stream().map(Sequence::new).toArray(OnnxValue[]::new);
    }

    private static Object split(Call c) {
        var x = c.x(0);
        int axis = c.axis("axis", 0, x.rank());
        long size = x.size(axis);
        long[] sizes;
        if (c.has(1) && c.x(1).rank() == 1) sizes = c.longs(1);
        else {
            long each = c.has(1) ? c.item(1) : 1;
            if (each < 1) throw new IllegalArgumentException("parts of " + each);
            sizes = new long[Math.toIntExact(Math.ceilDiv(size, each))];
            for (int i = 0; i < sizes.length; i++) sizes[i] = Math.min(each, size - i * each);
        }
        boolean keep = c.has(1) || c.integer("keepdims", 1) != 0;
        return new Sequence(Arrays.stream(x.split(axis, sizes)).map(part -> OnnxValue.of(keep ? part : part.squeeze(axis))).toList());
    }
}
