/**
 * Fewer columns that say nearly as much. Start with {@link lyceum.learn.decomposition.Pca};
 * {@link lyceum.learn.decomposition.IncrementalPca} takes rows batch by batch, {@link lyceum.learn.decomposition.ProbabilisticPca} copes with
 * missing values.
 */
package lyceum.learn.decomposition;
