package lyceum.learn.gbdt;

import java.util.List;

/**
 * The best question of one feature for all leaves of a level.
 *
 * @param gain summed over the leaves; minus infinity if none is allowed
 */
record SymmetricSplit(double gain, int feature, int bin, boolean missingLeft) {

    static SymmetricSplit of(BinnedRows rows, int f, List<LeafNode> level, LeafObjective objective) {
        int bins = rows.valueBins(f);
        double[][] gains = new double[2][bins];
        var sums = rows.new Sums();
        boolean anyMissing = false;
        long onLeft = 0, all = 0;
        for (var node : level) {
            if (node.rows() == 0) continue;
            sums.read(node, f);
            anyMissing |= sums.missing > 0;
            double parent = objective.best(node.gradient, node.hessian, node.low, node.high);
            for (int side = 0; side < 2; side++) {
                double g = side == 0 ? 0 : sums.missingG, h = side == 0 ? 0 : sums.missingH;
                int count = side == 0 ? 0 : sums.missing;
                for (int b = 0; b < bins; b++) {
                    g += sums.g[b];
                    h += sums.h[b];
                    count += sums.counts[b];
                    if (count == 0 || count == node.rows()) continue; // all on one side: nothing gained, nothing lost
                    double found = objective.gain(node, parent, f, g, h, count);
                    gains[side][b] += found == -1 ? Double.NEGATIVE_INFINITY : found;
                }
            }
        }
        var best = new SymmetricSplit(Double.NEGATIVE_INFINITY, f, -1, false);
        for (int side = 0; side < (anyMissing ? 2 : 1); side++)
            for (int b = 0; b < (anyMissing && side == 0 ? bins : bins - 1); b++)
                if (gains[side][b] > Math.max(1e-12, best.gain)) best = new SymmetricSplit(gains[side][b], f, b, side == 1);
        if (anyMissing || best.bin < 0) return best;
        for (var node : level) {
            if (node.rows() == 0) continue;
            sums.read(node, f);
            for (int b = 0; b <= best.bin; b++) onLeft += sums.counts[b];
            all += node.rows();
        }
        return new SymmetricSplit(best.gain, f, best.bin, 2 * onLeft > all);
    }

    /** Gives a leaf this question, with its own sums. */
    void put(BinnedRows rows, LeafNode node, LeafObjective objective) {
        node.feature = feature;
        node.bin = bin;
        node.threshold = rows.cut(feature, bin);
        node.missingLeft = missingLeft;
        if (node.rows() == 0) return;
        var sums = rows.new Sums();
        sums.read(node, feature);
        double g = missingLeft ? sums.missingG : 0, h = missingLeft ? sums.missingH : 0;
        for (int b = 0; b <= bin; b++) {
            g += sums.g[b];
            h += sums.h[b];
        }
        node.leftGradient = g;
        node.leftHessian = h;
        double parent = objective.best(node.gradient, node.hessian, node.low, node.high);
        // A question that all leaves share may cost a single one something.
        node.gain = parent - objective.best(g, h, node.low, node.high)
                - objective.best(node.gradient - g, node.hessian - h, node.low, node.high);
    }
}
