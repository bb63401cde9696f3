/**
 * What a learner is: the few interfaces that classical learners, networks and causal estimators share.
 *
 * <p>Start with {@link lyceum.stats.learner.Regressor} or {@link lyceum.stats.learner.Classifier}. A learner is a record of its
 * hyper-parameters; {@code fit} gives an immutable {@link lyceum.stats.learner.Model} that threads may share. Samples are the rows of an
 * F64 or F32 tensor; {@link lyceum.stats.learner.LearnerInput} checks them in one place. {@link lyceum.stats.learner.Pipeline} chains
 * learners, {@link lyceum.stats.learner.Model#save} writes any model whose parts are records, and the shared test suite
 * {@code LearnerContract} (in the test-jar) holds every learner to its word.
 */
package lyceum.stats.learner;
