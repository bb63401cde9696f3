/**
 * How a classifier treats groups: what differs between them, how surely, which criteria exclude each other, and what can be done about it.
 * Start at {@link lyceum.learn.fairness.FairnessMetrics};
 * {@link lyceum.learn.fairness.BiasMitigation} acts.
 */
package lyceum.learn.fairness;
