/**
 * How good language models are: {@link lyceum.llm.eval.Perplexity} under one protocol for every model, comparable between tokenisations, and what they can do:
 * {@link lyceum.llm.eval.NeedleInHaystack} asks for what stands in a long text, {@link lyceum.llm.eval.Ruler} for more
 * than a look-up. What they will be at other sizes:
 * {@link lyceum.llm.eval.ScalingLawFit}.
 */
package lyceum.llm.eval;
