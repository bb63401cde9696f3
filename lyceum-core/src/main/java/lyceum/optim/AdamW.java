package lyceum.optim;

import java.util.List;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Adam with decoupled weight decay: {@code x} shrinks by {@code learningRate * weightDecay} before Adam's step, so that all weights decay at the same
 * rate, whatever their gradients.
 *
 * @param learningRate roughly the length of a step; 1e-3 is usual
 * @param beta1 decay of the mean, in [0, 1)
 * @param beta2 decay of the mean square, in [0, 1)
 * @param epsilon added to the denominator, above 0
 * @param weightDecay the share of a weight lost per unit of learning rate
 * @param amsgrad divides by the largest v so far
 * @param maximize ascends instead
 * @see <a href="https://arxiv.org/abs/1711.05101">Loshchilov and Hutter (2019)</a>
 */
@Withers
public record AdamW(double learningRate, double beta1, double beta2, double epsilon, double weightDecay, boolean amsgrad, boolean maximize)
        implements AdamWWithers, UpdateRule {
    public AdamW {
        adam(learningRate, beta1, beta2, epsilon, amsgrad, maximize);
        Settings.atLeast("AdamW", "weightDecay", weightDecay, 0);
    }

    /** Betas 0.9 and 0.999, epsilon 1e-8, decay 0.01. */
    public AdamW(double learningRate) { this(learningRate, 0.9, 0.999, 1e-8, 0.01, false, false); }

    public AdamW withBetas(double beta1, double beta2) {
        return new AdamW(learningRate, beta1, beta2, epsilon, weightDecay, amsgrad, maximize);
    }

    @Override public List<String> slots(Tensor x) { return adam().slots(x); }

    @Override public boolean isElementwise() { return true; }

    @Override public Update next(Tensor x, Tensor gradient, List<Tensor> slots, long step, double rate) {
        return adam().next(x.mul(1 - rate * weightDecay), gradient, slots, step, rate);
    }

    private Adam adam() { return adam(learningRate, beta1, beta2, epsilon, amsgrad, maximize); }

    private static Adam adam(double learningRate, double beta1, double beta2, double epsilon, boolean amsgrad, boolean maximize) {
        return new Adam(learningRate, beta1, beta2, epsilon, Adam.Epsilon.AFTER_CORRECTION, 0, amsgrad, maximize);
    }
}
