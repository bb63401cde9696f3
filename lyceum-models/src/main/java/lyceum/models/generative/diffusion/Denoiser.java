package lyceum.models.generative.diffusion;

import lyceum.nn.Pass;
import lyceum.tensor.Tensor;

/**
 * A function of noisy data, its time and a condition: a network or a formula. What its answer means is said by a {@link Prediction}, what its time means by
 * the {@link NoisePath} or the flow that it was trained for.
 */
@FunctionalInterface
public interface Denoiser {
    /**
     * @param x (n, ..) noisy
     * @param t (n), a step number or a time, of x's type, or of F32 where that has 16 bits
     * @param condition (n, ..), such as class numbers; null where there is none
     * @return as x; along axis 1 it may hold a second half, that of a learned variance
     */
    Tensor predict(Tensor x, Tensor t, Tensor condition, Pass pass);

    /** The answer at one time for all rows, predicting. */
    default Tensor predict(Tensor x, double t, Tensor condition) {
        return predict(x, Tensor.full(x.dtype().accumulator(), t, x.size(0)), condition, Pass.inference()); // BF16 knows 1000 and 1004
    }

    /** This denoiser for one that is trained on step numbers from 0: it is given {@code t - 1} where the schedule here says t, from 1. */
    default Denoiser countingFromZero() { return (x, t, condition, pass) -> predict(x, t.sub(1), condition, pass); }
}
