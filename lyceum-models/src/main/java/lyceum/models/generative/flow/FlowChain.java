package lyceum.models.generative.flow;

import java.util.List;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;

/** Layers one after the other, the first next to the data; the logarithms of their determinants add. Children: {@code layers.0 ..}. */
public final class FlowChain extends FlowLayer {
    private final List<FlowLayer> layers;

    public FlowChain(FlowLayer... layers) { this(List.of(layers)); }

    public FlowChain(List<? extends FlowLayer> layers) {
        if (layers.isEmpty()) throw new IllegalArgumentException("FlowChain: no layer; at least one");
        this.layers = List.copyOf(layers);
    }

    public List<FlowLayer> layers() { return layers; }

    @Override public Moved transform(Tensor x, Pass pass) {
        var sum = none(x);
        for (var layer : layers) {
            var moved = layer.transform(x, pass);
            x = moved.value();
            sum = sum.add(moved.logDet());
        }
        return new Moved(x, sum);
    }

    @Override public Moved inverse(Tensor y, Pass pass) {
        var sum = none(y);
        for (var layer : layers.reversed()) {
            var moved = layer.inverse(y, pass);
            y = moved.value();
            sum = sum.add(moved.logDet());
        }
        return new Moved(y, sum);
    }

    /** Each layer the other way round, in the other order. */
    @Override public FlowChain inverted() { return new FlowChain(layers.reversed().stream().map(FlowLayer::inverted).toList()); }
}
