package lyceum.learn.ensemble;

import java.util.List;
import lyceum.learn.tree.DecisionTree;

/** Bounds the answers of leaves so that no split on a monotone feature has a larger answer on its lower side. */
final class MonotoneLeaves {
    private final List<Integer> directions;
    private final int[] feature, left, right;
    private final double[] weight, value;

    /** @param value of the leaves, changed by {@link #bound} */
    MonotoneLeaves(DecisionTree tree, List<Integer> directions, double[] value) {
        this.directions = directions;
        this.feature = tree.feature();
        this.left = tree.left();
        this.right = tree.right();
        this.weight = tree.weight();
        this.value = value;
        // An inner node's value is the mean of what lies below; children have larger numbers than their parents.
        for (int v = feature.length - 1; v >= 0; v--)
            if (feature[v] >= 0) value[v] = (weight[left[v]] * value[left[v]] + weight[right[v]] * value[right[v]]) / weight[v];
    }

    void bound() { bound(0, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY); }

    private void bound(int node, double low, double high) {
        value[node] = Math.max(low, Math.min(high, value[node]));
        if (feature[node] < 0) return;
        int direction = feature[node] < directions.size() ? directions.get(feature[node]) : 0;
        double a = Math.max(low, Math.min(high, value[left[node]])), b = Math.max(low, Math.min(high, value[right[node]])),
                middle = (a + b) / 2;
        bound(left[node], direction < 0 ? middle : low, direction > 0 ? middle : high);
        bound(right[node], direction > 0 ? middle : low, direction < 0 ? middle : high);
    }
}
