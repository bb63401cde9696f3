/**
 * Serving language models. Start from {@link lyceum.serve.Engine}, which writes the texts of many {@link lyceum.serve.Request}s at once over
 * {@linkplain lyceum.serve.PagedKvCache pages}; several engines stand behind a {@link lyceum.serve.Router}, and a {@link lyceum.serve.DisaggregatedEngine} reads prompts
 * and writes texts in different places. {@link lyceum.serve.schedule} decides what a step computes, {@link lyceum.serve.simulate} runs the same decisions under a clock
 * that a cost model moves.
 */
package lyceum.serve;
