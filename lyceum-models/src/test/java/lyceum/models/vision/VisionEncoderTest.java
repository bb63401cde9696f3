package lyceum.models.vision;

import static lyceum.testing.Bound.below;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import lyceum.DType;
import lyceum.data.augment.Raster;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class VisionEncoderTest {
    private static Raster picture(int channels, int height, int width) {
        return Raster.make(channels, height, width, (c, y, x) -> (c + y + x) % 7 / 7f);
    }

    @Test void preparedPicturesAreTakenByTheirEncoder() {
        var rng = Rng.of(1);
        var swin = new SwinTransformerConfig(1, 2, 8, List.of(1, 2), List.of(2, 2), 4, true, 2, 0, 0, DType.F32);
        for (VisionEncoder encoder : List.of(new VisionTransformer(new VisionTransformerConfig(12, 4, 3, 8, 1, 2), rng),
                new VisionTransformer(new VisionTransformerConfig(20, 4, 1, 8, 1, 2).withImageHeight(40), rng),
                new SwinTransformer(swin, rng), new AlexNet(AlexNetConfig.small(1, 28, 10), rng),
                new AlexNet(AlexNetConfig.small(3, 72, 10), rng), new ResNet(ResNetConfig.cifar(8).withChannels(2), rng))) {
            int channels = encoder.preprocessing().mean().length;
            var x = encoder.prepared(List.of(picture(channels, 50, 90), picture(channels, 61, 40)));
            var seen = encoder.encode(x, Pass.inference());
            assertThat(seen.pooled().shape().toArray()).as("%s", encoder).containsExactly(2, encoder.width());
            assertThat(encoder.module().forward(x).isFinite().all().item()).isEqualTo(1);
            assertThatThrownBy(() -> encoder.prepared(List.of(picture(channels + 1, 50, 90)))).hasMessageContaining("channels");
        }
        assertThat(new ResNet(ResNetConfig.resnet18().withWidth(2), rng).preprocessing().resize()).isEqualTo(256);
        assertThat(new VisionTransformer(new VisionTransformerConfig(224, 112, 3, 8, 1, 2), rng).preprocessing().crop()).isEqualTo(224);
        assertThat(new VisionTransformer(new VisionTransformerConfig(224, 112, 3, 8, 1, 2), rng).preprocessing().resize()).isEqualTo(256);
    }

    /** Its weights and pictures are the case's. */
    private static Tensor given(Golden golden, VisionEncoder encoder) {
        var recipe = new Recipe(golden.integer("input.seed"));
        var state = TorchNetwork.drawn(golden, recipe);
        if (encoder instanceof VisionTransformer vit) vit.loadPublished(state);
        else encoder.module().load(state);
        long[] shape = golden.longs("input.x");
        int count = 1;
        for (long size : shape) count *= (int) size;
        return Tensor.of(recipe.bells(count), shape).compute();
    }

    /** The head of a state applied to rows (n, width), by loops. */
    private static double[] headed(Tensor weight, Tensor bias, double[] rows) {
        double[] w = weight.toDoubleArray(), b = bias.toDoubleArray();
        int width = (int) weight.size(1), classes = b.length, n = rows.length / width;
        var y = new double[n * classes];
        for (int i = 0; i < n; i++) for (int k = 0; k < classes; k++) {
            y[i * classes + k] = b[k];
            for (int c = 0; c < width; c++) y[i * classes + k] += w[k * width + c] * rows[i * width + c];
        }
        return y;
    }

    /** Means over the tokens (n, t, width), by loops. */
    private static double[] means(Tensor tokens) {
        int n = (int) tokens.size(0), t = (int) tokens.size(1), width = (int) tokens.size(2);
        double[] x = tokens.toDoubleArray(), mean = new double[n * width];
        for (int i = 0; i < n; i++)
            for (int p = 0; p < t; p++) for (int c = 0; c < width; c++) mean[i * width + c] += x[(i * t + p) * width + c] / t;
        return mean;
    }

    /** The map by the tokens, row by row. */
    private static double[] placed(Tensor tokens, int prefix, int rows, int columns) {
        int n = (int) tokens.size(0), t = (int) tokens.size(1), width = (int) tokens.size(2);
        double[] x = tokens.toDoubleArray(), map = new double[n * width * rows * columns];
        for (int i = 0; i < n; i++)
            for (int c = 0; c < width; c++)
                for (int r = 0; r < rows; r++)
                    for (int k = 0; k < columns; k++)
                        map[((i * width + c) * rows + r) * columns + k] = x[(i * t + prefix + r * columns + k) * width + c];
        return map;
    }

    @Acceptance(topic = "vision-encoder", clause = 2)
    @Test void mapTokensAndVectorAreOneAndLeadToTorchsOutput() {
        var golden = Golden.load("golden/vision_vit.json").named("tiny ViT");
        var gap = Gap.absolute();
        var vit = new VisionTransformer(new VisionTransformerConfig(12, 4, 3, 8, 2, 2).withHidden(12).withClasses(5).withDtype(DType.F64),
                Rng.of(1));
        var x = given(golden, vit).to(DType.F64);
        var seen = vit.encode(x, Pass.inference());
        gap.see("ViT, tokens", seen.tokens().toDoubleArray(), vit.hiddenStates(x, Pass.inference()).getLast().toDoubleArray());
        gap.see("ViT, vector", seen.pooled().toDoubleArray(), seen.tokens().select(1, 0).toDoubleArray());
        gap.see(golden, "expected.y", headed(vit.state().get("head.weight"), vit.state().get("head.bias"), seen.pooled().toDoubleArray()));
        gap.see("ViT, map", seen.map().toDoubleArray(), placed(seen.tokens(), 1, 3, 3));
        var wide = vit.encode(Tensor.randn(Rng.of(2), DType.F64, 2, 3, 8, 20), Pass.inference());
        gap.see("ViT, map of 2 x 5", wide.map().toDoubleArray(), placed(wide.tokens(), 1, 2, 5));

        golden = Golden.load("golden/vision_resnet.json").named("basic, predicting");
        var net = new ResNet(ResNetConfig.resnet18().withWidth(3).withClasses(3).withBlocks(List.of(1, 1, 1)).withDtype(DType.F64),
                Rng.of(1));
        seen = net.encode(given(golden, net).to(DType.F64), Pass.inference());
        gap.see("ResNet, vector", seen.pooled().toDoubleArray(), means(seen.tokens()));
        gap.see(golden, "expected.y", headed(net.state().get("fc.weight"), net.state().get("fc.bias"), means(seen.tokens())));
        gap.see("ResNet, map", seen.map().toDoubleArray(), placed(seen.tokens(), 0, (int) seen.map().size(2), (int) seen.map().size(3)));
        wide = net.encode(Tensor.randn(Rng.of(2), DType.F64, 2, 3, 64, 96), Pass.inference());
        gap.see("ResNet, map of 4 x 6", wide.map().toDoubleArray(), placed(wide.tokens(), 0, 4, 6));
        Evidence.of("largest gap of map, tokens and vector, and of PyTorch's logits", gap, below(1e-4));
        assertThat(gap.seen()).isGreaterThan(1000);
    }
}
