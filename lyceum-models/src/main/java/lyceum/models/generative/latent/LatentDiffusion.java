package lyceum.models.generative.latent;

import java.util.Objects;
import lyceum.autograd.Autograd;
import lyceum.models.generative.Generator;
import lyceum.models.generative.LatentModel;
import lyceum.models.generative.diffusion.DiffusionModel;
import lyceum.models.generative.diffusion.DiffusionSampler;
import lyceum.models.generative.diffusion.NoiseStreams;
import lyceum.nn.InBatches;
import lyceum.progress.Progress;
import lyceum.tensor.Tensor;

/**
 * Any diffusion or flow in the scaled codes of an autoencoder: a fraction of the numbers, and of the work.
 *
 * {@snippet :
 * var latents = LatentDiffusion.of(codec, pictures, 64);                                 // an AutoencoderKl, a Vae
 * Tensor z = latents.encode(pictures, 64);
 * trainer.start(unet, n, ddpm.over(unet, z), null, rng).finish(Progress.SILENT);
 * Tensor drawn = latents.sample(ddpm.model(unet), new DdimSampler(50), null, NoiseStreams.of(rng, 16), Progress.SILENT, 4, 7, 7);
 * }
 *
 * @param codec takes pictures to codes and back
 * @param scale of the codes
 * @see <a href="https://arxiv.org/abs/2112.10752">Rombach, Blattmann, Lorenz, Esser and Ommer (2022)</a>
 */
public record LatentDiffusion(LatentModel codec, LatentScale scale) {
    public LatentDiffusion {
        Objects.requireNonNull(codec, "codec");
        Objects.requireNonNull(scale, "scale");
    }

    /** Scaled by the codes of training data (n, ..), so many at a time. */
    public static LatentDiffusion of(LatentModel codec, Tensor data, int batch) {
        return new LatentDiffusion(codec, LatentScale.of(InBatches.of(data, batch, codec::encode)));
    }

    /** Scaled codes of data, so many at a time. */
    public Tensor encode(Tensor data, int batch) {
        return Autograd.noGrad(() -> scale.apply(InBatches.of(data, batch, codec::encode)).compute());
    }

    /** Data of scaled codes. */
    public Tensor decode(Tensor scaled) { return Autograd.noGrad(() -> codec.decode(scale.undo(scaled).compute())); }

    /**
     * Data by a diffusion model of the scaled codes.
     *
     * @param condition (n, ..), or null
     * @param shape of the codes of an item
     */
    public Tensor sample(DiffusionModel model, DiffusionSampler sampler, Tensor condition, NoiseStreams noise, Progress progress,
            long... shape) {
        var start = model.start(noise, scale.mean().dtype(), shape);
        return decode(sampler.sample(model, start, condition, noise, progress));
    }

    /** Data by anything that draws scaled codes: a {@link lyceum.models.generative.diffusion.FlowModel}'s generator, a normal law. */
    public Generator generator(Generator codes) { return (n, rng) -> decode(codes.sample(n, rng)); }
}
