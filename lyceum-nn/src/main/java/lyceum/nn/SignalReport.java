package lyceum.nn;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * What becomes of a batch on its way through a network and of a gradient on its way back: at the output of each linear and convolution layer, before
 * any activation.
 *
 * {@snippet :
 * for (var layer : SignalReport.of(network, x, rng).layers())
 *     System.out.printf("%s: deviation %.3g, gradient %.3g%n", layer.name(), layer.deviation(), Math.sqrt(layer.gradient()));
 * }
 *
 * @param layers in the order in which they are run
 */
public record SignalReport(List<Layer> layers) {
    /**
     * One layer's output over the batch.
     *
     * @param name in the network
     * @param mean of all its numbers
     * @param variance about that mean
     * @param meanSquare of all its numbers
     * @param gradient mean square of the loss's gradient there
     */
    public record Layer(String name, double mean, double variance, double meanSquare, double gradient) {
        /** Root of the variance. */
        public double deviation() { return Math.sqrt(variance); }
    }

    /** With independent standard normal numbers from {@code rng} as the gradient of the network's output. Predicts; gradients of parameters stay as they are. */
    public static SignalReport of(Module network, Tensor x, Rng rng) {
        var still = new LinkedHashMap<String, Tensor>();
        network.state().forEach((name, value) -> still.put(name, value.detach()));
        var watched = Module.with(network, still);
        var hooks = Hooks.of(watched);
        var outputs = new LinkedHashMap<String, Tensor>();
        var leaves = new ArrayList<Tensor>();
        watched.modules().forEach((name, module) -> {
            if (!(module instanceof Linear || module instanceof ConvLayer)) return;
            hooks.on(name, (at, in, out) -> {
                if (outputs.putIfAbsent(at, out.detach()) != null) return out; // a layer that is run twice shows its first run
                var leaf = out.zerosLike().compute().requiresGrad();
                leaves.add(leaf);
                return out.add(leaf);
            });
        });
        var y = watched.forward(x.detach(), Pass.inference().with(hooks));
        if (outputs.isEmpty()) throw new IllegalArgumentException("SignalReport: the network has no linear or convolution layer");
        y.backward(Tensor.randn(rng, y.dtype(), y.shape().toArray()));
        var layers = new ArrayList<Layer>();
        for (var entry : outputs.entrySet()) {
            var out = entry.getValue().to(DType.F64);
            var gradient = leaves.get(layers.size()).grad();
            double mean = out.mean().item();
            layers.add(new Layer(entry.getKey(), mean, out.sub(mean).square().mean().item(), out.square().mean().item(),
                    gradient.to(DType.F64).square().mean().item()));
        }
        return new SignalReport(List.copyOf(layers));
    }
}
