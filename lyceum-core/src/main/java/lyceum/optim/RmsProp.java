package lyceum.optim;

import java.util.ArrayList;
import java.util.List;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * RMSProp: each coordinate moves by its gradient over its recent root mean square gradient.
 *
 * <p>{@code v = alpha v + (1 - alpha) g^2}, {@code x = x - learningRate * g / (sqrt(v) + epsilon)}. Centred, v less the square of the mean gradient
 * stands under the root: the gradient's variance. With momentum, {@code b = momentum * b + g / (sqrt(v) + epsilon)} and
 * {@code x = x - learningRate * b}. The averages start at zero and are not corrected: the first steps are up to {@code 1 / sqrt(1 - alpha)} times as
 * long as later ones.
 *
 * @param learningRate length of a step under a constant gradient
 * @param alpha memory of the averages, in [0, 1)
 * @param epsilon what is added to the root, above 0
 * @param momentum in [0, 1); 0 keeps no velocity
 * @param centered divides by the standard deviation instead of the root mean square
 * @param weightDecay coupled, as the gradient of {@code weightDecay / 2 * |x|^2}
 * @param maximize climbs instead
 * @see <a href="https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf">Tieleman and Hinton (2012), lecture 6.5</a>
 * @see <a href="https://arxiv.org/abs/1308.0850">Graves (2013), for the centred form</a>
 */
@Withers
public record RmsProp(double learningRate, double alpha, double epsilon, double momentum, boolean centered, double weightDecay,
        boolean maximize) implements RmsPropWithers, UpdateRule {
    public RmsProp {
        Settings.atLeast("RmsProp", "learningRate", learningRate, 0);
        Settings.decay("RmsProp", "alpha", alpha);
        Settings.above("RmsProp", "epsilon", epsilon, 0);
        Settings.decay("RmsProp", "momentum", momentum);
        Settings.atLeast("RmsProp", "weightDecay", weightDecay, 0);
    }

    /** Alpha 0.99, epsilon 1e-8, no momentum, not centred. */
    public RmsProp(double learningRate) { this(learningRate, 0.99, 1e-8, 0, false, 0, false); }

    @Override public List<String> slots(Tensor x) {
        var slots = new ArrayList<>(List.of("square"));
        if (centered) slots.add("mean");
        if (momentum != 0) slots.add("velocity");
        return slots;
    }

    @Override public boolean isElementwise() { return true; }

    @Override public Update next(Tensor x, Tensor gradient, List<Tensor> slots, long step, double rate) {
        var g = maximize ? gradient.neg() : gradient;
        if (weightDecay != 0) g = g.add(x.mul(weightDecay));
        var kept = new ArrayList<Tensor>();
        var v = slots.getFirst().mul(alpha).add(g.square().mul(1 - alpha));
        kept.add(v);
        var under = v;
        if (centered) {
            var mean = slots.get(1).lerp(g, 1 - alpha);
            kept.add(mean);
            under = v.sub(mean.square()).maximum(0); // rounding can leave it just below zero
        }
        var move = g.div(under.sqrt().add(epsilon));
        if (momentum != 0) {
            move = slots.getLast().mul(momentum).add(move);
            kept.add(move);
        }
        return new Update(x.sub(move.mul(rate)), kept);
    }
}
