package lyceum.nn;

import java.util.List;
import java.util.Map;
import lyceum.tensor.Tensor;

/** Layers one after the other. Parameters are named by the layer's number, as PyTorch's Sequential: {@code 0.weight}. */
public final class Sequential extends Module {
    private final List<Layer> layers;

    public Sequential(Layer... layers) { this(List.of(layers)); }

    public Sequential(List<Layer> layers) { this.layers = List.copyOf(layers); }

    public List<Layer> layers() { return layers; }

    @Override public Tensor forward(Tensor x, Pass pass) {
        for (var layer : layers) x = layer.forward(x, pass);
        return x;
    }

    @Override void collect(String prefix, Map<String, Tensor> into) {
        for (int i = 0; i < layers.size(); i++) if (layers.get(i) instanceof Module module) module.collect(prefix + i + ".", into);
    }
}
