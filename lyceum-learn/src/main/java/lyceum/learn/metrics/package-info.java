/**
 * How good predictions are. {@link lyceum.learn.metrics.ConfusionMatrix} counts and derives every score of it,
 * {@link lyceum.learn.metrics.ClassificationMetrics} names the single ones, {@link lyceum.learn.metrics.RocCurve} judges scores rather than
 * decisions, and {@link lyceum.learn.metrics.PrecisionRecallCurve} where positives are rare; {@link lyceum.learn.metrics.Thresholds} turns scores into decisions.
 * {@link lyceum.learn.metrics.ScoringRules} judges probabilities, {@link lyceum.learn.metrics.Ranking} lists of results,
 * {@link lyceum.learn.metrics.RegressionResiduals} what a regression left over. Start at {@code ClassificationMetrics}.
 */
package lyceum.learn.metrics;
