package lyceum.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.FormatException;
import lyceum.ShapeException;
import lyceum.format.Safetensors;
import lyceum.format.SafetensorsIndex;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModuleTest {
    /** Fields of every kind that a module may have. */
    private static final class Block extends Module {
        private final Linear up;
        private final Module absent = null;
        private final List<Layer> layers;
        private final Map<String, Module> heads = new LinkedHashMap<>();
        private final Tensor scale = Tensor.ones(DType.F64, 1).compute().requiresGrad();
        private final Tensor seen = Tensor.zeros(DType.F64, 1).compute();
        private final int width = 3;

        Block(Rng rng) {
            up = new Linear(3, 3, rng);
            layers = List.of(new Linear(3, 3, rng), Activation.RELU,
                    new Sequential(new Linear(3, 3, rng), Activation.TANH, new BatchNorm(3)));
            heads.put("class", new Linear(3, 2, false, DType.F32, Init.zeros(), rng));
        }

        @Override protected Tensor compute(Tensor x, Pass pass) { return up.forward(x, pass).mul(width); }
    }

    @Test void namesAreThoseOfTorchStateDict() {
        var block = new Block(Rng.of(1));
        assertThat(block.state().keySet()).containsExactly("up.weight", "up.bias", "layers.0.weight", "layers.0.bias", "layers.2.0.weight",
                "layers.2.0.bias", "layers.2.2.weight", "layers.2.2.bias", "layers.2.2.running_mean", "layers.2.2.running_var",
                "layers.2.2.num_batches_tracked", "heads.class.weight", "scale", "seen");
        assertThat(block.parameters().keySet()).doesNotContain("seen", "layers.2.2.running_mean").contains("scale");
        assertThat(block.parameterCount()).isEqualTo(12 * 3 + 6 + 6 + 1);
    }

    @Test void thenKeepsTheParametersOfBoth() {
        var rng = Rng.of(2);
        var both = new Linear(3, 4, rng).then(Activation.RELU).then(new Linear(4, 1, rng));
        assertThat(both.parameters().keySet()).containsExactly("0.0.weight", "0.0.bias", "1.weight", "1.bias");
    }

    @Test void savedParametersComeBackBitForBit(@TempDir Path folder) throws IOException {
        var file = folder.resolve("block.safetensors");
        var block = new Block(Rng.of(3));
        block.save(file);
        var other = new Block(Rng.of(4));
        other.load(file);
        block.state()
                .forEach((name, tensor) -> assertThat(other.state().get(name).toDoubleArray()).as(name).isEqualTo(tensor.toDoubleArray()));
        assertThat(Safetensors.read(file).metadata()).containsEntry("formatVersion", "1");
    }

    @Test void severalFilesAreLoadedThroughTheirIndex(@TempDir Path folder) throws IOException {
        var layer = new Linear(2, 3, Rng.of(10));
        var places = new LinkedHashMap<String, String>();
        for (var name : List.of("weight", "bias")) {
            places.put(name, name + ".safetensors");
            Safetensors.write(folder.resolve(name + ".safetensors"), new LinkedHashMap<>(Map.of(name, layer.state().get(name))), Map.of());
        }
        SafetensorsIndex.write(folder.resolve("model.safetensors.index.json"), places, 36);
        var other = new Linear(2, 3, Rng.of(11));
        other.load(folder.resolve("model.safetensors.index.json"));
        assertThat(other.weight().toDoubleArray()).isEqualTo(layer.weight().toDoubleArray());
        assertThat(other.bias().toDoubleArray()).isEqualTo(layer.bias().toDoubleArray());
    }

    @Test void halfWidthCheckpointsAreWidened() {
        var layer = new Linear(2, 2, Rng.of(5));
        layer.load(Map.of("weight", Tensor.full(DType.BF16, 0.5, 2, 2), "bias", Tensor.full(DType.F16, 2, 2)));
        assertThat(layer.forward(Tensor.ones(2)).toDoubleArray()).containsExactly(3, 3);
    }

    @Test void loadRefusesWhatDoesNotFitAndChangesNothing() {
        var layer = new Linear(2, 2, Rng.of(6));
        double[] before = layer.weight().toDoubleArray();
        var weight = Tensor.ones(2, 2);
        assertThatThrownBy(() -> layer.load(Map.of("weight", weight, "beta", weight))).isInstanceOf(FormatException.class)
                .hasMessage("load: missing [bias], unknown [beta]");
        assertThatThrownBy(() -> layer.load(Map.of("weight", weight, "bias", Tensor.ones(3)))).isInstanceOf(ShapeException.class)
                .hasMessage("load: bias has shape (2,), the value (3,)");
        assertThatThrownBy(() -> layer.load(Map.of("weight", weight, "bias", Tensor.of(1, 2)))).isInstanceOf(DTypeException.class)
                .hasMessage("load: bias is F32, the value I32");
        assertThat(layer.weight().toDoubleArray()).isEqualTo(before);
    }

    /** Two blocks in a network: what fails inside is named from the outside. */
    private static final class Deep extends Module {
        private final Block first = new Block(Rng.of(8));
        private final List<Layer> more;

        Deep(Layer... more) { this.more = List.of(more); }

        @Override protected Tensor compute(Tensor x, Pass pass) {
            x = first.forward(x, pass);
            for (var layer : more) x = layer.forward(x, pass);
            return x;
        }
    }

    @Test void shapesThatDoNotFitNameTheLayerByItsPath() {
        var rng = Rng.of(9);
        var deep = new Deep(new Linear(3, 4, rng), new Sequential(Activation.RELU, new Linear(6, 2, rng)));
        assertThatThrownBy(() -> deep.forward(Tensor.zeros(5, 3))).isInstanceOf(ShapeException.class)
                .hasMessageStartingWith("more.1.1 (Linear), input (5, 4): matmul: ").hasMessageContaining("4 and 6");
        assertThatThrownBy(() -> deep.forward(Tensor.zeros(5, 7))).isInstanceOf(ShapeException.class)
                .hasMessageStartingWith("first.up (Linear), input (5, 7): ").hasMessageContaining("7 and 3");
        var alone = new Linear(3, 4, rng);
        assertThatThrownBy(() -> alone.forward(Tensor.zeros(5, 7))).isInstanceOf(ShapeException.class).hasMessageStartingWith("matmul: ");
        var pictures = new Sequential(new Conv2d(1, 4, 3, rng), Activation.RELU, new Conv2d(3, 2, 3, rng), Activation.RELU);
        assertThatThrownBy(() -> pictures.forward(Tensor.zeros(2, 1, 8, 8))).isInstanceOf(ShapeException.class)
                .hasMessageStartingWith("2 (Conv2d), input (2, 4, 6, 6): conv: ");
    }

    @Test void everythingThatDoesNotFitIsListed() {
        var layer = new Linear(2, 2, Rng.of(6));
        assertThatThrownBy(() -> layer.load(Map.of("weight", Tensor.ones(2, 3), "bias", Tensor.ones(3)))).isInstanceOf(ShapeException.class)
                .hasMessage("load: weight has shape (2, 2), the value (2, 3); bias has shape (2,), the value (3,)");
        assertThatThrownBy(() -> layer.load(Map.of("weight", Tensor.ones(2, 3)))).isInstanceOf(FormatException.class)
                .hasMessage("load: missing [bias], unknown []; weight has shape (2, 2), the value (2, 3)");
    }

    @Test void damagedFilesAreNamedWithTheirPlace(@TempDir Path folder) throws IOException {
        var file = folder.resolve("cut.safetensors");
        var layer = new Linear(8, 8, Rng.of(7));
        layer.save(file);
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length - 10));
        assertThatThrownBy(() -> layer.load(file)).isInstanceOf(FormatException.class).hasMessageContaining("at byte");
        Files.write(file, new byte[] {1, 2, 3});
        assertThatThrownBy(() -> layer.load(file)).isInstanceOf(FormatException.class);
    }
}
