package lyceum.models.generative.diffusion;

import java.util.Objects;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.models.generative.Generator;
import lyceum.progress.Progress;
import lyceum.tensor.Tensor;

/**
 * A denoiser with what is needed to ask it: the path of noise that it was trained on and what its answer means. Every {@link DiffusionSampler} draws from it.
 *
 * {@snippet :
 * var model = new DiffusionModel(NoiseSchedule.linear(1000), Prediction.NOISE, network);
 * Tensor x = new DdimSampler(20).sample(model, model.start(noise, DType.F32, 2), null, noise, Progress.SILENT);
 * }
 *
 * @param path of noise
 * @param prediction what the denoiser's answer means
 * @param denoiser a network or a formula
 */
public record DiffusionModel(NoisePath path, Prediction prediction, Denoiser denoiser) {
    public DiffusionModel {
        Objects.requireNonNull(path, "path");
        Objects.requireNonNull(prediction, "prediction");
        Objects.requireNonNull(denoiser, "denoiser");
    }

    /**
     * What the model takes noisy data for.
     *
     * @param clean the data
     * @param noise the standard normal noise
     * @param variance the second half of the denoiser's answer, for {@link Ddpm.Variance#LEARNED}; null if there is none
     */
    public record Estimate(Tensor clean, Tensor noise, Tensor variance) {}

    /** What it takes rows x, all at time t, for. */
    public Estimate at(Tensor x, double t, Tensor condition) {
        Tensor said = denoiser.predict(x, t, condition), variance = null;
        if (said.rank() > 1 && said.size(1) == 2 * x.size(1)) {
            variance = said.narrow(1, x.size(1), x.size(1));
            said = said.narrow(1, 0, x.size(1));
        }
        if (!said.shape().equals(x.shape()))
            throw new ShapeException("DiffusionModel: the denoiser answers " + said.shape() + " to " + x.shape());
        Tensor a = scalar(path.signal(t), x), s = scalar(path.noise(t), x);
        return new Estimate(prediction.clean(said, x, a, s), prediction.noise(said, x, a, s), variance);
    }

    /** The gradient of the log density of noisy data at time t. */
    public Tensor score(Tensor x, double t, Tensor condition) { return at(x, t, condition).noise.div(-path.noise(t)); }

    /** The same with its denoiser changed, such as by guidance. */
    public DiffusionModel with(UnaryOperator<Denoiser> change) { return new DiffusionModel(path, prediction, change.apply(denoiser)); }

    /** What sampling begins with: normal noise of the path's last deviation. @param shape of an item */
    public Tensor start(NoiseStreams noise, DType dtype, long... shape) {
        double deviation = path.endDeviation();
        Tensor normal = noise.normal(dtype, shape);
        return deviation == 1 ? normal : normal.mul(deviation);
    }

    /** This model with a sampler, as a generator. @param shape of an item */
    public Generator generator(DiffusionSampler sampler, DType dtype, long... shape) {
        return (n, rng) -> {
            var noise = NoiseStreams.of(rng, n);
            return sampler.sample(this, start(noise, dtype, shape), null, noise, Progress.SILENT);
        };
    }

    static Tensor scalar(double value, Tensor like) { return Tensor.full(like.dtype(), value); }
}
