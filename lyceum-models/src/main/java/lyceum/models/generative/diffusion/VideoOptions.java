package lyceum.models.generative.diffusion;

import java.util.Objects;
import lyceum.withers.Withers;

/**
 * How {@link VideoDiffusion} draws.
 *
 * @param frames of a clip
 * @param height of it in pixels
 * @param width of it in pixels
 * @param solver of the flow
 * @param guidance by the condition; null for the network's own word
 */
@Withers
public record VideoOptions(int frames, int height, int width, FlowModel.Solver solver, ClassifierFreeGuidance guidance)
        implements VideoOptionsWithers {
    public VideoOptions {
        Objects.requireNonNull(solver, "solver");
        if (frames < 1 || height < 1 || width < 1) throw new IllegalArgumentException(
                "VideoOptions: " + frames + " frames of " + height + " x " + width + "; at least one of each");
    }

    /** 20 Euler steps without guidance, square. */
    public VideoOptions(int frames, int side) { this(frames, side, side, new FlowModel.Solver.Euler(20), null); }
}
