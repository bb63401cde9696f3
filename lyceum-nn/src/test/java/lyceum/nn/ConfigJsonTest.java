package lyceum.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.tensor.Shape;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

class ConfigJsonTest {
    sealed interface Noise permits Noise.None, Noise.Normal, Noise.Kind {
        record None() implements Noise {}

        record Normal(double deviation) implements Noise {}

        enum Kind implements Noise {
            SALT, PEPPER
        }
    }

    record All(int n, long steps, double rate, boolean on, String name, Noise noise, List<Noise> more, List<List<Integer>> grid,
            Shape shape, int[] places, DType dtype, Layer layer, MlpConfig inner) {}

    private static All all(Noise noise, Layer layer) {
        return new All(-3, 1L << 40, Double.NEGATIVE_INFINITY, true, "a \"b\"", noise, List.of(new Noise.None(), Noise.Kind.PEPPER),
                List.of(List.of(1, 2), List.of()), Shape.of(2, 3), null, DType.BF16, layer, null);
    }

    @Test void recordsComeBack() {
        for (Noise noise : List.of(new Noise.Normal(0.1 + 0.2), new Noise.None(), Noise.Kind.SALT))
            for (Layer layer : List.of(Activation.GELU, Activation.leakyRelu(0.3))) {
                var config = all(noise, layer);
                var text = ConfigJson.text(ConfigJson.write(config));
                assertThat(ConfigJson.read(ConfigJson.parse(text), All.class)).isEqualTo(config);
            }
        var rotary = TransformerConfig.original(8, 2, 16).positioned(new RotaryEmbedding(4, 10_000, new RopeScaling.Linear(2), true));
        assertThat(ConfigJson.read(ConfigJson.write(rotary), TransformerConfig.class)).isEqualTo(rotary);
        var mlp = new MlpConfig(4, List.of(8), 3, Activation.RELU, MlpConfig.Norm.NONE, 0, false, MlpConfig.regressor(4, 3).head(),
                DType.F32);
        assertThat(ConfigJson.write(mlp).toString()).startsWith("{\"inputs\":4,\"hidden\":[8],\"outputs\":3,\"activation\":\"RELU\"");
    }

    private static void refused(String from, String to, String... parts) {
        var text = ConfigJson.write(all(new Noise.Normal(0.5), Activation.RELU)).toString();
        assertThat(text).contains(from);
        assertThatThrownBy(() -> ConfigJson.read(ConfigJson.parse(text.replace(from, to)), All.class)).isInstanceOf(FormatException.class)
                .satisfies(e -> {
                    for (var part : parts) assertThat(e).hasMessageContaining(part);
                });
    }

    @Test void whatIsWrongIsNamed() {
        refused("\"n\":-3", "\"n\":3000000000", "n is 3000000000", "whole number");
        refused("\"n\":-3", "\"n\":1.0", "n is 1.0");
        refused("\"n\":-3", "\"n\":null", "n is null");
        refused("\"n\":-3,", "", "n is missing");
        refused("\"n\":-3", "\"n\":-3,\"m\":1", "m is unknown", "steps");
        refused("\"on\":true", "\"on\":1", "on is 1", "true or false");
        refused("\"rate\":\"-Infinity\"", "\"rate\":1e999", "rate is ");
        refused("\"deviation\":0.5", "\"deviation\":[]", "noise.deviation is []", "number");
        refused("\"kind\":\"Normal\"", "\"kind\":\"Poisson\"", "noise.kind is \"Poisson\"", "None, Normal, Kind");
        refused("\"kind\":\"Normal\"", "\"kind\":\"java.lang.String\"", "noise.kind");
        refused("\"constant\":\"PEPPER\"", "\"constant\":\"SUGAR\"", "more.1", "SUGAR", "SALT");
        refused("[[1,2],[]]", "[[1,\"2\"],[]]", "grid.0.1 is \"2\"");
        refused("[[1,2],[]]", "[[1,null],[]]", "grid.0.1 is null");
        refused("[2,3]", "[2,-3]", "shape");
        refused("\"dtype\":\"BF16\"", "\"dtype\":\"INT4\"", "dtype is \"INT4\"", "F32");
        refused("lyceum.nn.Activation", "java.lang.Thread", "layer.kind");
        refused("lyceum.nn.Activation", "lyceum.nn.Linear", "layer.kind");
        assertThatThrownBy(() -> ConfigJson.parse("[1]")).isInstanceOf(FormatException.class).hasMessageContaining("no object");
        assertThatThrownBy(() -> ConfigJson.parse("{\"a\":1,\n\"a\":2}")).isInstanceOf(FormatException.class)
                .hasMessageContaining("line 2");
        assertThatThrownBy(() -> ConfigJson.parse("{\"a\":".repeat(50))).isInstanceOf(FormatException.class);
    }

    record Refusing(int width) {
        Refusing {
            if (width < 1) throw new IllegalArgumentException("Refusing: width is " + width + "; at least 1");
        }
    }

    record Holding(Tensor tensor) {}

    @Test void whatTheRecordRefusesIsAFormatException() {
        assertThatThrownBy(() -> ConfigJson.read(ConfigJson.parse("{\"width\": 0}"), Refusing.class)).isInstanceOf(FormatException.class)
                .hasMessageContaining("width is 0; at least 1");
        assertThatThrownBy(() -> ConfigJson.write(new Holding(Tensor.zeros(1)))).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("tensor");
        assertThatThrownBy(() -> ConfigJson.write(all(new Noise.None(), Layer.of(x -> x)))).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("layer");
    }
}
