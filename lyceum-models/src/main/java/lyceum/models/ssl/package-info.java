/**
 * Representations without labels: views, teachers that follow, and what is learned from them. {@link lyceum.models.ssl.TwoViewLearner} trains an encoder by two
 * views and an {@linkplain lyceum.models.ssl.ViewObjective objective} as a value; {@link lyceum.models.ssl.Representation} judges what any {@linkplain
 * lyceum.models.ssl.RepresentationLearner learner} made by the same yardsticks; {@link lyceum.train.LinearProbe} reads what was learned.
 */
package lyceum.models.ssl;
