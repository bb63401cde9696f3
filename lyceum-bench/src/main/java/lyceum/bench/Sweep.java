package lyceum.bench;

import java.util.function.Function;
import java.util.function.Supplier;
import lyceum.tensor.Tensor;

/** Calls that compute a value, alone or with its gradients. */
final class Sweep {
    private Sweep() {}

    /** The value alone, or with {@code backward} the gradients of the inputs too, from a gradient of ones, made anew in each call. */
    static Supplier<?> of(boolean backward, Function<Tensor[], Tensor> f, Tensor... inputs) {
        if (!backward) return () -> f.apply(inputs).compute();
        var leaves = new Tensor[inputs.length];
        for (int i = 0; i < leaves.length; i++) leaves[i] = inputs[i].isTracked() ? inputs[i] : inputs[i].requiresGrad();
        var ones = f.apply(leaves).detach().onesLike().compute();
        return () -> {
            f.apply(leaves).backward(ones);
            for (var leaf : leaves) {
                leaf.grad().compute();
                leaf.zeroGrad();
            }
            return ones;
        };
    }
}
