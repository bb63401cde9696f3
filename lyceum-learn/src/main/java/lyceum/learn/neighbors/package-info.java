/**
 * Rows that resemble a row. Start with {@link lyceum.learn.neighbors.KNeighborsClassifier} or
 * {@link lyceum.learn.neighbors.KNeighborsRegressor}; {@link lyceum.learn.neighbors.NearestNeighbors} is the search beneath them, by
 * comparison with every row, by KD-tree or by ball tree; {@link lyceum.learn.neighbors.Lsh} is its approximate kind, and
 * {@link lyceum.learn.neighbors.Recall} says how well such a one does.
 */
package lyceum.learn.neighbors;
