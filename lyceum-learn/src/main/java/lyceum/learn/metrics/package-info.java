/**
 * How good predictions are. {@link lyceum.learn.metrics.ConfusionMatrix} counts and derives every score of it,
 * {@link lyceum.learn.metrics.ClassificationMetrics} names the single ones, {@link lyceum.learn.metrics.RocCurve} judges scores rather than
 * decisions, {@link lyceum.learn.metrics.Thresholds} turns scores into decisions. Start at {@code ClassificationMetrics}.
 */
package lyceum.learn.metrics;
