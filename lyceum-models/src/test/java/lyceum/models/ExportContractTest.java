package lyceum.models;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import lyceum.autograd.Autograd;
import lyceum.format.Npy;
import lyceum.format.OnnxFile;
import lyceum.models.graph.Aggregation;
import lyceum.models.graph.SageLayer;
import lyceum.models.sequence.Rwkv;
import lyceum.models.sequence.RwkvConfig;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.onnx.OnnxExport;
import lyceum.nn.onnx.OnnxModel;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.OnnxRuntime;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Each architecture leaves as ONNX with an open batch, and what comes back gives the same on a batch that the export did not see. */
@Tag("slow")
class ExportContractTest {
    private static final double CLOSE = 1e-6;
    private static final double CLOSE_ELSEWHERE = 1e-5;

    @TempDir Path folder;

    /** What left, what is asked of it, and what the architecture answers. */
    private record Left(OnnxFile file, Map<String, Tensor> inputs, Tensor expected) {
        double gap(Tensor got) {
            assertThat(got.shape()).isEqualTo(expected.shape());
            return got.sub(expected).abs().max().item() / Math.max(1, expected.abs().max().item());
        }
    }

    private static <C extends Record, M extends Module> Left left(Architecture<C, M> kind) {
        var model = kind.build(kind.example().config(), Rng.of(1));
        Function<Tensor[], Tensor[]> outputs = in -> new Tensor[] {kind.example().outputs().of(model, List.of(in), Pass.inference())};
        var file = new OnnxExport().of(outputs, kind.example().inputs().of(2, Rng.of(2)).toArray(Tensor[]::new));
        var other = kind.example().inputs().of(3, Rng.of(3)).toArray(Tensor[]::new);
        var given = new LinkedHashMap<String, Tensor>();
        for (int i = 0; i < other.length; i++) given.put(i == 0 ? "input" : "input" + i, other[i].detach().compute());
        return new Left(file, given, Autograd.noGrad(() -> outputs.apply(other)[0]).compute());
    }

    @TestFactory Stream<DynamicTest> architecturesComeBackEqual() {
        return Architectures.all().values().stream().map(kind -> DynamicTest.dynamicTest(kind.name(), () -> {
            var left = left(kind);
            assertThat(left.gap(OnnxModel.load(left.file.toBytes()).run(left.inputs).get("output"))).isLessThan(CLOSE);
        }));
    }

    /** What a sum or a largest element hangs on is found anew by the file, not written down. */
    @TestFactory Stream<DynamicTest> otherGraphNetworksComeBackEqual() {
        var x = Tensor.randn(Rng.of(2), Examples.NODES, 3).compute();
        var other = Tensor.randn(Rng.of(3), Examples.NODES, 3).compute();
        var graph = Examples.graphs(1);
        return Stream.of(Aggregation.values()).filter(how -> how != Aggregation.ATTENTION)
                .map(how -> DynamicTest.dynamicTest(how.name(), () -> {
                    var layer = new SageLayer(3, 4, how, Rng.of(1));
                    Function<Tensor[], Tensor[]> f = in -> new Tensor[] {graph.pool(how, layer.forward(graph, in[0], Pass.inference()))};
                    var back = OnnxModel.load(new OnnxExport().withBatch("").of(f, x).toBytes()).run(Map.of("input", other)).get("output");
                    assertThat(back.sub(f.apply(new Tensor[] {other})[0]).abs().max().item()).isLessThan(CLOSE);
                }));
    }

    /** Its recurrence has a form of its own. */
    @Test void theFourthRwkvComesBackEqual() {
        var model = Rwkv.model(new RwkvConfig(8, 2), 7, Rng.of(1));
        Function<Tensor[], Tensor[]> f = in -> new Tensor[] {model.forward(in[0], Pass.inference())};
        var file = new OnnxExport().of(f, Examples.ids(Rng.of(2), 7, 2, 5));
        var ids = Examples.ids(Rng.of(3), 7, 3, 5);
        var back = OnnxModel.load(file.toBytes()).run(Map.of("input", ids)).get("output");
        assertThat(back.sub(f.apply(new Tensor[] {ids})[0]).abs().max().item()).isLessThan(CLOSE);
    }

    /** The files are ONNX to somebody else too. */
    @Tag("heavy")
    @TestFactory Stream<DynamicTest> onnxRuntimeGivesTheArchitecturesValues() {
        return Architectures.all().values().stream()
                .map(kind -> DynamicTest.dynamicTest(kind.name(), () -> there(left(kind), kind.name())));
    }

    private void there(Left left, String name) throws IOException {
        var own = Files.createDirectory(folder.resolve(name.replace(' ', '_')));
        var file = own.resolve("model.onnx");
        left.file.write(file);
        for (var input : left.inputs.entrySet()) Npy.write(own.resolve(input.getKey() + ".npy"), input.getValue());
        OnnxRuntime.run(file, own);
        assertThat(left.gap(Npy.read(own.resolve("output.npy")))).isLessThan(CLOSE_ELSEWHERE);
        OnnxRuntime.check(own);
    }
}
