package lyceum.models.ssl;

import java.util.ArrayList;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.nn.Layer;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;

/** What a frozen encoder makes of many items. */
final class Embeddings {
    private Embeddings() {}

    /** (n, d) of (n, ..), {@code batch} items at a time, which bounds the memory. */
    static Tensor of(Layer encoder, Tensor items, int batch) {
        if (batch < 1) throw new IllegalArgumentException("embed: batches of " + batch + "; at least 1");
        if (items.rank() < 2 || items.size(0) == 0) throw new ShapeException("embed: items " + items.shape() + "; they are (n, ..), n above 0");
        return Autograd.noGrad(() -> {
            var parts = new ArrayList<Tensor>();
            for (long from = 0; from < items.size(0); from += batch) {
                try (var scope = Scope.open("embed")) {
                    var some = items.narrow(0, from, Math.min(batch, items.size(0) - from));
                    parts.add(encoder.forward(some, Pass.inference()).contiguous().compute().keptBy(scope));
                }
            }
            return Tensor.concat(0, parts.toArray(Tensor[]::new)).compute();
        });
    }
}
