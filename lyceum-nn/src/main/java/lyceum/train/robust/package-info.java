/**
 * Robustness to small changes of the input: {@link lyceum.train.robust.Attack}s within a {@link lyceum.train.robust.ThreatModel},
 * {@link lyceum.train.robust.AdversarialTraining} against them, certificates by {@link lyceum.train.robust.RandomizedSmoothing}, and
 * {@link lyceum.train.robust.AdversarialRobustness}, which runs many attacks and says where their verdict is not to be trusted.
 */
package lyceum.train.robust;
