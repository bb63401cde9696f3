/**
 * How language models are trained: texts packed into rows ({@link lyceum.llm.train.PackedText}) and foretold token by token ({@link lyceum.llm.train.Pretrainer}), or
 * hidden in part from a model that reads both sides ({@link lyceum.llm.train.Masking}).
 */
package lyceum.llm.train;
