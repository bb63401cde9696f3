package lyceum.models.generative.diffusion;

import java.util.Objects;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.models.generative.Preview;
import lyceum.progress.Progress;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Goes back through every step of a {@link NoiseSchedule}, with fresh noise in each but the last: {@code x_(t-1) = mean + sigma_t xi}.
 *
 * @param variance sigma_t squared
 * @param clip limits the guess of the data to [-clip, clip] in each step; infinity for no limit, 1 for pictures
 * @see <a href="https://arxiv.org/abs/2006.11239">Ho, Jain and Abbeel (2020), algorithm 2</a>
 */
@Withers
public record AncestralSampler(Ddpm.Variance variance, double clip) implements DiffusionSampler, AncestralSamplerWithers {
    public AncestralSampler {
        Objects.requireNonNull(variance, "variance");
        if (!(clip > 0)) throw new IllegalArgumentException("AncestralSampler: clip is " + clip + "; it is above 0, infinity for none");
    }

    /** Without a limit. */
    public AncestralSampler(Ddpm.Variance variance) { this(variance, Double.POSITIVE_INFINITY); }

    @Override public Tensor sample(DiffusionModel model, Tensor start, Tensor condition, NoiseStreams noise, Progress progress) {
        if (!(model.path() instanceof NoiseSchedule schedule)) throw new IllegalArgumentException(
                "AncestralSampler: the model's path is " + model.path() + "; it goes step by step through a NoiseSchedule");
        return Autograd.noGrad(() -> {
            Tensor x = start;
            for (int t = schedule.steps(); t >= 1; t--) {
                try (var scope = Scope.open("sampling step")) {
                    var said = model.at(x, t, condition);
                    Tensor clean = clip < Double.POSITIVE_INFINITY ? said.clean().clamp(-clip, clip) : said.clean();
                    x = clean.mul(schedule.posteriorOnClean(t)).add(x.mul(schedule.posteriorOnNoisy(t)));
                    if (t > 1) x = x.add(noise.like(x).mul(deviation(schedule, t, said, x)));
                    x = x.compute().keptBy(scope);
                    Preview.step(progress, "denoising", schedule.steps() - t + 1L, schedule.steps(), x, clean);
                }
            }
            return x;
        });
    }

    private Tensor deviation(NoiseSchedule schedule, int t, DiffusionModel.Estimate said, Tensor x) {
        double beta = schedule.beta(t), posterior = schedule.posteriorVariance(t);
        if (variance != Ddpm.Variance.LEARNED)
            return DiffusionModel.scalar(Math.sqrt(variance == Ddpm.Variance.BETA ? beta : posterior), x);
        if (said.variance() == null) throw new IllegalArgumentException(
                "AncestralSampler: the denoiser answers no variance; it was not trained with Variance.LEARNED");
        double low = Math.log(posterior), high = Math.log(beta);
        return said.variance().add(1).mul((high - low) / 4).add(low / 2).exp();
    }
}
