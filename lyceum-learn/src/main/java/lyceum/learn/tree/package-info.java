/**
 * Trees that ask one question about one feature at a time. Start with {@link lyceum.learn.tree.DecisionTreeClassifier} or
 * {@link lyceum.learn.tree.DecisionTreeRegressor}; both hold a {@link lyceum.learn.tree.DecisionTree}, which explains and prunes itself.
 * {@link lyceum.learn.tree.InformationGain} scores single questions.
 */
package lyceum.learn.tree;
