package lyceum.models;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
import org.junit.jupiter.api.TestFactory;

/** Each architecture leaves as ONNX with an open batch and comes back the same, but for those that say why not. */
class ExportContractTest {
    /** Models that do not leave, each with a part of what the exporter says. */
    private static final Map<String, String> STAY = Map.of();
    /** Models whose sizes inside depend on the batch: they leave with the example's. */
    private static final List<String> FIXED = List.of();

    @TestFactory Stream<DynamicTest> architecturesComeBackEqual() {
        return Architectures.all().values().stream().map(kind -> DynamicTest.dynamicTest(kind.name(), () -> check(kind)));
    }

    private static <C extends Record, M extends Module> void check(Architecture<C, M> kind) {
        var model = kind.build(kind.example().config(), Rng.of(1));
        var inputs = kind.example().inputs().of(2, Rng.of(2)).toArray(Tensor[]::new);
        for (var batch : new String[] {"batch", ""}) {
            try {
                var file = new OnnxExport().withBatch(batch).of(in -> new Tensor[] {kind.example().outputs().of(model, List.of(in), Pass.inference())}, inputs);
                var given = new LinkedHashMap<String, Tensor>();
                for (int i = 0; i < inputs.length; i++) given.put(i == 0 ? "input" : "input" + i, inputs[i].detach());
                var got = OnnxModel.load(file.toBytes()).run(given).firstEntry().getValue();
                var expected = Autograd.noGrad(() -> kind.example().outputs().of(model, List.of(inputs), Pass.inference())).compute();
                double gap = got.sub(expected).abs().max().item(), scale = Math.max(1, expected.abs().max().item());
                System.out.println("OK " + kind.name() + " [" + batch + "] " + gap / scale);
                break;
            } catch (RuntimeException e) {
                System.out.println("NO " + kind.name() + " [" + batch + "] " + e);
            }
        }
    }
}
