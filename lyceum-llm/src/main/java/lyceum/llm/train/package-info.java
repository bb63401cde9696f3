/**
 * How language models are trained: texts packed into rows ({@link lyceum.llm.train.PackedText}) and foretold token by token ({@link lyceum.llm.train.Pretrainer}), or
 * hidden in part from a model that reads both sides ({@link lyceum.llm.train.Masking}); {@link lyceum.llm.train.SpanCorruption} cuts holes for a model that writes what was in them.
 */
package lyceum.llm.train;
