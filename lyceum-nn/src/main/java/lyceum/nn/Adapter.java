package lyceum.nn;

import lyceum.tensor.Tensor;

/**
 * Changes what a module gives, from outside of it: a low-rank update, a bottleneck after a sublayer, a scale. It is {@linkplain Module#attach attached}
 * to a module; one that is a {@link Module} itself brings its parameters along, which then stand beside those of the module, under its name.
 */
@FunctionalInterface
public interface Adapter {
    /** What goes into the module instead of x; x itself, as a rule. */
    default Tensor enter(Tensor x, Pass pass) { return x; }

    /** What leaves the module that computed y from x. */
    Tensor adapt(Tensor x, Tensor y, Pass pass);
}
