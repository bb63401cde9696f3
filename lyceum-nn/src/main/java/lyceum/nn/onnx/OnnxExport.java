package lyceum.nn.onnx;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import lyceum.DType;
import lyceum.LyceumException;
import lyceum.format.OnnxFile;
import lyceum.format.OnnxFile.Graph;
import lyceum.nn.Layer;
import lyceum.nn.Module;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * How functions leave as ONNX, operator set 18: a run on an example is written down, operation by operation, with parameters under their names. What
 * that run decides by values stays decided. With a batch that is open, a second run on twice the batch and one tells which sizes follow it.
 *
 * @param inputs names of the inputs, those that are missing are {@code input}, {@code input1} and so on
 * @param outputs names of the outputs, likewise
 * @param batch name of the first axis of all inputs, which may then have any size; "" fixes the example's
 * @param tolerance largest difference, as part of the largest element, that our own run of the result may have from the function
 */
@Withers
public record OnnxExport(List<String> inputs, List<String> outputs, String batch, double tolerance) implements OnnxExportWithers {
    public OnnxExport {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        if (!(tolerance > 0)) throw new IllegalArgumentException("OnnxExport: tolerance is " + tolerance + "; it is above 0");
    }

    public OnnxExport() { this(List.of(), List.of(), "batch", 1e-4); }

    String input(int i) { return i < inputs.size() ? inputs.get(i) : i == 0 ? "input" : "input" + i; }

    String output(int i) { return i < outputs.size() ? outputs.get(i) : i == 0 ? "output" : "output" + i; }

    /** A layer at inference. @throws LyceumException if an operation has no form in ONNX: names it */
    public OnnxFile of(Layer layer, Tensor example) {
        var names = new IdentityHashMap<Tensor, String>();
        if (!(layer instanceof Module module)) return of(in -> new Tensor[] {layer.forward(in[0])}, names, example);
        module.state().forEach((name, x) -> names.putIfAbsent(x, name));
        var buffers = new ArrayList<>(module.state().keySet());
        buffers.removeAll(module.parameters().keySet());
        var file = of(in -> new Tensor[] {layer.forward(in[0])}, names, example);
        return buffers.isEmpty() ? file : new OnnxFile(file.irVersion(), file.producer(), file.opsets(), file.graph(), file.functions(),
                Map.of(OnnxModule.BUFFERS, String.join("\n", buffers)));
    }

    /** Any function of tensors. */
    public OnnxFile of(Function<Tensor[], Tensor[]> f, Tensor... examples) { return of(f, new IdentityHashMap<>(), examples); }

    private OnnxFile of(Function<Tensor[], Tensor[]> f, Map<Tensor, String> names, Tensor... examples) {
        GraphWriter writer;
        Graph graph;
        try {
            writer = writer(f, names, false, examples);
            graph = writer.graph();
        } catch (GraphWriter.OtherOperations e) {
            // it may be a table made for the batch, the same whatever the inputs are
            writer = writer(f, names, true, examples);
            graph = writer.graph();
        }
        var file = new OnnxFile(8, "lyceum", Map.of("", 18L), graph, List.of(), Map.of());
        check(file, f, examples);
        if (!batch.isEmpty()) check(file, f, larger(examples));
        else checkTurned(file, f, examples);
        if (writer.hasRules()) check(file, f, larger(larger(examples)));
        return file;
    }

    private GraphWriter writer(Function<Tensor[], Tensor[]> f, Map<Tensor, String> names, boolean folds, Tensor... examples) {
        var recording = Recording.of(f, names.keySet(), folds, examples);
        var twin = batch.isEmpty() ? recording : Recording.of(f, names.keySet(), folds, larger(examples));
        return new GraphWriter(recording, twin, this, names);
    }

    /** Examples of twice the batch and one: the rows, the rows from the last to the first, and the first again, so that what was decided by a row's values shows. */
    private static Tensor[] larger(Tensor[] examples) {
        var all = new Tensor[examples.length];
        for (int i = 0; i < all.length; i++) {
            var x = examples[i].detach();
            if (x.rank() == 0 || x.size(0) == 0)
                throw new IllegalArgumentException("Onnx.export: example " + x.shape() + " has no batch; export with withBatch(\"\")");
            all[i] = Tensor.concat(0, x, x.flip(0), x.narrow(0, 0, 1)).compute();
        }
        return all;
    }

    /** On the example with its first axes turned over, if the function takes it. */
    private void checkTurned(OnnxFile file, Function<Tensor[], Tensor[]> f, Tensor... examples) {
        var turned = new Tensor[examples.length];
        for (int i = 0; i < turned.length; i++) turned[i] = examples[i].rank() == 0 ? examples[i] : examples[i].detach().flip(0).compute();
        try {
            f.apply(turned.clone());
        } catch (IllegalArgumentException | LyceumException e) {
            return; // rows have an order that it asks for
        }
        check(file, f, turned);
    }

    private void check(OnnxFile file, Function<Tensor[], Tensor[]> f, Tensor... examples) {
        var model = OnnxModel.of(file, new OnnxLimits());
        var given = new HashMap<String, Tensor>();
        for (int i = 0; i < examples.length; i++) given.put(input(i), examples[i].detach());
        var got = model.run(given).values().toArray(Tensor[]::new);
        var expected = f.apply(examples.clone());
        for (int i = 0; i < expected.length; i++) {
            if (expected[i].count() == 0) continue;
            var wide = expected[i].detach().to(DType.F64);
            double scale = Math.max(1, wide.abs().max().item()), gap = got[i].detach().to(DType.F64).sub(wide).abs().max().item();
            if (!(gap <= tolerance * scale))
                throw new LyceumException("Onnx.export: output \"" + output(i) + "\" of the exported graph differs by " + gap
                        + " on the example; the function draws, decides by values, or does different things at different calls");
        }
    }
}
