package lyceum.bench;

import java.util.function.Supplier;
import lyceum.tensor.Tensor;

/** Calls that compute a value, alone or with its gradients. */
final class Sweep {
    private Sweep() { }

    /** The value alone, or with {@code backward} the gradients of the leaves too, from a gradient of ones, made anew in each call. */
    static Supplier<?> of(boolean backward, Supplier<Tensor> f, Tensor... leaves) {
        if (!backward) return () -> f.get().compute();
        for (var leaf : leaves) leaf.requiresGrad();
        var ones = f.get().detach().onesLike().compute();
        return () -> {
            f.get().backward(ones);
            for (var leaf : leaves) {
                leaf.grad().compute();
                leaf.zeroGrad();
            }
            return ones;
        };
    }
}
