/**
 * Fewer columns that say nearly as much. Start with {@link lyceum.learn.decomposition.Pca};
 * {@link lyceum.learn.decomposition.IncrementalPca} takes rows batch by batch, {@link lyceum.learn.decomposition.ProbabilisticPca} copes with
 * missing values. {@link lyceum.learn.decomposition.FactorAnalysis} gives each column noise of its own, {@link lyceum.learn.decomposition.FastIca} finds
 * independent sources, {@link lyceum.learn.decomposition.Nmf} parts that only add up, {@link lyceum.learn.decomposition.CanonicalCorrelation} what two tables
 * share.
 */
package lyceum.learn.decomposition;
