/**
 * Columns made ready for learners. Numbers are brought to one scale ({@link lyceum.learn.preprocessing.MinMaxScaler},
 * {@link lyceum.learn.preprocessing.RobustScaler}, {@link lyceum.learn.preprocessing.PowerTransformer}, ...;
 * {@link lyceum.stats.learner.StandardScaler} stands with the pipelines). {@link lyceum.learn.preprocessing.ColumnStatistics} learns scales from a stream,
 * from shards or from sparse rows.
 */
package lyceum.learn.preprocessing;
