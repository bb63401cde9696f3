/**
 * Differential privacy: {@link lyceum.train.privacy.DpSgd} trains so that no single row shows, {@link lyceum.train.privacy.PrivacyAccountant} says what
 * that is worth, and {@link lyceum.train.privacy.PrivacyMechanism} releases single numbers and choices.
 */
package lyceum.train.privacy;
