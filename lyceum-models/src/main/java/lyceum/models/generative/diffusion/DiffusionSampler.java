package lyceum.models.generative.diffusion;

import lyceum.progress.Progress;
import lyceum.tensor.Tensor;

/** A way from noise to data. It knows nothing of the network, which knows nothing of it. */
@FunctionalInterface
public interface DiffusionSampler {
    /**
     * Data from noise. Not recorded for gradients; memory does not grow with the number of steps.
     *
     * @param start (n, ..) at the path's end, as {@link DiffusionModel#start} draws it
     * @param condition (n, ..), or null
     * @param noise a stream for each row, for samplers that draw more of it
     * @param progress hears of each step and may stop the work; a {@link lyceum.models.generative.Preview} sees the data clear up
     * @throws lyceum.progress.CancelledException if progress says so
     */
    Tensor sample(DiffusionModel model, Tensor start, Tensor condition, NoiseStreams noise, Progress progress);
}
