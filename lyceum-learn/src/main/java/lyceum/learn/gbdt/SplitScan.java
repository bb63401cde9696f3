package lyceum.learn.gbdt;

/** Tries the borders between groups of equal values, with missing values on either side; keeps the best of its columns. */
final class SplitScan {
    private final LeafNode node;
    private final LeafObjective objective;
    private final double parent;
    double gain;
    int feature = -1, bin;
    double threshold, leftGradient, leftHessian;
    boolean missingLeft;

    SplitScan(LeafNode node, LeafObjective objective, double minGain) {
        this.node = node;
        this.objective = objective;
        this.parent = objective.best(node.gradient, node.hessian, node.low, node.high);
        // Of rounding alone nothing is gained.
        this.gain = minGain + 1e-12 * Math.abs(parent);
    }

    /** @param missing rows whose value is missing, and their sums */
    void run(int f, int groups, double[] g, double[] h, int[] counts, int missing, double missingG, double missingH) {
        pass(f, groups, g, h, counts, 0, 0, 0, missing, false);
        if (missing > 0) pass(f, groups, g, h, counts, missing, missingG, missingH, missing, true);
    }

    private void pass(int f, int groups, double[] g, double[] h, int[] counts, int count, double sumG, double sumH, int missing,
            boolean left) {
        // Missing values alone on the right are a split as well.
        int last = missing > 0 && !left ? groups : groups - 1;
        double more = beyond();
        for (int b = 0; b < last; b++) {
            if (counts[b] == 0) continue;
            sumG += g[b];
            sumH += h[b];
            count += counts[b];
            if (count == node.rows()) break;
            double found = objective.gain(node, parent, f, sumG, sumH, count);
            if (!(found > more)) continue;
            gain = found;
            feature = f;
            bin = b;
            missingLeft = missing > 0 ? left : count > node.rows() - count;
            leftGradient = sumG;
            leftHessian = sumH;
            more = beyond();
        }
    }

    /** What a better split gains more than: of two alike the first stays. */
    private double beyond() { return gain + (feature < 0 ? 0 : 1e-13 * Math.abs(gain)); }

    /** Gives the node this split if it is better than the one it has. */
    void offer() {
        if (feature < 0 || node.feature >= 0 && !(gain > node.gain + 1e-13 * Math.abs(node.gain))) return;
        node.gain = gain;
        node.feature = feature;
        node.bin = bin;
        node.threshold = threshold;
        node.missingLeft = missingLeft;
        node.leftGradient = leftGradient;
        node.leftHessian = leftHessian;
    }
}
