/**
 * Networks that say what they do not know: a {@link lyceum.train.uncertainty.BayesianPredictor} has many answers, by dropout or by several networks,
 * and {@link lyceum.train.uncertainty.ClassMixture} or {@link lyceum.train.uncertainty.NumberMixture} takes their doubt apart into noise and ignorance.
 */
package lyceum.train.uncertainty;
