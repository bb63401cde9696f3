package lyceum.nn.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.tensor.Tensor;
import lyceum.testing.Golden;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** What ONNX Runtime's optimiser joins nodes to, against ONNX Runtime ({@code tools/golden/onnx_fused.py}). */
class OnnxFusedTest {
    @TestFactory Stream<DynamicTest> fusedOperatorsGiveWhatOnnxRuntimeGives() {
        return Golden.load("golden/onnx_fused.json").list("cases").stream()
                .map(golden -> DynamicTest.dynamicTest(golden.text("name"), () -> {
                    var inputs = new LinkedHashMap<String, Tensor>();
                    for (var input : golden.list("inputs"))
                        inputs.put("x" + inputs.size(),
                                Tensor.of(input.doubles("values"), input.longs("shape")).to(type(input.text("type"))));
                    var y = OnnxModel.load(HexFormat.of().parseHex(golden.text("model"))).run(inputs).get("y");
                    assertThat(y.shape().toArray()).isEqualTo(golden.longs("shape"));
                    double[] got = y.to(DType.F64).toDoubleArray(), expected = golden.doubles("values");
                    for (int i = 0; i < got.length; i++)
                        assertThat(got[i]).as("element " + i).isCloseTo(expected[i], within(2e-5 * Math.max(1, Math.abs(expected[i]))));
                }));
    }

    private static DType type(String name) {
        return switch (name) {
            case "float32" -> DType.F32;
            case "uint8" -> DType.U8;
            case "int8" -> DType.I8;
            default -> DType.I32;
        };
    }
}
