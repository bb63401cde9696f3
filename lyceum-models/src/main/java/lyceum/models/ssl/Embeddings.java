package lyceum.models.ssl;

import lyceum.ShapeException;
import lyceum.nn.InBatches;
import lyceum.nn.Layer;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;

/** What a frozen encoder makes of many items. */
final class Embeddings {
    private Embeddings() {}

    /** (n, d) of (n, ..), {@code batch} items at a time, which bounds the memory. */
    static Tensor of(Layer encoder, Tensor items, int batch) {
        if (items.rank() < 2 || items.size(0) == 0)
            throw new ShapeException("embed: items " + items.shape() + "; they are (n, ..), n above 0");
        return InBatches.of(items, batch, some -> encoder.forward(some, Pass.inference()));
    }
}
