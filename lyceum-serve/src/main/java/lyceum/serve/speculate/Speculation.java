package lyceum.serve.speculate;

import java.util.List;
import lyceum.llm.Continuation;

/**
 * Texts, and what it took to write them.
 *
 * @param texts in the order of the requests
 * @param statistics of all together
 */
public record Speculation(List<Continuation> texts, SpeculationStatistics statistics) {
    public Speculation { texts = List.copyOf(texts); }
}
