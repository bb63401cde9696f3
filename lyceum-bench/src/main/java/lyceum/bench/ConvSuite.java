package lyceum.bench;

import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.backend.Convolution;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** The convolutions of ResNet-18 at 224 x 224 pixels, and depthwise ones, on a batch of eight, forward and with both gradients. */
final class ConvSuite implements Suite {
    private static final int BATCH = 8;
    private static final double TARGET = 0.9, DEPTHWISE_TARGET = 1.5;

    /** @param size height and width of the input */
    private record Layer(int inputs, int size, int outputs, int kernel, int stride, int groups) {
        int padding() { return kernel / 2; }

        int outputSize() { return (size + 2 * padding() - kernel) / stride + 1; }

        double operations() { return 2.0 * BATCH * outputSize() * outputSize() * outputs * (inputs / groups) * kernel * kernel; }

        boolean isDepthwise() { return groups == inputs; }

        String text() { return inputs + " to " + outputs + ", " + size + "x" + size + (stride > 1 ? " / " + stride : ""); }

        String name() { return (isDepthwise() ? "depthwise " : "conv ") + kernel + "x" + kernel; }
    }

    private static final List<Layer> LAYERS = List.of(new Layer(3, 224, 64, 7, 2, 1), new Layer(64, 56, 64, 3, 1, 1),
            new Layer(64, 56, 128, 3, 2, 1), new Layer(64, 56, 128, 1, 2, 1), new Layer(128, 28, 128, 3, 1, 1),
            new Layer(128, 28, 256, 3, 2, 1), new Layer(128, 28, 256, 1, 2, 1), new Layer(256, 14, 256, 3, 1, 1),
            new Layer(256, 14, 512, 3, 2, 1), new Layer(256, 14, 512, 1, 2, 1), new Layer(512, 7, 512, 3, 1, 1),
            new Layer(32, 112, 32, 3, 1, 32), new Layer(144, 56, 144, 3, 2, 144), new Layer(384, 14, 384, 3, 1, 384));

    @Override public void measure(SideBySide bench) {
        for (boolean backward : new boolean[] {false, true}) for (var layer : LAYERS) measure(bench, layer, backward);
    }

    private static void measure(SideBySide bench, Layer layer, boolean backward) {
        var arguments = Map.of("batch", BATCH, "inputs", layer.inputs, "size", layer.size, "outputs", layer.outputs, "kernel", layer.kernel,
                "stride", layer.stride, "padding", layer.padding(), "groups", layer.groups, "backward", backward);
        var c = new Case(layer.name() + (backward ? " with its gradients" : ""), layer.text(), DType.F32,
                Unit.gflops(layer.operations() * (backward ? 3 : 1))).beside("conv", arguments)
                .atLeast(layer.isDepthwise() ? DEPTHWISE_TARGET : TARGET);
        bench.measure(c, () -> {
            var x = Tensor.randn(Rng.of(1), BATCH, layer.inputs, layer.size, layer.size).compute();
            var w = Tensor.randn(Rng.of(2), layer.outputs, layer.inputs / layer.groups, layer.kernel, layer.kernel).compute();
            var how = new Convolution().withStride(layer.stride).withPadding(layer.padding()).withGroups(layer.groups);
            return Sweep.of(backward, in -> in[0].conv(in[1], null, how), x, w);
        });
    }
}
