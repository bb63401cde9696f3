package lyceum.nn;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.backend.Convolution;
import lyceum.backend.Pooling;
import lyceum.nn.loss.Loss;
import lyceum.optim.AdamW;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

/** A tiny ResNet steps as PyTorch's does (tools/golden/nn_resnet.py): logits, loss, every gradient, running statistics, ten steps of AdamW. */
class ResNetTest {
    private static final Golden GOLDEN = Golden.load("golden/resnet.json");

    /** Written as a user would. */
    private static final class ResNet extends Module {
        private final Conv2d conv1;
        private final BatchNorm bn1;
        private final BasicBlock layer1, layer2;
        private final Linear fc;

        ResNet(DType dtype, Rng rng) {
            conv1 = new Conv2d(3, 6, new int[] {3}, new Convolution().withPadding(1), false, dtype, null, rng);
            bn1 = new BatchNorm(6, 1e-5, 0.1, dtype);
            layer1 = new BasicBlock(6, 6, 1, dtype, rng);
            layer2 = new BasicBlock(6, 10, 2, dtype, rng);
            fc = new Linear(10, 4, true, dtype, Init.heNormal(), rng);
        }

        @Override protected Tensor compute(Tensor x, Pass pass) {
            x = bn1.forward(conv1.forward(x, pass), pass).relu().maxPool(new Pooling(3).withStride(2).withPadding(1));
            x = layer2.forward(layer1.forward(x, pass), pass).adaptiveAvgPool(1, 1);
            return fc.forward(x.reshape(x.size(0), -1), pass);
        }
    }

    private static void fill(Module module, Recipe recipe) {
        module.parameters().forEach((name, p) -> {
            var bells = Tensor.of(recipe.bells((int) p.count()), p.shape().toArray());
            var value = p.rank() > 1 ? bells.div(Math.sqrt((double) p.count() / p.size(0)))
                    : bells.div(10).add(name.endsWith("weight") ? 1 : 0);
            Autograd.noGrad(() -> { p.copy_(value); });
        });
    }

    private static void gradientsEqual(Golden golden, Module module, double bound) {
        for (var entry : module.parameters().entrySet())
            TorchCase.equal("gradient of " + entry.getKey(), entry.getValue().grad(),
                    golden.doubles("expected.gradients." + entry.getKey()), bound);
    }

    private static void tinyResNet(DType type, double bound) {
        var golden = GOLDEN.named("tiny ResNet");
        var recipe = new Recipe(golden.integer("input.seed"));
        var net = new ResNet(type, Rng.of(1));
        fill(net, recipe);
        var x = Tensor.of(recipe.bells(5 * 3 * 13 * 11), 5, 3, 13, 11).to(type).requiresGrad();
        var target = Tensor.of(recipe.belows(4, 5));
        TorchCase.equal("predicted", net.forward(x), golden.doubles("expected.predicted"), bound);
        var optimizer = new AdamW(0.01).over(net.parameters());
        var pass = Pass.training(Rng.of(2));
        double[] losses = golden.doubles("expected.losses");
        for (int step = 0; step < 10; step++) {
            optimizer.zeroGrad();
            var logits = net.forward(x, pass);
            var loss = Loss.crossEntropy(logits, target);
            loss.backward();
            if (step == 0) {
                TorchCase.equal("logits", logits, golden.doubles("expected.logits"), bound);
                gradientsEqual(golden, net, bound);
                TorchCase.equal("gradient of x", x.grad(), golden.doubles("expected.xGradient"), bound);
                for (var name : golden.at("expected.buffers").names())
                    TorchCase.equal(name, net.state().get(name), golden.doubles("expected.buffers." + name), bound);
            }
            TorchCase.equal("loss of step " + step, loss, new double[] {losses[step]}, 10 * bound);
            optimizer.step();
        }
        assertThat(net.state().keySet()).containsExactlyElementsOf(golden.at("expected.state").names());
        for (Map.Entry<String, Tensor> entry : net.state().entrySet())
            TorchCase.equal(entry.getKey(), entry.getValue(), golden.doubles("expected.state." + entry.getKey()), 100 * bound);
        TorchCase.equal("predicted at the end", net.forward(x), golden.doubles("expected.finally"), 100 * bound);
    }

    @Test void aTinyResNetTrainsAsTorchInDouble() { Backends.each(() -> tinyResNet(DType.F64, 1e-12)); }

    /** AdamW divides by the root of a square: where a gradient is near 0, a rounding turns into a step of another size. */
    @Test void aTinyResNetTrainsAsTorchInSingle() { Backends.each(() -> tinyResNet(DType.F32, 4e-6)); }

    @Test void aBottleneckEqualsTorch() {
        var golden = GOLDEN.named("bottleneck");
        var recipe = new Recipe(golden.integer("input.seed"));
        var block = new Bottleneck(6, 3, 2, DType.F64, Rng.of(1));
        fill(block, recipe);
        var x = Tensor.of(recipe.bells(3 * 6 * 7 * 6), 3, 6, 7, 6).requiresGrad();
        var y = block.forward(x, Pass.training(Rng.of(2)));
        y.square().sum().backward();
        TorchCase.equal("y", y, golden.doubles("expected.y"), 1e-12);
        TorchCase.equal("gradient of x", x.grad(), golden.doubles("expected.xGradient"), 1e-11);
        gradientsEqual(golden, block, 1e-11);
    }

    @Test void groupNormEqualsTorch() {
        var golden = GOLDEN.named("group norm");
        var recipe = new Recipe(golden.integer("input.seed"));
        var norm = new GroupNorm(3, 6, 1e-5, DType.F64);
        fill(norm, recipe);
        var x = Tensor.of(recipe.bells(60), 2, 6, 5).requiresGrad();
        var y = norm.forward(x);
        y.pow(3).sum().backward();
        TorchCase.equal("y", y, golden.doubles("expected.y"), 1e-13);
        TorchCase.equal("gradient of x", x.grad(), golden.doubles("expected.xGradient"), 1e-12);
        gradientsEqual(golden, norm, 1e-12);
    }

    @Test void layersHaveTorchShapesAndNames() {
        var rng = Rng.of(3);
        var image = Tensor.randn(rng, 2, 6, 9, 8);
        var up = new ConvTranspose2d(6, 4, 3, new Convolution().withStride(2).withPadding(1).withOutputPadding(1).withGroups(2), rng);
        assertThat(up.forward(image).shape().toArray()).containsExactly(2, 4, 18, 16);
        assertThat(up.state().keySet()).containsExactly("weight", "bias");
        assertThat(up.weight().shape().toArray()).containsExactly(6, 2, 3, 3);
        assertThat(new Conv1d(6, 5, 3, rng).forward(Tensor.randn(rng, 2, 6, 9)).shape().toArray()).containsExactly(2, 5, 7);
        assertThat(new Conv3d(6, 5, 2, rng).forward(Tensor.randn(rng, 2, 6, 3, 4, 5)).shape().toArray()).containsExactly(2, 5, 2, 3, 4);
        assertThat(new AvgPool2d(2).forward(image).shape().toArray()).containsExactly(2, 6, 4, 4);
        assertThat(new MaxPool2d(2).forward(image.get(0)).shape().toArray()).containsExactly(6, 4, 4);
        assertThat(new AdaptiveAvgPool2d(2, 3).forward(image).shape().toArray()).containsExactly(2, 6, 2, 3);
    }
}
