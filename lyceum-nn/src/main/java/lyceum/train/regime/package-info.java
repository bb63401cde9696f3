/**
 * What a model is shown, and when: {@link lyceum.train.regime.Curriculum} opens the data from easy to hard,
 * {@link lyceum.train.regime.SelfPaced} lets the
 * present losses choose, and {@link lyceum.train.regime.MetaLearner} trains over tasks for a start from which each is soon learned.
 */
package lyceum.train.regime;
