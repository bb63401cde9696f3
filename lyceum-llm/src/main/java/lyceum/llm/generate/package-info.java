/**
 * Text from language models: {@link lyceum.llm.generate.SamplingOptions} says how a token is drawn, {@link lyceum.llm.generate.StopCriteria} when to stop,
 * {@link lyceum.llm.generate.CausalGenerator} writes batches of texts. {@link lyceum.llm.generate.BestOfN} and {@link lyceum.llm.generate.TestTimeScaling} spend more
 * than one draw on an answer; {@link lyceum.llm.generate.CausalBeams} gives a causal model to {@link lyceum.nn.BeamSearch}.
 */
package lyceum.llm.generate;
