/**
 * Grouping rows without labels. Start with {@link lyceum.learn.cluster.KMeans}; {@link lyceum.learn.cluster.GapStatistic} and
 * {@link lyceum.learn.cluster.Elbow} help to choose the number of groups.
 */
package lyceum.learn.cluster;
