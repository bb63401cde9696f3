/**
 * Many models that answer as one. Start with {@link lyceum.learn.ensemble.RandomForestClassifier}; {@link lyceum.learn.ensemble.Bagging} puts
 * any learner in the place of its trees.
 */
package lyceum.learn.ensemble;
