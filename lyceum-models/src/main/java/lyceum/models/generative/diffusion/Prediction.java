package lyceum.models.generative.diffusion;

import lyceum.tensor.Tensor;

/**
 * What a denoiser says of {@code x = a x_0 + s epsilon}, a being the signal and s the noise of its time: one thing in four notations, with the exchange
 * between them. They differ in what a squared error weighs: by the time, a network errs on the noise, the data, or a blend.
 *
 * {@snippet :
 * Tensor clean = Prediction.NOISE.clean(epsilon, x, a, s);
 * Tensor v = Prediction.VELOCITY.of(clean, epsilon, a, s);
 * }
 *
 * <p>Signals and deviations are tensors that broadcast over the rows, as {@link NoisePath#signals} gives them.
 *
 * @see <a href="https://arxiv.org/abs/2202.00512">Salimans and Ho (2022), on velocity</a>
 * @see <a href="https://doi.org/10.1198/jasa.2011.tm11181">Efron (2011), on Tweedie's formula</a>
 */
public enum Prediction {
    /** epsilon. */
    NOISE,
    /** x_0. Its best value is the posterior mean. */
    CLEAN,
    /** {@code v = a epsilon - s x_0}: of even size at all times, and defined without any signal. */
    VELOCITY,
    /** The gradient of the log density of x, {@code -epsilon / s} in the mean (Tweedie). */
    SCORE;

    /** What a perfect network would say of known data and noise. */
    public Tensor of(Tensor clean, Tensor noise, Tensor a, Tensor s) {
        return switch (this) {
            case NOISE -> noise;
            case CLEAN -> clean;
            case VELOCITY -> noise.mul(a).sub(clean.mul(s));
            case SCORE -> noise.neg().div(s);
        };
    }

    /** The data that it means. */
    public Tensor clean(Tensor said, Tensor x, Tensor a, Tensor s) {
        return switch (this) {
            case NOISE -> x.sub(said.mul(s)).div(a);
            case CLEAN -> said;
            case VELOCITY -> x.mul(a).sub(said.mul(s)).div(a.square().add(s.square()));
            case SCORE -> x.add(said.mul(s.square())).div(a);
        };
    }

    /** The noise that it means. */
    public Tensor noise(Tensor said, Tensor x, Tensor a, Tensor s) {
        return switch (this) {
            case NOISE -> said;
            case CLEAN -> x.sub(said.mul(a)).div(s);
            case VELOCITY -> x.mul(s).add(said.mul(a)).div(a.square().add(s.square()));
            case SCORE -> said.mul(s).neg();
        };
    }

    /** The same in another notation. */
    public Tensor as(Prediction other, Tensor said, Tensor x, Tensor a, Tensor s) {
        return this == other ? said : other.of(clean(said, x, a, s), noise(said, x, a, s), a, s);
    }
}
