package lyceum.models;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Supplier;
import lyceum.autograd.Autograd;
import lyceum.format.Npy;
import lyceum.models.vision.ResNet;
import lyceum.models.vision.ResNetConfig;
import lyceum.nn.GptBlock;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.Loss;
import lyceum.nn.onnx.Onnx;
import lyceum.nn.onnx.OnnxModel;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.OnnxRuntime;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Networks that were trained for ten steps leave as ONNX and give the same elsewhere. */
@Tag("heavy")
class TrainedExportTest {
    @TempDir private Path folder;

    private static void tenSteps(Module network, Supplier<Tensor> loss) {
        var optimizer = new Adam(1e-3).over(network.parameters());
        var before = network.parameters().values().iterator().next().copy().compute();
        for (int step = 0; step < 10; step++) {
            optimizer.zeroGrad();
            loss.get().backward();
            optimizer.step();
        }
        assertThat(network.parameters().values().iterator().next().sub(before).abs().max().item()).isPositive();
    }

    private void sameElsewhere(Module network, Tensor x) throws IOException {
        var file = folder.resolve("m.onnx");
        Onnx.export(network, x, file);
        Npy.write(folder.resolve("input.npy"), Tensor.concat(0, x, x.flip(1)).compute());
        OnnxRuntime.run(file, folder);
        var input = Npy.read(folder.resolve("input.npy"));
        var ours = Autograd.noGrad(() -> network.forward(input)).compute();
        double scale = Math.max(1, ours.abs().max().item());
        assertThat(Npy.read(folder.resolve("output.npy")).sub(ours).abs().max().item()).isLessThan(1e-4 * scale);
        var again = OnnxModel.load(file).run(Map.of("input", input)).get("output");
        assertThat(again.sub(ours).abs().max().item()).isLessThan(1e-5 * scale);
    }

    @Test void aResNet18OfTenSteps() throws IOException {
        var network = new ResNet(ResNetConfig.resnet18().withClasses(10), Rng.of(1));
        var x = Tensor.randn(Rng.of(2), 4, 3, 64, 64).compute();
        var labels = Tensor.of(new int[] {0, 3, 7, 9});
        var rng = Rng.of(3);
        tenSteps(network, () -> Loss.crossEntropy(network.forward(x, Pass.training(rng)), labels));
        sameElsewhere(network, x);
    }

    @Test void aGptBlockOfTenSteps() throws IOException {
        var network = new GptBlock(64, 4, Rng.of(1));
        var x = Tensor.randn(Rng.of(2), 4, 24, 64).compute();
        var target = x.roll(1, 1).compute();
        var rng = Rng.of(3);
        tenSteps(network, () -> Loss.mse(network.forward(x, Pass.training(rng)), target));
        sameElsewhere(network, x);
    }
}
