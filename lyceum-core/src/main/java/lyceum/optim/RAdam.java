package lyceum.optim;

import java.util.List;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Adam that trusts its division only once it has seen enough: a warm-up that needs no length.
 *
 * <p>The variance of {@code 1 / sqrt(v)} is that of {@code rho = rhoMax - 2 t beta2^t / (1 - beta2^t)} samples, {@code rhoMax = 2 / (1 - beta2) - 1}. Up to
 * {@code rho = 5} the step is {@code -learningRate * mHat}, without division; then Adam's, times
 * {@code sqrt((rho - 4)(rho - 2) rhoMax / ((rhoMax - 4)(rhoMax - 2) rho))}, which rises to 1.
 *
 * @param learningRate length of a step, about
 * @param beta1 memory of the mean, in [0, 1)
 * @param beta2 memory of the square, in [0, 1)
 * @param epsilon what is added to the root, above 0
 * @param weightDecay coupled, as the gradient of {@code weightDecay / 2 * |x|^2}
 * @param maximize climbs instead
 * @see <a href="https://arxiv.org/abs/1908.03265">Liu and others (2020)</a>
 */
@Withers
public record RAdam(double learningRate, double beta1, double beta2, double epsilon, double weightDecay, boolean maximize)
        implements RAdamWithers, UpdateRule {
    public RAdam {
        Settings.atLeast("RAdam", "learningRate", learningRate, 0);
        Settings.decay("RAdam", "beta1", beta1);
        Settings.decay("RAdam", "beta2", beta2);
        Settings.above("RAdam", "epsilon", epsilon, 0);
        Settings.atLeast("RAdam", "weightDecay", weightDecay, 0);
    }

    /** Betas 0.9 and 0.999, epsilon 1e-8. */
    public RAdam(double learningRate) { this(learningRate, 0.9, 0.999, 1e-8, 0, false); }

    @Override public List<String> slots(Tensor x) { return List.of("mean", "square"); }

    @Override public boolean isElementwise() { return true; }

    @Override public Update next(Tensor x, Tensor gradient, List<Tensor> slots, long step, double rate) {
        var g = maximize ? gradient.neg() : gradient;
        if (weightDecay != 0) g = g.add(x.mul(weightDecay));
        var m = slots.get(0).mul(beta1).add(g.mul(1 - beta1));
        var v = slots.get(1).mul(beta2).add(g.square().mul(1 - beta2));
        double meanBias = 1 - Math.pow(beta1, step), power = Math.pow(beta2, step), squareBias = 1 - power;
        double most = 2 / (1 - beta2) - 1, samples = most - 2 * step * power / squareBias;
        if (samples <= 5) return new Update(x.sub(m.mul(rate / meanBias)), List.of(m, v));
        double trust = Math.sqrt((samples - 4) * (samples - 2) * most / ((most - 4) * (most - 2) * samples));
        var move = m.div(v.sqrt().add(epsilon)).mul(rate * trust * Math.sqrt(squareBias) / meanBias);
        return new Update(x.sub(move), List.of(m, v));
    }
}
