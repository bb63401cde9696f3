package lyceum.nn;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import lyceum.DType;
import lyceum.autograd.FlopCounter;
import lyceum.tensor.BackwardPass;
import lyceum.tensor.Operation;
import lyceum.tensor.Operation.Form;
import lyceum.tensor.Shape;
import lyceum.tensor.ShapesOnly;
import lyceum.tensor.Tensor;
import lyceum.tensor.Tracing;

/**
 * A forward pass, layer by layer: what shape each gives, how many parameters it holds, what it computes, and what it keeps for the backward pass.
 *
 * {@snippet :
 * System.out.println(model.summary(DType.F32, 32, 784));               // by shape alone: nothing is computed
 * var report = ForwardReport.of(model, x, Pass.training(rng));         // of a real pass
 * report.row("layers.0").keptBytes();
 * }
 *
 * <p>An operation counts for the innermost layer that was at work, once: parameters, operations and bytes of all rows add up to the totals. A module that is
 * called by other methods than {@link Module#forward(Tensor, Pass)} has a row, and its own operations count for the layer around it. A pass that writes
 * in place, as batch normalisation does while learning, cannot be followed; report the predicting one.
 *
 * @param rows layers in the order in which they end
 */
public record ForwardReport(List<Row> rows) {
    public ForwardReport {
        rows = List.copyOf(rows);
    }

    /**
     * A layer.
     *
     * @param name as {@link Module#modules()} has it; empty for the whole model
     * @param type {@code Linear}; of a layer without parameters that a container named, {@code RELU} or its class
     * @param output the shape it gave last
     * @param parameters trainable numbers in its own fields; a tied tensor counts where it is first found
     * @param flops operations of its own, a multiply-add two ({@link FlopCounter})
     * @param keptBytes of values kept for the backward pass, each where it was first kept; the parameters themselves are not counted
     * @param calls how often it ran
     */
    public record Row(String name, String type, Shape output, long parameters, long flops, long keptBytes, int calls) {}

    /** Runs {@code model} on x. If the pass has hooks of its own, they are left out. */
    public static ForwardReport of(Module model, Tensor x, Pass pass) { return new Following(model).run(x, pass); }

    /** By shape alone: nothing is computed, and the input's values are undefined (a model that looks at them cannot run this way). */
    public static ForwardReport of(Module model, DType type, long... input) {
        return ShapesOnly.run(() -> of(model, Tensor.zeros(type, input).copy().compute(), Pass.inference()));
    }

    /** The layer of that name. @throws IllegalArgumentException if it has not run */
    public Row row(String name) {
        return rows.stream().filter(row -> row.name.equals(name)).findFirst().orElseThrow(() -> new IllegalArgumentException(
                "ForwardReport: no layer " + name + " has run; there are " + rows.stream().map(Row::name).toList()));
    }

    public long parameters() { return rows.stream().mapToLong(Row::parameters).sum(); }

    public long flops() { return rows.stream().mapToLong(Row::flops).sum(); }

    public long keptBytes() { return rows.stream().mapToLong(Row::keptBytes).sum(); }

    /** A layer with all in it. */
    public Row whole(String name) {
        var own = row(name);
        long parameters = 0, flops = 0, kept = 0;
        for (var row : rows) {
            if (!name.isEmpty() && !row.name.equals(name) && !row.name.startsWith(name + ".")) continue;
            parameters += row.parameters;
            flops += row.flops;
            kept += row.keptBytes;
        }
        return new Row(own.name, own.type, own.output, parameters, flops, kept, own.calls);
    }

    /** A table. */
    @Override public String toString() {
        int wide = Math.max(5, rows.stream().mapToInt(row -> row.name.length() + row.type.length() + 1).max().orElse(0));
        int shape = Math.max(6, rows.stream().mapToInt(row -> row.output.toString().length()).max().orElse(0));
        var line = "%-" + wide + "s  %-" + shape + "s  %,14d  %,16d  %,14d%n";
        var text = new StringBuilder(String.format(Locale.ROOT, "%-" + wide + "s  %-" + shape + "s  %14s  %16s  %14s%n", "layer", "output",
                "parameters", "operations", "bytes kept"));
        for (var row : rows)
            text.append(String.format(Locale.ROOT, line, (row.name + " " + row.type).strip(), row.output, row.parameters, row.flops,
                    row.keptBytes));
        return text.append(String.format(Locale.ROOT, line, "total", "", parameters(), flops(), keptBytes())).toString();
    }

    /** Listens to one pass. */
    private static final class Following implements Hooks.Stages, Tracing.Recorder {
        private final Module model;
        private final Map<String, Module> modules;
        private final Map<String, Long> parameters = new LinkedHashMap<>();
        private final Deque<String> open = new ArrayDeque<>();
        private final Map<String, Row> ended = new LinkedHashMap<>();
        private final Map<String, Long> flops = new LinkedHashMap<>();
        private final Map<Object, String> makers = new IdentityHashMap<>();

        Following(Module model) {
            this.model = model;
            modules = model.modules();
            model.parameters().forEach((name, tensor) -> parameters
                    .merge(name.contains(".") ? name.substring(0, name.lastIndexOf('.')) : "", tensor.count(), Long::sum));
        }

        ForwardReport run(Tensor x, Pass pass) {
            var y = Tracing.with(this, () -> model.forward(x, pass.with(Hooks.following(model, this))));
            var kept = new LinkedHashMap<String, Long>();
            BackwardPass.savedBytesByHistory(y).forEach((history, bytes) -> kept.merge(makers.getOrDefault(history, ""), bytes, Long::sum));
            var rows = new ArrayList<Row>();
            for (var row : ended.values())
                rows.add(new Row(row.name, row.type, row.output, row.parameters, flops.getOrDefault(row.name, 0L),
                        kept.getOrDefault(row.name, 0L), row.calls));
            return new ForwardReport(rows);
        }

        @Override public void begin(String name) { open.push(name); }

        @Override public void end(String name, Tensor output) {
            boolean begun = name.equals(open.peek());
            if (begun) open.pop();
            if (!begun && !modules.containsKey(name)) return;
            var before = ended.remove(name);
            ended.put(name, new Row(name, type(name), output.shape(), parameters.getOrDefault(name, 0L), 0, 0,
                    before == null ? 1 : before.calls + 1));
        }

        private String type(String name) {
            var module = modules.get(name);
            if (module != null) return module.getClass().getSimpleName();
            int end = name.lastIndexOf('.');
            if (modules.get(end < 0 ? "" : name.substring(0, end)) instanceof Sequential sequential) {
                var layer = sequential.layers().get(Integer.parseInt(name.substring(end + 1)));
                return layer instanceof Enum<?> constant ? constant.name()
                        : layer.getClass().isSynthetic() || layer.getClass().isHidden() ? "Layer" : layer.getClass().getSimpleName();
            }
            return "Join";
        }

        @Override public void made(Operation operation, boolean stopped, Tensor result, Tensor... operands) {
            var at = open.isEmpty() ? "" : open.peek();
            var in = Arrays.stream(operands).map(t -> new Form(t.dtype(), t.shape())).toArray(Form[]::new);
            flops.merge(at, FlopCounter.operations(operation, new Form(result.dtype(), result.shape()), in), Math::addExact);
            var history = Tracing.history(result);
            if (history != null) makers.put(history, at);
        }
    }
}
