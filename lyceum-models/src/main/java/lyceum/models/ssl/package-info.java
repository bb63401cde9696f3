/**
 * Representations without labels: views, teachers that follow, and what is learned from them. {@link lyceum.train.LinearProbe} reads what was learned.
 * What is hidden is told: as pixels by {@link lyceum.models.ssl.MaskedAutoencoder}, as prototypes by {@link lyceum.models.ssl.DinoV2}, as features by
 * {@link lyceum.models.ssl.Jepa}.
 */
package lyceum.models.ssl;
