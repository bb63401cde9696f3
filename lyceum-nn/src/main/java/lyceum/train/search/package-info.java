/**
 * Neural architecture search: {@link lyceum.train.search.NetworkSpace} says what may be chosen, {@link lyceum.train.search.ArchitectureSearch} tries
 * architectures at random or by evolution, {@link lyceum.train.search.SuperNet} holds the shared weights of all of them,
 * {@link lyceum.train.search.Darts} and {@link lyceum.train.search.ProxylessNas} search by gradients, {@link lyceum.train.search.ZeroCostProxy} scores
 * networks that were never trained, and {@link lyceum.train.search.CompoundScaling} makes one that was found larger. What each has cost stands in a
 * {@link lyceum.train.search.CostLedger}.
 */
package lyceum.train.search;
