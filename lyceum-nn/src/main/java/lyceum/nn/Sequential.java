package lyceum.nn;

import java.util.List;
import lyceum.ShapeException;
import lyceum.backend.Op;
import lyceum.tensor.Tensor;

/**
 * Layers applied one after the other. Parameters are named by the layer's number, as in PyTorch's Sequential: {@code 0.weight}. A convolution followed by a
 * ReLU, sigmoid or tanh does both in one kernel, with the same bits, unless the activations are watched.
 */
public final class Sequential extends Module {
    private final List<Layer> layers;

    public Sequential(Layer... layers) { this(List.of(layers)); }

    public Sequential(List<Layer> layers) { this.layers = List.copyOf(layers); }

    public List<Layer> layers() { return layers; }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        for (int i = 0; i < layers.size(); i++) {
            var activation = i + 1 < layers.size() && !pass.isWatched() ? fusable(layers.get(i + 1)) : null;
            if (activation != null && layers.get(i) instanceof ConvLayer convolution && convolution.adapters().isEmpty()) {
                pass.begin(convolution, null);
                x = pass.at(convolution, x, fused(convolution, x, activation));
                i++;
            } else if (layers.get(i) instanceof Module module) {
                x = module.forward(x, pass);
            } else {
                pass.begin(this, String.valueOf(i));
                x = pass.point(this, String.valueOf(i), layers.get(i).forward(x, pass));
            }
        }
        return x;
    }

    private static Tensor fused(ConvLayer convolution, Tensor x, Op activation) {
        try {
            return convolution.activated(x, activation);
        } catch (ShapeException e) {
            throw LayerShapeException.in(convolution, x, e);
        }
    }

    private static Op fusable(Layer layer) {
        return layer == Activation.RELU ? Op.RELU : layer == Activation.SIGMOID ? Op.SIGMOID : layer == Activation.TANH ? Op.TANH : null;
    }

    @Override protected String nameOf(String field) { return ""; }
}
