package lyceum.nn;

import java.util.ArrayList;
import java.util.function.UnaryOperator;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.tensor.Tensor;

/**
 * What a function that does not learn makes of many items, some at a time: memory is that of the results and of one batch.
 *
 * {@snippet :
 * Tensor y = InBatches.of(x, 64, some -> network.forward(some, Pass.inference()));
 * }
 */
public final class InBatches {
    private InBatches() {}

    /**
     * The results one behind the other along axis 0; nothing is recorded.
     *
     * @param items (n, ..), n at least 1
     * @param batch items at a time, at least 1
     * @param f of some items (b, ..), gives (b, ..)
     */
    public static Tensor of(Tensor items, int batch, UnaryOperator<Tensor> f) {
        if (batch < 1) throw new IllegalArgumentException("batches of " + batch + " items; at least 1");
        if (items.rank() < 1 || items.size(0) == 0)
            throw new ShapeException("no items in " + items.shape() + "; they are (n, ..), n above 0");
        return Autograd.noGrad(() -> {
            var parts = new ArrayList<Tensor>();
            for (long from = 0; from < items.size(0); from += batch) {
                try (var scope = Scope.open("batch")) {
                    parts.add(f.apply(items.narrow(0, from, Math.min(batch, items.size(0) - from))).contiguous().compute().keptBy(scope));
                }
            }
            return Tensor.concat(0, parts.toArray(Tensor[]::new)).compute();
        });
    }
}
