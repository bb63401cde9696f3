package lyceum.models.generative.adversarial;

import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;

/** A player that also reads a condition: a generator of classes, a critic that knows what it is shown. Implemented by {@link Module}s. */
public interface Conditioned {
    /**
     * The value at x under a condition.
     *
     * @param x (n, ..): noise of a generator, items of a critic
     * @param condition (n, ..), such as class numbers
     */
    Tensor forward(Tensor x, Tensor condition, Pass pass);

    /** What a network says, with a condition if there is one. @throws IllegalArgumentException for a condition that the network cannot read */
    static Tensor forward(Module network, Tensor x, Tensor condition, Pass pass) {
        if (condition == null) return network.forward(x, pass);
        if (network instanceof Conditioned conditioned) return conditioned.forward(x, condition, pass);
        throw new IllegalArgumentException("Conditioned: " + network.getClass().getSimpleName() + " reads no condition " + condition.shape()
                + "; implement Conditioned, or give none");
    }
}
