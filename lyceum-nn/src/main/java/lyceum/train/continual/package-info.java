/**
 * Tasks that come one after the other. {@link lyceum.train.continual.ForgettingProbe} measures what a network loses,
 * {@link lyceum.train.continual.ContinualLearner} trains against it by a {@link lyceum.train.continual.ContinualMethod}, and
 * {@link lyceum.train.continual.AccuracyMatrix} is how both report.
 */
package lyceum.train.continual;
