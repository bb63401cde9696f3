package lyceum.learn.gbdt;

import java.util.List;

/** Bounds leaf values that were told anew, so that no question on a monotone column has a larger value on its lower side. */
final class MonotoneBounds {
    private final BoostedTree tree;
    private final List<Integer> directions;
    private final double[] value;

    private MonotoneBounds(BoostedTree tree, List<Integer> directions, double[] value) {
        this.tree = tree;
        this.directions = directions;
        this.value = value;
    }

    /** @param hessian of the leaves, by which those of inner nodes are averaged. @param value changed */
    static void apply(BoostedTree tree, List<Integer> directions, double[] hessian, double[] value) {
        int[] left = tree.left(), right = tree.right();
        double[] weight = hessian.clone();
        // Children have larger numbers than their parents.
        for (int v = tree.nodes() - 1; v >= 0; v--) {
            if (tree.isLeaf(v)) continue;
            weight[v] = weight[left[v]] + weight[right[v]];
            value[v] = weight[v] > 0 ? (weight[left[v]] * value[left[v]] + weight[right[v]] * value[right[v]]) / weight[v] : 0;
        }
        new MonotoneBounds(tree, directions, value).bound(0, left, right, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
    }

    private void bound(int node, int[] left, int[] right, double low, double high) {
        value[node] = Math.max(low, Math.min(high, value[node]));
        if (tree.isLeaf(node)) return;
        int feature = tree.feature()[node], direction = feature < directions.size() ? directions.get(feature) : 0;
        double middle = (Math.max(low, Math.min(high, value[left[node]])) + Math.max(low, Math.min(high, value[right[node]]))) / 2;
        bound(left[node], left, right, direction < 0 ? middle : low, direction > 0 ? middle : high);
        bound(right[node], left, right, direction > 0 ? middle : low, direction < 0 ? middle : high);
    }
}
