package lyceum.learn.tree;

/**
 * The question of a node about categories.
 *
 * @param node its number
 * @param left categories that go left, ascending
 * @param right categories that go right, ascending; one seen in neither goes where missing values go
 */
public record CategorySplit(int node, double[] left, double[] right) {}
