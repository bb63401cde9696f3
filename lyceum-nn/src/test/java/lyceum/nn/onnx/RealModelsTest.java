package lyceum.nn.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.tensor.Tensor;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** PP-OCR, Silero VAD and openWakeWord, fetched by tools/fetch-models, against ONNX Runtime ({@code tools/golden/onnx_models.py}). */
@Tag("slow")
class RealModelsTest {
    private static final Path HOME = Path.of("..", ".lyceum", "models");

    @TestFactory Stream<DynamicTest> modelsGiveWhatOnnxRuntimeGives() {
        return Golden.load("golden/onnx_models.json").list("cases").stream()
                .map(golden -> DynamicTest.dynamicTest(golden.text("name"), () -> check(golden)));
    }

    private static void check(Golden golden) throws IOException {
        var path = HOME.resolve(golden.text("name") + ".onnx");
        Assumptions.assumeTrue(Files.exists(path), "not here: " + path + " (tools/fetch-models)");
        var model = OnnxModel.load(path);
        var recipe = new Recipe(11);
        var states = new HashMap<String, String>();
        for (var pair : golden.texts("states")) states.put(pair.split("=")[0], pair.split("=")[1]);
        Map<String, Tensor> outputs = new HashMap<>();
        for (int run = 0; run < golden.integer("runs"); run++) {
            var inputs = new LinkedHashMap<String, Tensor>();
            for (var input : golden.list("inputs"))
                inputs.put(input.text("name"), input(input, outputs.get(states.get(input.text("name"))),
                        states.containsKey(input.text("name")), golden.number("scale"), recipe));
            outputs = model.run(inputs);
        }
        for (var expected : golden.list("outputs")) {
            var y = outputs.get(expected.text("name"));
            assertThat(y.shape().toArray()).isEqualTo(expected.longs("shape"));
            float[] values = y.toFloatArray();
            double[] some = expected.doubles("some");
            for (int i = 0; i < some.length; i++)
                assertThat((double) values[(int) ((long) i * (values.length - 1) / 63)]).as(expected.text("name") + " " + i)
                        .isCloseTo(some[i], within(Math.max(1e-6, 1e-4 * expected.number("most"))));
        }
    }

    private static Tensor input(Golden input, Tensor carried, boolean isState, double scale, Recipe recipe) {
        long[] shape = input.longs("shape");
        if (input.number("number") != 0) return Tensor.full(DType.I64, (long) input.number("number"));
        if (isState) return carried == null ? Tensor.zeros(shape) : carried;
        int count = 1;
        for (long size : shape) count *= (int) size;
        double[] u = recipe.uniforms(count);
        var values = new float[count];
        for (int i = 0; i < count; i++) values[i] = (float) (scale * (2 * u[i] - 1));
        return Tensor.of(values, shape);
    }
}
