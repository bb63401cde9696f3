package lyceum.llm;

import java.util.List;

/**
 * How good continuations of a prompt are; more is better. Reward models and verifiers of lyceum-align implement it, tests that run code, and
 * {@link lyceum.llm.generate.CausalGenerator#likelihood} by the model's own probability.
 */
@FunctionalInterface
public interface ContinuationScorer {
    /** A number for each of them. */
    double[] scores(int[] prompt, List<Continuation> continuations);
}
