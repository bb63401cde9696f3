package lyceum.llm;

import java.util.List;
import lyceum.progress.Progress;
import lyceum.random.Rng;

/**
 * Writes on behind prompts, many at once. How (temperature, truncation, stops) is a matter of who implements it: {@link lyceum.llm.generate.CausalGenerator} over a
 * {@link CausalLM}, a serving engine over its queue, a remote model. Alignment draws its samples here, search over thoughts its steps.
 */
public interface TextGenerator {
    /**
     * Draws {@code count} continuations of each prompt. Each has a random stream of its own, {@code rng.split(p * count + c)}, so that the others of the batch change
     * nothing.
     *
     * @return of prompt p the c-th at {@code p * count + c}
     * @throws lyceum.progress.CancelledException if the progress says so
     */
    List<Continuation> generate(List<int[]> prompts, int count, Rng rng, Progress progress);

    /** As above, not watched. */
    default List<Continuation> generate(List<int[]> prompts, int count, Rng rng) { return generate(prompts, count, rng, Progress.SILENT); }
}
