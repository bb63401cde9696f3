package lyceum.learn.tree;

import lyceum.random.Rng;

/** Finds the best question for a node, a range of rows, and puts the rows that it sends left before the others. */
interface Splitter {
    /** All rows; those of a node are {@code rows()[from .. to - 1]}. */
    int[] rows();

    /**
     * The best split of the node, its feature -1 if there is none that is allowed.
     *
     * @param live features that may still vary among these rows
     * @param bounds what children may answer, or null where no feature is monotone
     */
    Split best(int from, int to, int[] live, double[] statistics, ValueBounds bounds, Rng rng);

    /** The features of {@code live} that do vary. */
    int[] varying(int from, int to, int[] live);

    /** Reorders the rows; returns where the right ones begin. */
    int part(int from, int to, int[] live, Split split);
}
