package lyceum.serve;

import java.util.List;
import lyceum.llm.generate.GenerationRequest.Likely;

/**
 * How likely each id of a prompt was in its place, given those before it. The first one has nothing before it: index i is about id i + 1.
 *
 * @param logProbabilities under the model, nats; NaN for ids that were not computed before the request's time was over
 * @param likeliest what was likeliest in its place, as many as the request asked for; none where nothing was computed
 */
public record PromptScores(double[] logProbabilities, List<List<Likely>> likeliest) {}
