package lyceum.learn.neighbors;

import java.util.Arrays;

/**
 * A binary tree over rows: each node halves its rows at the median of the column that spreads most. A KD-tree knows the box around a node's rows
 * (Bentley 1975), a ball tree their centre and radius (Omohundro 1989).
 *
 * <p>Node i has the children {@code 2i + 1} and {@code 2i + 2}; its rows are {@code order[starts[i] .. ends[i] - 1]}.
 *
 * @param balls whether nodes are balls
 * @param p columns
 * @param order row numbers in the order of the leaves
 * @param points the rows in this order
 * @param starts of each node's rows
 * @param ends of each node's rows
 * @param bounds of each node: low and high corner, or centre and radius
 */
public record SearchTree(boolean balls, int p, int[] order, double[] points, int[] starts, int[] ends, double[] bounds) {
    static SearchTree of(double[] rows, int n, int p, int leafSize, boolean balls, DistanceKernel kernel) {
        int levels = 1;
        while ((long) leafSize << (levels - 1) < n) levels++;
        int nodes = (1 << levels) - 1, width = balls ? p + 1 : 2 * p;
        var order = new int[n];
        for (int i = 0; i < n; i++) order[i] = i;
        int[] starts = new int[nodes], ends = new int[nodes];
        var bounds = new double[nodes * width];
        ends[0] = n;
        double[] low = new double[p], high = new double[p];
        for (int node = 0; node < nodes; node++) {
            int from = starts[node], to = ends[node];
            corners(rows, p, order, from, to, low, high);
            if (balls) ball(rows, p, order, from, to, kernel, bounds, node * width);
            else {
                System.arraycopy(low, 0, bounds, node * width, p);
                System.arraycopy(high, 0, bounds, node * width + p, p);
            }
            if (2 * node + 2 >= nodes) continue;
            int widest = 0, middle = (from + to) >>> 1;
            for (int j = 1; j < p; j++) if (high[j] - low[j] > high[widest] - low[widest]) widest = j;
            select(rows, p, widest, order, from, to, middle);
            starts[2 * node + 1] = from;
            ends[2 * node + 1] = starts[2 * node + 2] = middle;
            ends[2 * node + 2] = to;
        }
        var points = new double[n * p];
        for (int i = 0; i < n; i++) System.arraycopy(rows, order[i] * p, points, i * p, p);
        return new SearchTree(balls, p, order, points, starts, ends, bounds);
    }

    private static void corners(double[] rows, int p, int[] order, int from, int to, double[] low, double[] high) {
        Arrays.fill(low, Double.POSITIVE_INFINITY);
        Arrays.fill(high, Double.NEGATIVE_INFINITY);
        for (int i = from; i < to; i++) {
            for (int j = 0, at = order[i] * p; j < p; j++) {
                low[j] = Math.min(low[j], rows[at + j]);
                high[j] = Math.max(high[j], rows[at + j]);
            }
        }
    }

    private static void ball(double[] rows, int p, int[] order, int from, int to, DistanceKernel kernel, double[] bounds, int at) {
        if (!kernel.hasMeans() && from < to) System.arraycopy(rows, order[(from + to) >>> 1] * p, bounds, at, p);
        else for (int i = from; i < to; i++) for (int j = 0; j < p; j++) bounds[at + j] += rows[order[i] * p + j] / (to - from);
        double radius = 0;
        for (int i = from; i < to; i++) radius = Math.max(radius, kernel.rank(rows, order[i] * p, bounds, at, p));
        bounds[at + p] = kernel.distance(radius);
    }

    /** Hoare's quickselect: the row that belongs to {@code middle} by its column comes there, smaller ones before it. */
    private static void select(double[] rows, int p, int column, int[] order, int from, int to, int middle) {
        int low = from, high = to - 1;
        while (low < high) {
            double pivot = rows[order[(low + high) >>> 1] * p + column];
            int i = low, j = high;
            while (i <= j) {
                while (rows[order[i] * p + column] < pivot) i++;
                while (rows[order[j] * p + column] > pivot) j--;
                if (i > j) break;
                int swap = order[i];
                order[i++] = order[j];
                order[j--] = swap;
            }
            if (middle <= j) high = j;
            else if (middle >= i) low = i;
            else return;
        }
    }

    void search(DistanceKernel kernel, double[] query, int from, Nearest nearest) {
        search(0, bound(0, kernel, query, from), kernel, query, from, nearest);
    }

    private void search(int node, double bound, DistanceKernel kernel, double[] query, int from, Nearest nearest) {
        if (bound > nearest.worst()) return;
        int left = 2 * node + 1, right = left + 1;
        if (left >= starts.length) {
            for (int i = starts[node]; i < ends[node]; i++) nearest.offer(kernel.rank(points, i * p, query, from, p), order[i]);
            nearest.visited += ends[node] - starts[node];
            return;
        }
        double l = bound(left, kernel, query, from), r = bound(right, kernel, query, from);
        search(l <= r ? left : right, Math.min(l, r), kernel, query, from, nearest);
        search(l <= r ? right : left, Math.max(l, r), kernel, query, from, nearest);
    }

    /** A rank that no row of the node falls below, with room for rounding. */
    private double bound(int node, DistanceKernel kernel, double[] query, int from) {
        if (starts[node] == ends[node]) return Double.POSITIVE_INFINITY;
        if (!balls) return kernel.boxRank(bounds, node * 2 * p, node * 2 * p + p, query, from, p) * (1 - 1e-12);
        int at = node * (p + 1);
        double distance = kernel.distance(kernel.rank(bounds, at, query, from, p)), radius = bounds[at + p];
        return kernel.ofDistance(Math.max(0, distance - radius - 1e-12 * (distance + radius)));
    }

    /** Offers every row of rank at most {@code limit}. */
    void within(int node, double limit, DistanceKernel kernel, double[] query, int from, Within found) {
        if (bound(node, kernel, query, from) > limit) return;
        if (2 * node + 1 < starts.length) {
            within(2 * node + 1, limit, kernel, query, from, found);
            within(2 * node + 2, limit, kernel, query, from, found);
            return;
        }
        for (int i = starts[node]; i < ends[node]; i++) {
            double rank = kernel.rank(points, i * p, query, from, p);
            if (rank <= limit) found.add(rank, order[i]);
        }
    }

    /** Takes rows within a radius. */
    interface Within {
        void add(double rank, int row);
    }
}
