package lyceum.models.generative.flow;

import lyceum.nn.Pass;
import lyceum.tensor.Tensor;

/** A layer the other way round. */
final class InvertedFlow extends FlowLayer {
    private final FlowLayer layer;

    InvertedFlow(FlowLayer layer) { this.layer = layer; }

    @Override public Moved transform(Tensor x, Pass pass) { return layer.inverse(x, pass); }

    @Override public Moved inverse(Tensor y, Pass pass) { return layer.transform(y, pass); }

    @Override public FlowLayer inverted() { return layer; }

    @Override protected String nameOf(String child, String tensor) { return tensor; }
}
