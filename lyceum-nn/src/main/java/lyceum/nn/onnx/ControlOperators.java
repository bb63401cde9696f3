package lyceum.nn.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.nn.onnx.Operator.Meaning;
import lyceum.tensor.Tensor;

/** Constants, and operators that run graphs of their own. */
final class ControlOperators {
    static final String ROWS = "Identity 1, Constant 1, If 1, Loop 1, Scan 8, Scan 9";

    /** What a row means. */
    static Meaning meaning(String row) {
        return switch (row) {
            case "Identity 1" -> c -> c.value(0);
            case "Constant 1" -> ControlOperators::constant;
            case "If 1" -> c -> c.run(isTrue(c.x(0)) ? "then_branch" : "else_branch");
            case "Loop 1" -> ControlOperators::loop;
            case "Scan 8" -> ControlOperators::batchedScan;
            case "Scan 9" -> c -> new Scan(c, c.values()).run();
            default -> throw Operators.unknown(row);
        };
    }

    private ControlOperators() {}

    private static boolean isTrue(Tensor x) { return (x.rank() == 0 ? x : x.flatten().select(0, 0)).item() != 0; }

    private static Object constant(Call c) {
        for (var name : List.of("value", "sparse_value")) if (c.sets(name)) return c.constant(name);
        if (c.sets("value_float")) return Tensor.full(DType.F32, c.number("value_float", 0));
        if (c.sets("value_int")) return Tensor.full(DType.I64, c.integer("value_int", 0));
        if (c.sets("value_floats")) return Tensor.of(c.numbers("value_floats"));
        if (c.sets("value_ints")) return Tensor.of(c.integers("value_ints"));
        if (c.sets("value_string")) return OnnxValue.of(List.of(c.text("value_string", "")));
        if (c.sets("value_strings")) return OnnxValue.of(c.texts("value_strings"), c.texts("value_strings").size());
        throw new IllegalArgumentException("a constant of " + c.node.attributes().keySet() + " is not supported");
    }

    /** While the condition holds, at most as often as the first input says; the body gets the number of the turn. */
    private static Object loop(Call c) {
        long most = c.has(0) ? c.item(0) : Long.MAX_VALUE;
        boolean goesOn = !c.has(1) || isTrue(c.x(1));
        int carried = c.inputs() - 2;
        var state = Arrays.copyOfRange(c.values(), 2, c.inputs());
        List<List<Tensor>> scanned = new ArrayList<>();
        for (int i = carried; i < c.outputs(); i++) scanned.add(new ArrayList<>());
        for (long turn = 0; turn < most && goesOn; turn++) {
            if (turn >= c.limits().iterations()) throw new IllegalArgumentException("more than " + turn + " turns, the model's limit");
            var in = new OnnxValue[carried + 2];
            in[0] = OnnxValue.of(Tensor.full(DType.I64, turn));
            in[1] = OnnxValue.of(Tensor.of(true).reshape());
            System.arraycopy(state, 0, in, 2, carried);
            var out = c.run("body", in);
            goesOn = out[0] == null || isTrue(out[0].tensor());
            state = Arrays.copyOfRange(out, 1, carried + 1);
            for (int i = 0; i < scanned.size(); i++) scanned.get(i).add(out[carried + 1 + i].tensor());
        }
        var results = Arrays.copyOf(state, carried + scanned.size());
        for (int i = 0; i < scanned.size(); i++) results[carried + i] = OnnxValue.of(stacked(scanned.get(i), 0, false));
        return results;
    }

    private static Tensor stacked(List<Tensor> parts, int axis, boolean backwards) {
        if (parts.isEmpty()) return Tensor.zeros(0);
        var all = (backwards ? parts.reversed() : parts).toArray(Tensor[]::new);
        return Tensor.stack(axis, all);
    }

    /** A body over slices of inputs, with states from one to the next; its other outputs are stacked. */
    private static final class Scan {
        private final Call c;
        private final OnnxValue[] in;
        private final int scans;
        private final int states;

        Scan(Call c, OnnxValue[] in) {
            this.c = c;
            this.in = in;
            this.scans = (int) c.integer("num_scan_inputs", 1);
            this.states = in.length - scans;
            if (scans < 1 || states < 0) throw new IllegalArgumentException(scans + " scan inputs of " + in.length);
        }

        private static long at(long[] list, int i) { return i < list.length ? list[i] : 0; }

        OnnxValue[] run() {
            long[] axes = c.integers("scan_input_axes"), directions = c.integers(c.version < 9 ? "directions" : "scan_input_directions");
            var sequences = new Tensor[scans];
            for (int i = 0; i < scans; i++) {
                var x = in[states + i].tensor();
                sequences[i] = x.moveAxis(Call.axis(at(axes, i), x.rank()), 0);
                if (at(directions, i) == 1) sequences[i] = sequences[i].flip(0);
            }
            var state = Arrays.copyOf(in, states);
            List<List<Tensor>> outputs = new ArrayList<>();
            for (int i = states; i < c.outputs(); i++) outputs.add(new ArrayList<>());
            for (long t = 0; t < sequences[0].size(0); t++) {
                var args = Arrays.copyOf(state, in.length);
                for (int i = 0; i < scans; i++) args[states + i] = OnnxValue.of(sequences[i].select(0, t));
                var out = c.run("body", args);
                state = Arrays.copyOf(out, states);
                for (int i = 0; i < outputs.size(); i++) outputs.get(i).add(out[states + i].tensor());
            }
            var results = Arrays.copyOf(state, states + outputs.size());
            long[] outAxes = c.integers("scan_output_axes"), outDirections = c.integers("scan_output_directions");
            for (int i = 0; i < outputs.size(); i++)
                results[states + i] = OnnxValue.of(stacked(outputs.get(i), (int) at(outAxes, i), at(outDirections, i) == 1));
            return results;
        }
    }

    /** Operator set 8: a batch first, and lengths of the sequences. */
    private static Object batchedScan(Call c) {
        var all = Arrays.copyOfRange(c.values(), 1, c.inputs());
        int scans = (int) c.integer("num_scan_inputs", 1);
        var results = new ArrayList<OnnxValue[]>();
        for (long b = 0; b < all[0].tensor().size(0); b++) {
            var in = new OnnxValue[all.length];
            for (int i = 0; i < in.length; i++) {
                var x = all[i].tensor().select(0, b);
                in[i] = OnnxValue.of(c.has(0) && i >= in.length - scans ? x.narrow(0, 0, c.longs(0)[(int) b]) : x);
            }
            results.add(new Scan(c, in).run());
        }
        var out = new Object[results.getFirst().length];
        for (int i = 0; i < out.length; i++) {
            int place = i;
            out[i] = Tensor.stack(0, results.stream().map(r -> r[place].tensor()).toArray(Tensor[]::new));
        }
        return out;
    }
}
