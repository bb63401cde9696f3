package lyceum.nn.onnx;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import lyceum.DType;
import lyceum.tensor.CustomOp;
import lyceum.tensor.GradMode;
import lyceum.tensor.Operation;
import lyceum.tensor.Shape;
import lyceum.tensor.Tensor;
import lyceum.tensor.Tracing;

/** The operations of one run of a function, in order; those that ONNX has no operator for are taken apart where they can be. */
final class Recording implements Tracing.Recorder {
    /** A value: an input, a tensor that was there before (operation null), or the result of an operation on earlier values. */
    record Made(Operation operation, List<Integer> operands, Shape shape, DType type, Tensor tensor) {}

    private final List<Made> values = new ArrayList<>();
    private final Map<Tensor, Integer> ids = new IdentityHashMap<>();
    private final List<Integer> outputs = new ArrayList<>();
    private final int inputs;

    private final Set<Tensor> named;
    private final boolean folds;

    private Recording(Tensor[] examples, Set<Tensor> named, boolean folds) {
        this.named = named;
        this.folds = folds;
        this.inputs = examples.length;
        for (var x : examples) add(x, new Made(null, List.of(), x.shape(), x.dtype(), x));
    }

    /**
     * @param folds whether what hangs on no input, on nothing that is trained and on none of the named tensors is taken as it is
     */
    static Recording of(Function<Tensor[], Tensor[]> f, Set<Tensor> named, boolean folds, Tensor... examples) {
        var in = new Tensor[examples.length];
        for (int i = 0; i < in.length; i++) in[i] = examples[i].detach().copy().compute();
        GradMode.with(false, () -> f.apply(in.clone())); // tables that a first run makes and keeps are there before
        var recording = new Recording(in, named, folds);
        var out = GradMode.with(false, () -> Tracing.with(recording, () -> f.apply(in.clone())));
        for (var x : out) recording.outputs.add(recording.id(x));
        return recording;
    }

    List<Made> values() { return values; }

    List<Integer> outputs() { return outputs; }

    int inputs() { return inputs; }

    private int add(Tensor x, Made made) {
        values.add(made);
        ids.put(x, values.size() - 1);
        return values.size() - 1;
    }

    private int id(Tensor x) {
        var known = ids.get(x);
        return known != null ? known : add(x, new Made(null, List.of(), x.shape(), x.dtype(), x));
    }

    @Override public void made(Operation operation, boolean stopped, Tensor result, Tensor... operands) {
        if (!ExportRows.knows(operation) && operation.isComposed() || operation instanceof CustomOp custom && custom.parts() != null) {
            var parts = Tracing.with(this, () -> operation.composed(operands));
            ids.put(result, id(parts));
            return;
        }
        if (folds && isFixed(operands)) {
            result.compute(); // and it is written where something else reads it
            return;
        }
        var from = new ArrayList<Integer>();
        for (var operand : operands) from.add(id(operand));
        add(result, new Made(operation, from, result.shape(), result.dtype(), result));
    }

    private boolean isFixed(Tensor... operands) {
        for (var operand : operands) {
            var known = ids.get(operand);
            if (known != null && (known < inputs || values.get(known).operation != null) || operand.isTracked() || named.contains(operand))
                return false;
        }
        return true;
    }
}
