/** How language models are trained: what is hidden from a model that reads both sides ({@link lyceum.llm.train.Masking}). */
package lyceum.llm.train;
