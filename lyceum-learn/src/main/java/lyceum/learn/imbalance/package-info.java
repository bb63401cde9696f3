/**
 * Rare classes: weights, resampling, thresholds, and the repair of probabilities afterwards. {@link lyceum.learn.imbalance.BalancedClassifier} weights or resamples
 * the rows that it is fitted to, {@link lyceum.learn.imbalance.TunedThreshold} leaves them alone and moves the cut, which is often all that is needed.
 */
package lyceum.learn.imbalance;
