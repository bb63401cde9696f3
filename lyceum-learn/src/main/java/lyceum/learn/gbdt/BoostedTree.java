package lyceum.learn.gbdt;

/**
 * One tree. An inner node asks {@code x[feature] < threshold} and goes left if so; a leaf has feature -1 and adds its value.
 *
 * @param feature of each node's question, -1 for leaves
 * @param threshold of each node's question; NaN for leaves
 * @param left the node after yes, -1 for leaves
 * @param right the node after no, -1 for leaves
 * @param missingLeft whether NaN goes left
 * @param value what a leaf adds, learning rate included; of inner nodes what they would add as leaves
 * @param gain by how much each question lowered the objective; 0 for leaves
 * @param gradient the sum of first derivatives of the node's rows
 * @param hessian the sum of second derivatives
 * @param samples rows that grew the node
 */
public record BoostedTree(int[] feature, double[] threshold, int[] left, int[] right, boolean[] missingLeft, double[] value, double[] gain,
        double[] gradient, double[] hessian, int[] samples) {
    public BoostedTree {
        int n = feature.length;
        if (n == 0 || threshold.length != n || left.length != n || right.length != n || missingLeft.length != n || value.length != n
                || gain.length != n || gradient.length != n || hessian.length != n || samples.length != n)
            throw new IllegalArgumentException("BoostedTree: the arrays do not describe the same nodes");
        var below = new boolean[n];
        for (int i = 0; i < n; i++) {
            boolean good = feature[i] == -1 ? left[i] == -1 && right[i] == -1 : feature[i] >= 0 && left[i] > i && left[i] < n
                    && right[i] > i && right[i] < n && left[i] != right[i] && !below[left[i]] && !below[right[i]];
            if (good && feature[i] >= 0) below[left[i]] = below[right[i]] = true;
            if (!good) throw new IllegalArgumentException("BoostedTree: node " + i + " has feature " + feature[i] + " and children "
                    + left[i] + " and " + right[i] + " of " + n + " nodes; children come after their one parent");
        }
    }

    public int nodes() { return feature.length; }

    public boolean isLeaf(int node) { return feature[node] < 0; }

    public int leaves() {
        int leaves = 0;
        for (int f : feature) if (f < 0) leaves++;
        return leaves;
    }

    /** The leaf that the row {@code rows[at ...]} comes to. */
    public int leaf(double[] rows, int at) {
        int node = 0;
        while (feature[node] >= 0) {
            double v = rows[at + feature[node]];
            node = (v != v ? missingLeft[node] : v < threshold[node]) ? left[node] : right[node];
        }
        return node;
    }

    double answer(double[] rows, int at) { return value[leaf(rows, at)]; }

    /** Writes the nodes from {@code base} on, breadth first, children side by side: see {@link PackedTrees}. */
    void pack(int base, int columns, long[] questions, double[] thresholds, double[] values) {
        var order = new int[nodes()];
        int next = 1;
        for (int at = 0; at < next; at++) {
            int node = order[at];
            values[base + at] = value[node];
            boolean leaf = feature[node] < 0;
            // A leaf's question has but one answer: itself, "left" of the next node.
            questions[base + at] = (long) (base + (leaf ? at : next) + 1) << 32 | (leaf ? PackedTrees.LEAF | columns : feature[node]);
            // x less a threshold of -0 is never -0, whose sign would say "below".
            thresholds[base + at] = leaf ? Double.POSITIVE_INFINITY : threshold[node] == 0 ? -0.0 : threshold[node];
            if (leaf) continue;
            order[next++] = left[node];
            order[next++] = right[node];
        }
    }

    /** A copy. */
    @Override public int[] feature() { return feature.clone(); }

    /** A copy. */
    @Override public double[] threshold() { return threshold.clone(); }

    /** A copy. */
    @Override public int[] left() { return left.clone(); }

    /** A copy. */
    @Override public int[] right() { return right.clone(); }

    /** A copy. */
    @Override public boolean[] missingLeft() { return missingLeft.clone(); }

    /** A copy. */
    @Override public double[] value() { return value.clone(); }

    /** A copy. */
    @Override public double[] gain() { return gain.clone(); }

    /** A copy. */
    @Override public double[] gradient() { return gradient.clone(); }

    /** A copy. */
    @Override public double[] hessian() { return hessian.clone(); }

    /** A copy. */
    @Override public int[] samples() { return samples.clone(); }
}
