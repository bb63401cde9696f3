package lyceum.nn;

import lyceum.random.Rng;

/**
 * How a network is being run: to predict, or to learn. Dropout and batch statistics differ; randomness comes from here and nowhere else.
 *
 * {@snippet :
 * network.forward(x);                          // predicts
 * network.forward(x, Pass.training(rng));      // learns
 * }
 */
public sealed interface Pass {
    /** Dropout is off, normalisation uses running statistics. */
    record Inference() implements Pass { }

    /** Dropout draws from {@code rng}, normalisation uses the batch and updates its running statistics. */
    record Training(Rng rng) implements Pass { }

    static Pass inference() { return new Inference(); }

    static Pass training(Rng rng) { return new Training(rng); }

    default boolean isTraining() { return this instanceof Training; }
}
