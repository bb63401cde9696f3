package lyceum.learn.gbdt;

/** A node while its tree grows: its rows, sums, and the best question found for it. */
final class LeafNode {
    final int id, from, to, depth;
    final double gradient, hessian;
    /** What the node and all below may weigh. */
    double low = Double.NEGATIVE_INFINITY, high = Double.POSITIVE_INFINITY;
    /** Its sums by bin, as long as it may be split or its children need them; null in exact mode. */
    BinnedRows.Histogram histogram;

    /** Columns asked about on the way here. */
    int[] path = {};
    /** Columns that it may ask about; null for all of the tree's. */
    int[] features;

    double gain;
    int feature = -1;
    double threshold;
    /** The last bin on the left, in bins. */
    int bin;
    boolean missingLeft;
    double leftGradient, leftHessian;
    LeafNode left, right;

    LeafNode(int id, int from, int to, int depth, double gradient, double hessian) {
        this.id = id;
        this.from = from;
        this.to = to;
        this.depth = depth;
        this.gradient = gradient;
        this.hessian = hessian;
    }

    int rows() { return to - from; }
}
