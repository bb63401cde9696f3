/**
 * Cause and effect: which comparison a causal diagram supports, and estimates of what a treatment does.
 *
 * <p>{@link lyceum.causal.Refutation} tries to break an estimate.
 *
 * <p>Start with {@link lyceum.causal.Confounding}, which reads a {@link lyceum.bayes.Dag} and says what to adjust for.
 */
package lyceum.causal;
