package lyceum.optim;

import java.util.List;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Lion: every coordinate moves by the learning rate, in the direction of an interpolated momentum.
 *
 * <p>{@code x = x (1 - rate * weightDecay) - rate * sign(beta1 m + (1 - beta1) g)}, then {@code m = beta2 m + (1 - beta2) g}: one number remembered for
 * each weight where Adam keeps two. All steps have one length, so rates are 3 to 10 times smaller than Adam's and decay as many times larger.
 * Where the interpolated momentum is zero a weight stays.
 *
 * @param learningRate length of every step
 * @param beta1 the momentum's share in the direction, in [0, 1)
 * @param beta2 memory of the momentum, in [0, 1)
 * @param weightDecay decoupled: part of a weight lost per unit of learning rate
 * @param maximize climbs instead
 * @see <a href="https://arxiv.org/abs/2302.06675">Chen and others (2023)</a>
 */
@Withers
public record Lion(double learningRate, double beta1, double beta2, double weightDecay, boolean maximize)
        implements LionWithers, UpdateRule {
    public Lion {
        Settings.atLeast("Lion", "learningRate", learningRate, 0);
        Settings.decay("Lion", "beta1", beta1);
        Settings.decay("Lion", "beta2", beta2);
        Settings.atLeast("Lion", "weightDecay", weightDecay, 0);
    }

    /** Betas 0.9 and 0.99, no decay. */
    public Lion(double learningRate) { this(learningRate, 0.9, 0.99, 0, false); }

    @Override public List<String> slots(Tensor x) { return List.of("momentum"); }

    @Override public boolean isElementwise() { return true; }

    @Override public Update next(Tensor x, Tensor gradient, List<Tensor> slots, long step, double rate) {
        var g = maximize ? gradient.neg() : gradient;
        var m = slots.getFirst();
        var direction = m.mul(beta1).add(g.mul(1 - beta1)).sign();
        var shrunk = weightDecay == 0 ? x : x.mul(1 - rate * weightDecay);
        return new Update(shrunk.sub(direction.mul(rate)), List.of(m.mul(beta2).add(g.mul(1 - beta2))));
    }
}
