/**
 * Language models over tokens: start from {@link lyceum.llm.DecoderLM}, a decoder of any family by its {@link lyceum.llm.DecoderConfig}. What can be done with any
 * model that reads from left to right takes a {@link lyceum.llm.CausalLM}. A {@link lyceum.llm.SwitchTransformer} makes a decoder sparse, a {@link lyceum.llm.SegmentedLM} reads without a bound, in segments;
 * an {@link lyceum.llm.EncoderDecoderLM} reads one text and writes another. {@link lyceum.llm.LinearInputs} shows what goes into layers.
 */
package lyceum.llm;
