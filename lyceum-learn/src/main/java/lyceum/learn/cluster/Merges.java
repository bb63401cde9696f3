package lyceum.learn.cluster;

import java.util.Arrays;
import java.util.stream.IntStream;

/** Joins groups by the distances between them, which it overwrites; a group is known by one of its rows. */
final class Merges {
    private final int n;
    private final double[][] d;
    private final Linkage linkage;
    /** Which groups may be joined; {@code null} for all. */
    private final boolean[][] linked;
    private final boolean[] gone;
    private final int[] size, first, second;
    private final double[] height;
    private int count;
    private boolean sorted = true;

    Merges(double[][] d, Linkage linkage, boolean[][] linked) {
        this.n = d.length;
        this.d = d;
        this.linkage = linkage;
        this.linked = linked;
        this.gone = new boolean[n];
        this.size = new int[n];
        Arrays.fill(size, 1);
        this.first = new int[n - 1];
        this.second = new int[n - 1];
        this.height = new double[n - 1];
    }

    /** Joins i into j and tells the distances of the others from the union. */
    private void join(int i, int j) {
        first[count] = i;
        second[count] = j;
        height[count++] = d[i][j];
        for (int k = 0; k < n; k++) {
            if (gone[k] || k == i || k == j) continue;
            d[k][j] = d[j][k] = linkage.update(d[k][i], d[k][j], d[i][j], size[i], size[j], size[k]);
            if (linked != null) linked[k][j] = linked[j][k] = linked[k][i] || linked[k][j];
        }
        gone[i] = true;
        size[j] += size[i];
    }

    /** Follows nearest neighbours until two are each other's (Murtagh 1983). The merges come in another order than their heights. */
    void byChains() {
        sorted = false;
        var chain = new int[n];
        int length = 0;
        while (count < n - 1) {
            if (length == 0) {
                int start = 0;
                while (gone[start]) start++;
                chain[length++] = start;
            }
            int at = chain[length - 1], before = length > 1 ? chain[length - 2] : -1, next = before;
            // The one before is preferred at ties, or the chain would never end.
            double least = before < 0 ? Double.POSITIVE_INFINITY : d[at][before];
            for (int k = 0; k < n; k++) {
                if (gone[k] || k == at || !(d[at][k] < least)) continue;
                least = d[at][k];
                next = k;
            }
            if (next == before && before >= 0) {
                length -= 2;
                join(Math.min(at, before), Math.max(at, before));
            } else chain[length++] = next;
        }
    }

    /** The edges of the minimum spanning tree (Prim): single linkage joins along them. */
    void bySpanningTree() {
        sorted = false;
        var from = new int[n];
        var nearest = new double[n];
        Arrays.fill(nearest, Double.POSITIVE_INFINITY);
        int at = 0;
        while (count < n - 1) {
            gone[at] = true;
            int next = -1;
            for (int k = 0; k < n; k++) {
                if (gone[k]) continue;
                if (d[at][k] < nearest[k]) {
                    nearest[k] = d[at][k];
                    from[k] = at;
                }
                if (next < 0 || nearest[k] < nearest[next]) next = k;
            }
            first[count] = from[next];
            second[count] = next;
            height[count++] = nearest[next];
            at = next;
        }
    }

    /** The least of all allowed distances, with the nearest of every group remembered. */
    void byLeast(String operation) {
        var nearest = new int[n];
        for (int i = 0; i < n; i++) nearest[i] = nearest(i);
        while (count < n - 1) {
            int i = -1;
            for (int k = 0; k < n; k++) if (!gone[k] && nearest[k] >= 0 && (i < 0 || d[k][nearest[k]] < d[i][nearest[i]])) i = k;
            if (i < 0) throw new IllegalArgumentException(
                    operation + ": the connectivity leaves " + (n - count) + " groups that no edge joins; add edges between them");
            int a = Math.min(i, nearest[i]), b = Math.max(i, nearest[i]);
            join(a, b);
            for (int k = 0; k < n; k++) {
                if (gone[k]) continue;
                // A union may be nearer than both of its parts were.
                if (k == b || nearest[k] == a || nearest[k] == b) nearest[k] = nearest(k);
                else if (allowed(k, b) && (nearest[k] < 0 || d[k][b] < d[k][nearest[k]])) nearest[k] = b;
            }
        }
    }

    private boolean allowed(int i, int j) { return linked == null || linked[i][j]; }

    private int nearest(int i) {
        int best = -1;
        for (int k = 0; k < n; k++) if (!gone[k] && k != i && allowed(i, k) && (best < 0 || d[i][k] < d[i][best])) best = k;
        return best;
    }

    Dendrogram dendrogram(int clusters, int columns) {
        int[] order = IntStream.range(0, n - 1).toArray();
        if (!sorted) order = IntStream.of(order).boxed().sorted((a, b) -> Double.compare(height[a], height[b])).mapToInt(m -> m).toArray();
        return tree(n, order, first, second, height, clusters, columns);
    }

    /** Numbers the nodes of merges that are told by a row of each side. */
    static Dendrogram tree(int n, int[] order, int[] first, int[] second, double[] height, int clusters, int columns) {
        int[] parent = IntStream.range(0, 2 * n - 1).toArray(), left = new int[n - 1], right = new int[n - 1], sizes = new int[2 * n - 1];
        Arrays.fill(sizes, 0, n, 1);
        var heights = new double[n - 1];
        for (int m = 0; m < n - 1; m++) {
            int a = root(parent, first[order[m]]), b = root(parent, second[order[m]]);
            left[m] = Math.min(a, b);
            right[m] = Math.max(a, b);
            heights[m] = height[order[m]];
            sizes[n + m] = sizes[a] + sizes[b];
            parent[a] = parent[b] = n + m;
        }
        return new Dendrogram(left, right, heights, Arrays.copyOfRange(sizes, n, 2 * n - 1), clusters, columns);
    }

    private static int root(int[] parent, int i) {
        while (parent[i] != i) i = parent[i] = parent[parent[i]];
        return i;
    }
}
