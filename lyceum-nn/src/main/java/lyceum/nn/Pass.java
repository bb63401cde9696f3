package lyceum.nn;

import java.util.function.Consumer;
import java.util.function.Supplier;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * How a network is run: for inference or for training. Dropout and batch statistics depend on it, and it is the only source of randomness.
 *
 * {@snippet :
 * network.forward(x);                                  // predicts
 * network.forward(x, Pass.training(rng));              // learns
 * network.forward(x, Pass.sampling(rng));              // predicts with dropout left on
 * network.forward(x, Pass.inference().with(Hooks.of(network)));    // looked into
 * }
 *
 * <p>Immutable: methods that change something return a new pass.
 */
public final class Pass {
    private static final Pass INFERENCE = new Pass(false, null, null, null, null);

    private final boolean training;
    private final Rng rng;
    private final Watcher watcher;
    private final Hooks hooks;
    private final Consumer<Tensor> penalties;

    private Pass(boolean training, Rng rng, Watcher watcher, Hooks hooks, Consumer<Tensor> penalties) {
        this.training = training;
        this.rng = rng;
        this.watcher = watcher;
        this.hooks = hooks;
        this.penalties = penalties;
    }

    /** Watches activations; see {@link ActivationReport}. */
    @FunctionalInterface
    public interface Watcher {
        void see(Layer activation, Tensor before, Tensor after);
    }

    /** Dropout is off, normalisation uses running statistics. */
    public static Pass inference() { return INFERENCE; }

    /** Dropout draws from {@code rng}, normalisation uses the batch and updates its running statistics. */
    public static Pass training(Rng rng) { return new Pass(true, rng, null, null, null); }

    /** The same without training or randomness: dropout is off, normalisation uses running statistics and does not update them; hooks stay active. */
    Pass inferring() { return new Pass(false, null, watcher, hooks, penalties); }

    /** Predicts as {@link #inference}, but dropout draws from {@code rng}: one sample of a network's predictions. */
    public static Pass sampling(Rng rng) { return new Pass(false, rng, null, null, null); }

    /** Inference that shows {@code watcher} the input and output of each activation, in order. */
    public static Pass watched(Watcher watcher) { return new Pass(false, null, watcher, null, null); }

    /** The same, with hooks. */
    public Pass with(Hooks hooks) { return new Pass(training, rng, watcher, hooks, penalties); }

    /** The same; what layers add to the loss (a router's balance, an activity's price) goes to {@code penalties}. */
    public Pass collecting(Consumer<Tensor> penalties) { return new Pass(training, rng, watcher, hooks, penalties); }

    /** The same, drawing from another stream. */
    Pass drawing(Rng rng) { return new Pass(training, rng, watcher, hooks, penalties); }

    /** True while learning. */
    public boolean isTraining() { return training; }

    /** True while learning, but not where a {@linkplain Autograd#checkpoint checkpoint} computes again: then running statistics move. */
    public boolean isRemembered() { return training && !Autograd.isRecomputing(); }

    /** Where masks are drawn from; null if nothing is dropped. */
    public Rng rng() { return rng; }

    /** True if somebody looks into the network: then nothing is fused across layers. */
    public boolean isWatched() { return watcher != null || hooks != null && hooks.isLooking(); }

    /** What an activation calls with its input and output; gives the output back. */
    public Tensor show(Layer activation, Tensor before, Tensor after) {
        if (watcher != null) watcher.see(activation, before, after);
        return after;
    }

    /** A named point inside a module: what hooks make of the value. */
    public Tensor point(Module module, String name, Tensor value) { return hooks == null ? value : hooks.at(module, name, null, value); }

    /** True if a hook waits at that point: what nobody looks at need not be computed. */
    public boolean wants(Module module, String name) { return hooks != null && hooks.wants(module, name); }

    /** The module, or a point in it, begins to compute what {@link #at} or {@link #point} gives. */
    void begin(Module module, String point) { if (hooks != null) hooks.begin(module, point); }

    Tensor at(Module module, Tensor x, Tensor y) { return hooks == null ? y : hooks.at(module, null, x, y); }

    /** Adds a scalar to the loss while learning; it is not computed if nobody collects. */
    public void penalty(Supplier<Tensor> penalty) { if (training && penalties != null) penalties.accept(penalty.get()); }
}
