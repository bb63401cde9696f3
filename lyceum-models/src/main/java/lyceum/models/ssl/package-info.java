/**
 * Representations without labels: views, teachers that follow, and what is learned from them. Start at {@link lyceum.models.ssl.TwoViewLearner}; {@link
 * lyceum.train.LinearProbe} reads what was learned.
 * What is hidden is told: as pixels by {@link lyceum.models.ssl.MaskedAutoencoder}, as prototypes by {@link lyceum.models.ssl.DinoV2}, as features by
 * {@link lyceum.models.ssl.Jepa}. And spaces whose distances say who is alike: {@link lyceum.models.ssl.SiameseNetwork} verifies pairs,
 * {@link lyceum.models.ssl.FewShotLearner} learns classes from an example or a few, {@link lyceum.models.ssl.MetricLearner} trains where there are too many
 * to compare all with all, and {@link lyceum.models.ssl.DistributedRepresentation} shows what a few shared units can stand for.
 */
package lyceum.models.ssl;
