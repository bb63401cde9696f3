package lyceum.models.generative.adversarial;

import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;

/** A module that reads a condition beside its input: a generator of classes, a critic that knows what it is shown, a layer in a style. */
public abstract class Conditioned extends Module {
    /**
     * The value at x under a condition.
     *
     * @param x (n, ..): noise of a generator, items of a critic
     * @param condition (n, ..), such as class numbers, or styles (n, width)
     */
    public abstract Tensor forward(Tensor x, Tensor condition, Pass pass);

    /** @throws UnsupportedOperationException always, of a module that can do nothing without a condition */
    @Override protected Tensor compute(Tensor x, Pass pass) {
        throw new UnsupportedOperationException(getClass().getSimpleName() + ": it needs a condition; use forward(x, condition, pass)");
    }

    /** What a network says, with a condition if there is one. @throws IllegalArgumentException for a condition that the network cannot read */
    public static Tensor forward(Module network, Tensor x, Tensor condition, Pass pass) {
        if (condition == null) return network.forward(x, pass);
        if (network instanceof Conditioned conditioned) return conditioned.forward(x, condition, pass);
        throw new IllegalArgumentException("Conditioned: " + network.getClass().getSimpleName() + " reads no condition " + condition.shape()
                + "; implement Conditioned, or give none");
    }
}
