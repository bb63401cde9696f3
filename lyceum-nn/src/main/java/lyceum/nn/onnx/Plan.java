package lyceum.nn.onnx;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import lyceum.LyceumException;
import lyceum.format.OnnxFile.Node;
import lyceum.format.OnnxType;
import lyceum.tensor.Tensor;

/** A graph whose names are places in a frame, ready to run. Immutable: each run has a frame of its own. */
final class Plan {
    /**
     * One node.
     *
     * @param operator null where a function is run
     * @param in places, -1 for an input that is left out; {@code out} likewise
     * @param last places that no later step reads
     */
    record Step(Node node, int version, Operator operator, Plan function, int[] in, int[] out, int[] last, Map<String, Plan> bodies) {}

    private final int[] inputs;
    private final int[] outputs;
    private final OnnxValue[] initial;
    private final List<Step> steps;
    private final int[] captured;
    private final int[] origin;
    private final SizeMemo[] memos;
    /** Whether a run has come to its end: what is kept for others pays from the second on. */
    private volatile boolean hasRun;

    /**
     * @param initial a frame with the constants in it
     * @param captured places that hold what stands at {@code origin} of the frame around
     */
    Plan(int[] inputs, int[] outputs, OnnxValue[] initial, List<Step> steps, int[] captured, int[] origin) {
        this.inputs = inputs;
        this.outputs = outputs;
        this.initial = initial;
        this.steps = steps;
        this.captured = captured;
        this.origin = origin;
        this.memos = SizeMemo.of(steps, initial, inputs, outputs);
    }

    int[] origin() { return origin; }

    int inputs() { return inputs.length; }

    /** Sees what each node gave; those of functions and inner graphs are part of the node that runs them. */
    @FunctionalInterface
    interface Observer {
        void ran(Node node, OnnxValue[] outputs, long nanoseconds);
    }

    /** @param values of the inputs; null leaves a constant of that name as it is */
    OnnxValue[] run(OnnxValue[] values, OnnxValue[] around, OnnxLimits limits) { return run(values, around, limits, null); }

    OnnxValue[] run(OnnxValue[] values, OnnxValue[] around, OnnxLimits limits, Observer observer) {
        var frame = initial.clone();
        for (int i = 0; i < captured.length; i++) frame[captured[i]] = around[origin[i]];
        if (values.length > inputs.length)
            throw new IllegalArgumentException(values.length + " values for a graph of " + inputs.length + " inputs");
        for (int i = 0; i < values.length; i++) if (values[i] != null) frame[inputs[i]] = values[i];
        try (var memory = RunMemory.of(frame, values, around, limits.bytes())) {
            boolean remembers = hasRun && !memory.isRecorded();
            for (int s = 0; s < memos.length; s++) {
                var step = steps.get(s);
                var memo = remembers ? memos[s] : null;
                if (memo == null || !memo.recalls(step, frame)) {
                    if (observer == null) run(step, frame, limits);
                    else observed(step, frame, limits, observer);
                    if (memo != null) memo.keep(step, frame);
                } else if (observer != null) seen(step, frame, 0, observer);
                for (int place : step.last) frame[place] = null;
                memory.ran(step);
            }
            var results = new OnnxValue[outputs.length];
            for (int i = 0; i < results.length; i++) results[i] = memory.kept(frame[outputs[i]]);
            hasRun = true;
            return results;
        }
    }

    private static void observed(Step step, OnnxValue[] frame, OnnxLimits limits, Observer observer) {
        long start = System.nanoTime();
        run(step, frame, limits);
        seen(step, frame, start, observer);
    }

    /** @param start when it began, or 0 where it took no time */
    private static void seen(Step step, OnnxValue[] frame, long start, Observer observer) {
        var out = new OnnxValue[step.out.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = step.out[i] < 0 ? null : frame[step.out[i]];
            if (out[i] instanceof OnnxValue.Array array) array.tensor().compute();
        }
        observer.ran(step.node, out, start == 0 ? 0 : System.nanoTime() - start);
    }

    static void run(Step step, OnnxValue[] frame, OnnxLimits limits) {
        var in = new OnnxValue[step.in.length];
        for (int i = 0; i < in.length; i++) in[i] = step.in[i] < 0 ? null : frame[step.in[i]];
        try {
            var out = step.function != null ? step.function.run(in, null, limits)
                    : outputs(step.operator.meaning().of(new Call(step.node, step.version, in, step.bodies, frame, limits)), in);
            for (int i = 0; i < step.out.length; i++) {
                if (step.out[i] < 0) continue;
                if (i >= out.length || out[i] == null) throw new IllegalArgumentException("there is no output " + i + " here");
                frame[step.out[i]] = out[i];
            }
        } catch (LyceumException e) {
            throw e;
        } catch (RuntimeException e) {
            if (e instanceof NodeException) throw e;
            throw new NodeException(step.node.label() + " of "
                    + Arrays.stream(in).map(v -> v == null ? "nothing" : v.toString()).collect(Collectors.joining(", ", "(", ")")) + ": "
                    + e.getMessage(), e);
        }
    }

    /** A node that failed on what it was given: names the node. */
    private static final class NodeException extends IllegalArgumentException {
        NodeException(String message, RuntimeException cause) { super("ONNX: " + message, cause); }
    }

    private static OnnxValue[] outputs(Object result, OnnxValue[] in) {
        if (result instanceof OnnxValue[] values) return values;
        if (!(result instanceof Object[] all)) return new OnnxValue[] {value(result, in)};
        var values = new OnnxValue[all.length];
        for (int i = 0; i < values.length; i++) values[i] = all[i] == null ? null : value(all[i], in);
        return values;
    }

    /** A tensor has the type of the first input if that is carried by its own: U16 plus U16 is U16, though both are I32 here. */
    private static OnnxValue value(Object result, OnnxValue[] in) {
        if (result instanceof OnnxValue value) return value;
        var x = (Tensor) result;
        var first = in.length == 0 || in[0] == null ? OnnxType.UNDEFINED : in[0].type();
        return first.carrier() == x.dtype() && !first.isNative() ? OnnxValue.of(first, x) : OnnxValue.of(x);
    }
}
