/**
 * Grouping rows without labels. Start with {@link lyceum.learn.cluster.KMeans}; {@link lyceum.learn.cluster.GapStatistic} and
 * {@link lyceum.learn.cluster.Elbow} help to choose the number of groups. {@link lyceum.learn.cluster.GaussianMixture} gives shares instead of labels,
 * {@link lyceum.learn.cluster.Dbscan} and {@link lyceum.learn.cluster.SpectralClustering} follow any shape,
 * {@link lyceum.learn.cluster.HierarchicalClustering} gives groups within groups.
 */
package lyceum.learn.cluster;
