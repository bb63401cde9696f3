package lyceum.nn;

import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * How a network is being run: to predict, or to learn. Dropout and batch statistics differ; randomness comes from here and nowhere else.
 *
 * {@snippet :
 * network.forward(x);                          // predicts
 * network.forward(x, Pass.training(rng));      // learns
 * network.forward(x, Pass.watched((activation, before, after) -> System.out.println(after.mean())));
 * }
 */
public sealed interface Pass {
    /** Dropout is off, normalisation uses running statistics. */
    record Inference() implements Pass {}

    /** Dropout draws from {@code rng}, normalisation uses the batch and updates its running statistics. */
    record Training(Rng rng) implements Pass {}

    /** Predicts, and shows {@code watcher} what goes into each activation and what comes out, in order. */
    record Watched(Watcher watcher) implements Pass {}

    /** Sees activations at work; see {@link ActivationReport}. */
    @FunctionalInterface
    interface Watcher {
        void see(Layer activation, Tensor before, Tensor after);
    }

    static Pass inference() { return new Inference(); }

    static Pass training(Rng rng) { return new Training(rng); }

    static Pass watched(Watcher watcher) { return new Watched(watcher); }

    default boolean isTraining() { return this instanceof Training; }

    /** What an activation calls with its input and output; gives the output back. */
    default Tensor show(Layer activation, Tensor before, Tensor after) {
        if (this instanceof Watched watched) watched.watcher.see(activation, before, after);
        return after;
    }
}
