/**
 * Weights of trained models: released ones in any format ({@link lyceum.llm.weights.OpenWeights}), where they come from ({@link lyceum.llm.weights.Ancestry}), one
 * backbone for many tasks ({@link lyceum.llm.weights.FoundationModel}). And what can be done with the weights of trained models as named tensors: differences as {@link lyceum.llm.weights.TaskVector}s, merging by
 * {@link lyceum.llm.weights.ModelMerger} (averages, arcs, task arithmetic, {@link lyceum.llm.weights.TiesMerging TIES}, {@link lyceum.llm.weights.Dare DARE},
 * Fisher, RegMean), also from file to file by a {@link lyceum.llm.weights.MergeRecipe}, and {@link lyceum.llm.weights.ModelSoup}s.
 */
package lyceum.llm.weights;
