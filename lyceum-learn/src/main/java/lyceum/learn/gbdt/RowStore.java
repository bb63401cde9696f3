package lyceum.learn.gbdt;

import java.util.List;

/** Training rows as a tree asks about them: all thresholds or bins. */
interface RowStore {
    /** Begins a tree on some rows and columns. @param gh gradient and hessian of each row in turn */
    void begin(int[] rows, double[] gh, int[] features);

    /** The rows of nodes: {@code rows()[from .. to - 1]}. */
    int[] rows();

    /** Sums of the root. */
    void root(LeafNode root);

    /** Finds each node's best split, if one gains more than {@code minGain}. */
    void search(List<LeafNode> nodes, LeafObjective objective, double minGain);

    /** A leaf's sums are needed no more. */
    void release(LeafNode node);

    /** Puts the rows that go left first; returns where the right ones begin. */
    int part(LeafNode node);

    /** After both children exist: their sums by bin, one counted, the other by subtraction. */
    void children(LeafNode node);
}
