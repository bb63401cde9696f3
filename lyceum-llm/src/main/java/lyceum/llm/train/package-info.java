/**
 * How language models are trained: texts packed into rows ({@link lyceum.llm.train.PackedText}) and predicted token by token ({@link lyceum.llm.train.Pretrainer}), or
 * hidden in part from a model that reads both sides ({@link lyceum.llm.train.Masking}) or writes what was in the holes ({@link lyceum.llm.train.SpanCorruption}). Finished
 * models go on with other text ({@link lyceum.llm.train.ContinuedPretraining}), learn to read further ({@link lyceum.llm.train.LongContextTrainer}) or lose layers
 * ({@link lyceum.llm.train.LayerPruner}); many small ones tell what a large one will be ({@link lyceum.llm.train.ScalingSweep}),
 * and what a cut of text makes easy or hard ({@link lyceum.llm.train.TokenizationStudy}, {@link lyceum.llm.train.AdditionStudy}).
 */
package lyceum.llm.train;
