package lyceum.nn.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.format.OnnxFile;
import lyceum.format.OnnxFile.Attribute;
import lyceum.tensor.Tensor;
import lyceum.testing.Golden;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Models of classical learners, as scikit-learn's converters write them, against ONNX Runtime ({@code tools/golden/onnx_ml.py}). */
class OnnxMlTest {
    @TestFactory Stream<DynamicTest> learnersGiveWhatOnnxRuntimeGives() {
        return Golden.load("golden/onnx_ml.json").list("cases").stream().map(golden -> DynamicTest.dynamicTest(golden.text("name"), () -> {
            var model = OnnxModel.load(HexFormat.of().parseHex(golden.text("model")));
            var got = model.runValues(Map.of("x", value(golden.at("input")))).values().iterator();
            var expected = golden.list("outputs").stream().map(OnnxMlTest::value).toList();
            if (golden.text("name").equals("forest of two")) {
                // the label is the class with the larger score, where ONNX Runtime asks whether the second score is above 0
                long[] labels = got.next().tensor().toLongArray();
                double[][] scores = expected.get(1).tensor().to(DType.F64).toRows();
                for (int i = 0; i < labels.length; i++) assertThat(labels[i]).isEqualTo(scores[i][1] > scores[i][0] ? 1 : 0);
                expected = expected.subList(1, 2);
            }
            for (var value : expected) same(value, got.next());
        }));
    }

    private static OnnxValue value(Golden g) {
        long[] shape = g.longs("shape");
        return switch (g.text("kind")) {
            case "O" -> OnnxValue.of(g.texts("values"), shape);
            case "i" -> OnnxValue.of(Tensor.of(g.longs("values"), shape));
            default -> {
                double[] values = g.doubles("values");
                for (int hole : g.ints("nan")) values[hole] = Double.NaN;
                yield OnnxValue.of(Tensor.of(values, shape).to(DType.F32));
            }
        };
    }

    private static void same(OnnxValue expected, OnnxValue got) {
        if (expected instanceof OnnxValue.Strings) {
            assertThat(got).isEqualTo(expected);
            return;
        }
        assertThat(got.type()).isEqualTo(expected.type());
        assertThat(got.tensor().shape()).isEqualTo(expected.tensor().shape());
        double[] a = expected.tensor().to(DType.F64).toDoubleArray(), b = got.tensor().to(DType.F64).toDoubleArray();
        for (int i = 0; i < a.length; i++) assertThat(b[i]).as("element " + i).isCloseTo(a[i], within(1e-5 * Math.max(1, Math.abs(a[i]))));
    }

    @Test void scoresAreMappedToTheirLabels() {
        var model = new OnnxFile(
                8, "", Map.of("ai.onnx.ml", 3L), Models
                        .graph(List.of(Models.port("p", 2, 2)), List.of(Models.open("z")), Map.of(),
                                Models.node("z = ai.onnx.ml.ZipMap(p)",
                                        new Attribute("classlabels_strings", List.of("no".getBytes(), "yes".getBytes())))),
                List.of(), Map.of());
        var rows = (OnnxValue.Sequence) OnnxModel.load(model.toBytes())
                .runValues(Map.of("p", OnnxValue.of(Tensor.of(new float[] {1, 0, 0.25f, 0.75f}, 2, 2)))).get("z");
        assertThat(((OnnxValue.Keyed) rows.values().get(1)).values()).containsExactly(Map.entry("no", 0.25), Map.entry("yes", 0.75));
    }

    private static OnnxValue ofMap(String operator, Map<Object, Double> map, Attribute... attributes) {
        var file = new OnnxFile(8, "", Map.of("ai.onnx.ml", 3L), Models.graph(List.of(Models.open("m")), List.of(Models.open("y")),
                Map.of(), Models.node("y = ai.onnx.ml." + operator + "(m)", attributes)), List.of(), Map.of());
        return OnnxModel.load(file.toBytes()).runValues(Map.of("m", new OnnxValue.Keyed(new LinkedHashMap<>(map)))).get("y");
    }

    @Test void mapsBecomeRows() {
        var words = new Attribute("string_vocabulary", List.of("a".getBytes(), "b".getBytes(), "c".getBytes()));
        var row = ofMap("DictVectorizer", Map.of("c", 3.0, "a", 1.0, "elsewhere", 9.0), words).tensor();
        assertThat(row.shape().toArray()).containsExactly(1, 3);
        assertThat(row.toFloatArray()).containsExactly(1, 0, 3);
        var numbers = new Attribute("int64_vocabulary", new long[] {7, 5});
        assertThat(ofMap("DictVectorizer", Map.of(5L, 2.5), numbers).tensor().toFloatArray()).containsExactly(0, 2.5f);
        Map<Object, Double> map = Map.of(4L, 1.0, 0L, 2.0);
        assertThat(ofMap("CastMap", map).tensor().toFloatArray()).containsExactly(2, 1);
        assertThat(
                ofMap("CastMap", map, new Attribute("map_form", "SPARSE".getBytes()), new Attribute("max_map", 6L)).tensor().toFloatArray())
                .containsExactly(2, 0, 0, 0, 1, 0);
        assertThatThrownBy(() -> ofMap("CastMap", map, new Attribute("map_form", "SPARSE".getBytes()), new Attribute("max_map", 4L)))
                .hasMessageContaining("key 4");
        assertThatThrownBy(() -> ofMap("CastMap", Map.of("x", 1.0))).hasMessageContaining("not a whole number");
    }
}
