package lyceum.models.generative;

import java.util.function.Supplier;
import lyceum.progress.Progress;
import lyceum.tensor.Tensor;

/**
 * A listener that also sees what is being drawn, after each step of an iterative sampler: a picture that clears up.
 *
 * {@snippet :
 * Preview frames = (step, x, clean) -> show(clean);
 * sampler.sample(model, start, null, noise, frames);
 * }
 */
@FunctionalInterface
public interface Preview extends Progress {
    /**
     * @param step steps done, from 1
     * @param x the state after the step
     * @param clean what the model takes the finished data for at present; to be read out at once, since its memory goes with the step
     */
    void see(long step, Tensor x, Tensor clean);

    @Override default void report(Update update) {}

    /** Shows a step to a listener if it wants to see, then reports it; stops the work if asked to. */
    static void step(Progress progress, String task, long step, long total, Tensor x, Tensor clean) {
        step(progress, task, step, total, x, () -> clean);
    }

    /** The same where the clean data cost a call of the network: asked for only if somebody wants to see. */
    static void step(Progress progress, String task, long step, long total, Tensor x, Supplier<Tensor> clean) {
        if (progress instanceof Preview preview) preview.see(step, x, clean.get());
        progress.step(task, step, total);
    }
}
