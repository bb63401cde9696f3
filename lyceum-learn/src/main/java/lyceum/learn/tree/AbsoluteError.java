package lyceum.learn.tree;

import java.util.Arrays;

/**
 * Sums of absolute deviations from the median on both sides of a split, while rows move from right to left: weights and weighted targets in
 * two Fenwick trees over the targets' ranks, so that a move and a median cost {@code O(log n)}.
 */
final class AbsoluteError {
    private final TreeData data;
    private final int n, top;
    /** The targets in ascending order, and their weights. */
    private final double[] sorted, sortedWeights;
    private final Side whole, left, right;

    /** A Fenwick tree: place i (from 1) holds the sums of the places {@code i - lowbit(i) + 1 .. i}. */
    private final class Side {
        final double[] weight = new double[n + 1], sum = new double[n + 1];
        double totalWeight, totalSum;

        void add(int rank, double w, double wy) {
            totalWeight += w;
            totalSum += wy;
            for (int i = rank + 1; i <= n; i += i & -i) {
                weight[i] += w;
                sum[i] += wy;
            }
        }

        void set(Side other) {
            System.arraycopy(other.weight, 0, weight, 0, n + 1);
            System.arraycopy(other.sum, 0, sum, 0, n + 1);
            totalWeight = other.totalWeight;
            totalSum = other.totalSum;
        }

        void clear() {
            Arrays.fill(weight, 0);
            Arrays.fill(sum, 0);
            totalWeight = totalSum = 0;
        }

        double deviation() {
            int at = 0;
            double below = 0, belowSum = 0, half = totalWeight / 2;
            for (int step = top; step > 0; step >>= 1) {
                if (at + step > n || below + weight[at + step] >= half) continue;
                at += step;
                below += weight[at];
                belowSum += sum[at];
            }
            double median = sorted[Math.min(at, n - 1)];
            return Math.max(0, median * below - belowSum + totalSum - belowSum - median * (totalWeight - below));
        }
    }

    /** Ranks the rows of a node; the ranks stand in {@link TreeData#ranks} until the next node is ranked. */
    AbsoluteError(TreeData data, int[] rows, int from, int to) {
        this.data = data;
        this.n = to - from;
        this.top = Integer.highestOneBit(Math.max(1, n));
        this.sorted = new double[n];
        this.sortedWeights = new double[n];
        int[] order = Sorting.order(data.targets, rows, from, to);
        for (int i = 0; i < n; i++) {
            sorted[i] = data.targets[order[i]];
            sortedWeights[i] = data.weights[order[i]];
            data.ranks[order[i]] = i;
        }
        this.whole = new Side();
        for (int i = 0; i < n; i++) whole.add(i, sortedWeights[i], sortedWeights[i] * sorted[i]);
        this.left = new Side();
        this.right = new Side();
    }

    /** The same node with sides of its own, for another worker. */
    AbsoluteError(AbsoluteError node) {
        this.data = node.data;
        this.n = node.n;
        this.top = node.top;
        this.sorted = node.sorted;
        this.sortedWeights = node.sortedWeights;
        this.whole = node.whole;
        this.left = new Side();
        this.right = new Side();
    }

    double impurity() { return whole.deviation() / whole.totalWeight; }

    /** The weighted median; between two values if exactly half of the weight lies below. */
    double median() {
        double below = 0, half = whole.totalWeight / 2;
        for (int i = 0; i < n; i++) {
            below += sortedWeights[i];
            if (below > half) return sorted[i];
            if (below == half) return i + 1 < n ? (sorted[i] + sorted[i + 1]) / 2 : sorted[i];
        }
        return sorted[n - 1];
    }

    void allRight() {
        left.clear();
        right.set(whole);
    }

    void moveLeft(int row) {
        double w = data.weights[row], wy = w * data.targets[row];
        left.add(data.ranks[row], w, wy);
        right.add(data.ranks[row], -w, -wy);
    }

    double score() { return -left.deviation() - right.deviation(); }

    double leftWeight() { return left.totalWeight; }

    double rightWeight() { return right.totalWeight; }
}
