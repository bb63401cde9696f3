package lyceum.optim;

import java.util.Objects;
import java.util.function.BiPredicate;
import lyceum.tensor.Tensor;

/**
 * Pulls weights towards zero at each step, beside what any rule does: an option of every {@link Optimizer}.
 *
 * {@snippet :
 * var optimizer = new Adam(1e-3).over(model.parameters()).decayedBy(WeightDecay.decoupled(0.1));
 * }
 *
 * <p>Coupled, {@code amount * x} joins the gradient (after clipping) and goes through the rule's averages and divisions; this is the gradient of
 * {@code amount / 2 * |x|^2}. Decoupled, {@code x} becomes {@code x (1 - rate * amount)} before the rule's step, with the learning
 * rate of that step, schedule included; independent of the rate, {@code x (1 - factor * amount)} with the schedule's factor alone. For plain
 * SGD coupled and decoupled decay are one; with momentum or Adam they are not. What comes on top of a rule's own {@code weightDecay}
 * adds to it.
 *
 * <p>By default only parameters of two axes or more decay: biases and the gains of norms do not. A bias shifts the function without making
 * it steeper, and a gain would be pulled to 0, away from the 1 where it starts.
 *
 * @param amount at least 0
 * @param kind how the pull reaches the weights
 * @param applies which parameters decay, by name and value
 * @see <a href="https://arxiv.org/abs/1711.05101">Loshchilov and Hutter (2019)</a>
 */
public record WeightDecay(double amount, Kind kind, BiPredicate<String, Tensor> applies) {

    /** How the pull reaches the weights. */
    public enum Kind {
        /** As a part of the gradient. */
        COUPLED,
        /** By the learning rate times the amount. */
        DECOUPLED,
        /** By the schedule's factor times the amount, whatever the learning rate. */
        INDEPENDENT
    }

    public WeightDecay {
        Settings.atLeast("WeightDecay", "amount", amount, 0);
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(applies, "applies");
    }

    private WeightDecay(double amount, Kind kind) { this(amount, kind, (name, x) -> x.rank() >= 2); }

    public static WeightDecay coupled(double amount) { return new WeightDecay(amount, Kind.COUPLED); }

    public static WeightDecay decoupled(double amount) { return new WeightDecay(amount, Kind.DECOUPLED); }

    public static WeightDecay independent(double amount) { return new WeightDecay(amount, Kind.INDEPENDENT); }

    /** Chooses by name and value instead of by the number of axes. */
    public WeightDecay on(BiPredicate<String, Tensor> applies) { return new WeightDecay(amount, kind, applies); }

    /** Every parameter decays. */
    public WeightDecay onAll() { return on((name, x) -> true); }

    /** What x is before the rule's step. */
    Tensor shrunk(Tensor x, double rate, double factor) {
        return switch (kind) {
            case COUPLED -> x;
            case DECOUPLED -> x.mul(1 - rate * amount);
            case INDEPENDENT -> x.mul(1 - factor * amount);
        };
    }

    /** The gradient that the rule sees. */
    Tensor pulled(Tensor gradient, Tensor x, boolean maximize) {
        if (kind != Kind.COUPLED) return gradient;
        return maximize ? gradient.sub(x.mul(amount)) : gradient.add(x.mul(amount));
    }
}
