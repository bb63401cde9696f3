package lyceum.learn.gbdt;

import java.util.List;

/**
 * The regularised objective of a leaf with sums G and H, {@code G w + (H + lambda) w^2 / 2 + alpha |w|}, and what a split gains by it.
 *
 * @param l2 lambda
 * @param l1 alpha
 * @param directions of monotone columns
 */
record LeafObjective(double l2, double l1, double minChildWeight, int minSamplesLeaf, List<Integer> directions) {

    /** The best weight: {@code -soft(G, alpha) / (H + lambda)}, within bounds. */
    double weight(double g, double h, double low, double high) {
        double w = h + l2 > 0 ? -(g > l1 ? g - l1 : g < -l1 ? g + l1 : 0) / (h + l2) : 0;
        return Math.max(low, Math.min(high, w));
    }

    private double at(double g, double h, double w) { return g * w + (h + l2) * w * w / 2 + l1 * Math.abs(w); }

    /** The least value; without bounds {@code -soft(G, alpha)^2 / (H + lambda) / 2}. */
    double best(double g, double h, double low, double high) {
        return isBounded() ? at(g, h, weight(g, h, low, high)) : free(g, h);
    }

    private double free(double g, double h) {
        double soft = l1 == 0 ? g : Math.max(Math.abs(g) - l1, 0);
        return h + l2 > 0 ? -soft * soft / (h + l2) / 2 : 0;
    }

    int direction(int feature) { return feature < directions.size() ? directions.get(feature) : 0; }

    boolean isBounded() { return !directions.isEmpty(); }

    /** By how much a split lowers the objective; negative where it is not allowed. */
    double gain(LeafNode node, double parent, int feature, double g, double h, int count) {
        double otherG = node.gradient - g, otherH = node.hessian - h;
        if (count < minSamplesLeaf || node.rows() - count < minSamplesLeaf || h < minChildWeight || otherH < minChildWeight) return -1;
        if (!isBounded()) return parent - free(g, h) - free(otherG, otherH);
        double left = weight(g, h, node.low, node.high), right = weight(otherG, otherH, node.low, node.high);
        if (direction(feature) * (right - left) < 0) return -1;
        return parent - at(g, h, left) - at(otherG, otherH, right);
    }

    /** Hands bounds down: on a monotone column the middle of both weights parts them. */
    void bound(LeafNode node) {
        var left = node.left;
        var right = node.right;
        left.low = right.low = node.low;
        left.high = right.high = node.high;
        int direction = direction(node.feature);
        if (direction == 0) return;
        double middle = (weight(left.gradient, left.hessian, node.low, node.high)
                + weight(right.gradient, right.hessian, node.low, node.high)) / 2;
        if (direction > 0) left.high = right.low = middle;
        else left.low = right.high = middle;
    }
}
