package lyceum.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import lyceum.LyceumException;
import lyceum.autograd.Autograd;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.onnx.OnnxExport;
import lyceum.nn.onnx.OnnxModel;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** Each architecture leaves as ONNX with an open batch and comes back the same, but for those that say why not. */
@Tag("slow")
class ExportContractTest {
    /** Models that do not leave, each with the operation that has no form in ONNX. */
    private static final Map<String, String> STAY = Map.of("AudioLm", "crossEntropy", "Mamba", "selective scan", "S4d", "long convolution",
            "Rwkv", "linear scan", "Gcn", "weighted neighbour sum", "Gat", "weighted neighbour sum", "GraphTransformer", "diagonal 0");
    /** Models that do different things for another number of items, and leave with the example's. */
    private static final Set<String> FIXED = Set.of("NeuralField", "Nerf");
    private static final double CLOSE = 1e-6;

    @TestFactory Stream<DynamicTest> architecturesComeBackEqual() {
        return Architectures.all().values().stream().map(kind -> DynamicTest.dynamicTest(kind.name(), () -> check(kind)));
    }

    private static <C extends Record, M extends Module> void check(Architecture<C, M> kind) {
        var model = kind.build(kind.example().config(), Rng.of(1));
        var inputs = kind.example().inputs().of(2, Rng.of(2)).toArray(Tensor[]::new);
        var export = FIXED.contains(kind.name()) ? new OnnxExport().withBatch("") : new OnnxExport();
        Function<Tensor[], Tensor[]> outputs = in -> new Tensor[] {kind.example().outputs().of(model, List.of(in), Pass.inference())};
        if (STAY.containsKey(kind.name())) {
            assertThatThrownBy(() -> export.withBatch("").of(outputs, inputs)).isInstanceOf(LyceumException.class)
                    .hasMessageContaining("the operation \"" + STAY.get(kind.name()) + "\" has no form in ONNX");
            return;
        }
        if (FIXED.contains(kind.name())) assertThatThrownBy(() -> new OnnxExport().of(outputs, inputs)).isInstanceOf(LyceumException.class)
                .hasMessageContaining("withBatch");
        var file = export.of(outputs, inputs);
        var given = new LinkedHashMap<String, Tensor>();
        for (int i = 0; i < inputs.length; i++) given.put(i == 0 ? "input" : "input" + i, inputs[i].detach());
        var got = OnnxModel.load(file.toBytes()).run(given).get("output");
        var expected = Autograd.noGrad(() -> outputs.apply(inputs)[0]).compute();
        assertThat(got.shape()).isEqualTo(expected.shape());
        assertThat(got.sub(expected).abs().max().item()).isLessThan(CLOSE * Math.max(1, expected.abs().max().item()));
    }
}
