package lyceum.optim;

import java.util.List;
import java.util.Objects;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Adam: each coordinate moves by its average gradient divided by its root mean square gradient.
 *
 * <p>{@code m = beta1 m + (1 - beta1) g}, {@code v = beta2 v + (1 - beta2) g^2}, and, with the bias of their zero start divided out,
 * {@code x = x - learningRate * mHat / (sqrt(vHat) + epsilon)}. The first step is {@code -learningRate * sign(g)} where |g| is large compared with epsilon.
 * For decay that does not pass through the division, see {@link AdamW}.
 *
 * @param learningRate roughly the length of a step; 1e-3 is usual
 * @param beta1 decay of the mean, in [0, 1)
 * @param beta2 decay of the mean square, in [0, 1)
 * @param epsilon added to the denominator, above 0
 * @param epsilonPlace where it is added
 * @param weightDecay coupled, as the gradient of {@code weightDecay / 2 * |x|^2}
 * @param amsgrad divides by the largest v so far, so that rare large gradients are not forgotten
 * @param maximize ascends instead
 * @see <a href="https://arxiv.org/abs/1412.6980">Kingma and Ba (2015)</a>
 * @see <a href="https://openreview.net/forum?id=ryQu7f-RZ">Reddi, Kale and Kumar (2018), for AMSGrad</a>
 */
@Withers
public record Adam(double learningRate, double beta1, double beta2, double epsilon, Epsilon epsilonPlace, double weightDecay,
        boolean amsgrad, boolean maximize) implements AdamWithers, UpdateRule {

    /** Where epsilon is added. They differ where gradients are as small as epsilon. */
    public enum Epsilon {
        /** {@code sqrt(vHat) + epsilon}: Algorithm 1 of the paper, and PyTorch. */
        AFTER_CORRECTION,
        /** {@code sqrt(v) + epsilon} before the bias of v is divided out: the "epsilon hat" of the paper's section 2, and TensorFlow. */
        BEFORE_CORRECTION,
        /** {@code sqrt(vHat + epsilon)}: smooth in g, for gradients of the optimiser itself. */
        INSIDE_ROOT
    }

    public Adam {
        Settings.atLeast("Adam", "learningRate", learningRate, 0);
        Settings.decay("Adam", "beta1", beta1);
        Settings.decay("Adam", "beta2", beta2);
        Settings.above("Adam", "epsilon", epsilon, 0);
        Objects.requireNonNull(epsilonPlace, "epsilonPlace");
        Settings.atLeast("Adam", "weightDecay", weightDecay, 0);
    }

    /** Betas 0.9 and 0.999, epsilon 1e-8. */
    public Adam(double learningRate) { this(learningRate, 0.9, 0.999, 1e-8, Epsilon.AFTER_CORRECTION, 0, false, false); }

    public Adam withBetas(double beta1, double beta2) {
        return new Adam(learningRate, beta1, beta2, epsilon, epsilonPlace, weightDecay, amsgrad, maximize);
    }

    @Override public List<String> slots(Tensor x) {
        return amsgrad ? List.of("mean", "square", "largestSquare") : List.of("mean", "square");
    }

    @Override public boolean isElementwise() { return true; }

    @Override public Update next(Tensor x, Tensor gradient, List<Tensor> slots, long step, double rate) {
        var g = maximize ? gradient.neg() : gradient;
        if (weightDecay != 0) g = g.add(x.mul(weightDecay));
        var m = slots.get(0).mul(beta1).add(g.mul(1 - beta1));
        var v = slots.get(1).mul(beta2).add(g.square().mul(1 - beta2));
        var largest = amsgrad ? slots.get(2).maximum(v) : v;
        double meanBias = 1 - Math.pow(beta1, step), squareBias = 1 - Math.pow(beta2, step);
        var denominator = switch (epsilonPlace) {
            case AFTER_CORRECTION -> largest.sqrt().div(Math.sqrt(squareBias)).add(epsilon);
            case BEFORE_CORRECTION -> largest.sqrt().add(epsilon).div(Math.sqrt(squareBias));
            case INSIDE_ROOT -> largest.div(squareBias).add(epsilon).sqrt();
        };
        return new Update(x.sub(m.div(denominator).mul(rate / meanBias)), amsgrad ? List.of(m, v, largest) : List.of(m, v));
    }
}
