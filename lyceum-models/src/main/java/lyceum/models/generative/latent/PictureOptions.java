package lyceum.models.generative.latent;

import java.util.Objects;
import lyceum.models.generative.diffusion.DiffusionSampler;
import lyceum.models.generative.diffusion.DpmSolverSampler;
import lyceum.withers.Withers;

/**
 * How {@link StableDiffusion} draws.
 *
 * @param sampler over the model's schedule, such as {@link lyceum.models.generative.diffusion.DdimSampler} (which is Euler's method in noise over signal) or {@link DpmSolverSampler}
 * @param guidance weight of the prompt over none; 1 follows the network's own word, 0 ignores the prompt
 * @param rescale how far guided answers are brought back to their deviation, in [0, 1]
 * @param avoid a negative prompt; empty for none
 * @param height of pictures in pixels
 * @param width of pictures in pixels
 */
@Withers
public record PictureOptions(DiffusionSampler sampler, double guidance, double rescale, String avoid, int height, int width)
        implements PictureOptionsWithers {
    public PictureOptions {
        Objects.requireNonNull(sampler, "sampler");
        Objects.requireNonNull(avoid, "avoid");
        if (!Double.isFinite(guidance) || height < 1 || width < 1) throw new IllegalArgumentException(
                "PictureOptions: guidance " + guidance + ", " + height + " x " + width + " pixels; a finite weight, and at least one");
    }

    /** 20 steps of DPM-Solver++, guidance 7.5, square. */
    public PictureOptions(int side) { this(new DpmSolverSampler(20), 7.5, 0, "", side, side); }
}
