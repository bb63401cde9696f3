package lyceum.learn.tree;

/**
 * The nested subtrees of cost-complexity pruning, from the whole tree to the root alone.
 *
 * @param alphas from which on each subtree is the best one, ascending from 0
 * @param impurities {@code R(T)} of each: the impurity of its leaves, weighted by their share of weight
 * @param leaves of each
 */
public record PruningPath(double[] alphas, double[] impurities, int[] leaves) {
    /** A copy. */
    @Override public double[] alphas() { return alphas.clone(); }

    /** A copy. */
    @Override public double[] impurities() { return impurities.clone(); }

    /** A copy. */
    @Override public int[] leaves() { return leaves.clone(); }
}
