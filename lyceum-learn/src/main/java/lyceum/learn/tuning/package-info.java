/**
 * Which hyper-parameters to take. A {@link lyceum.learn.tuning.SearchSpace} says what may be chosen, a {@link lyceum.learn.tuning.SearchStrategy} what is tried,
 * {@link lyceum.learn.tuning.HyperparameterSearch} tries it and {@link lyceum.learn.tuning.Study} is the record. Start at {@code HyperparameterSearch}.
 */
package lyceum.learn.tuning;
