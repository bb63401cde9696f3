/**
 * Rows that resemble a row. Start with {@link lyceum.learn.neighbors.KNeighborsClassifier} or
 * {@link lyceum.learn.neighbors.KNeighborsRegressor}; {@link lyceum.learn.neighbors.NearestNeighbors} is the search beneath them, by
 * comparison with every row, by KD-tree or by ball tree.
 */
package lyceum.learn.neighbors;
