package lyceum.llm.generate;

import lyceum.random.Rng;

/**
 * A step between a model's logits and a draw: changes the row in place. It belongs to one request and may keep what it needs of the history. {@link SamplingOptions}
 * makes the usual ones; others are added by {@link SamplingOptions#withOwn}.
 */
@FunctionalInterface
public interface LogitProcessor {
    /** @param stream the request's own, for steps that are random themselves */
    void apply(LogitRow row, TokenHistory history, Rng stream);

    /** What was drawn from the row as it was after all steps. */
    default void drawn(LogitRow row, int id) {}
}
