package lyceum.data.dedup;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Items joined pair by pair (union-find, Tarjan 1975). A cluster's root is its least item, so it does not depend on the order of joining. */
public final class Clusters {
    private final int[] parent;

    /** Each of {@code n} items by itself. */
    public Clusters(int n) {
        parent = new int[n];
        for (int i = 0; i < n; i++) parent[i] = i;
    }

    /** The least item of the cluster in which {@code i} is. */
    public int root(int i) {
        while (parent[i] != i) {
            parent[i] = parent[parent[i]];
            i = parent[i];
        }
        return i;
    }

    /** Joins two clusters; false where they were one. */
    public boolean join(int a, int b) {
        int x = root(a), y = root(b);
        if (x == y) return false;
        parent[Math.max(x, y)] = Math.min(x, y);
        return true;
    }

    /** The clusters of two items and more, by their roots. */
    public List<int[]> several() {
        var sizes = new int[parent.length];
        for (int i = 0; i < parent.length; i++) sizes[root(i)]++;
        var members = new int[parent.length][];
        var clusters = new ArrayList<int[]>();
        for (int i = 0; i < parent.length; i++) {
            if (parent[i] == i && sizes[i] > 1) {
                clusters.add(members[i] = new int[sizes[i]]);
                Arrays.fill(members[i], -1);
                sizes[i] = 0;
            }
            int root = root(i);
            if (members[root] != null) members[root][sizes[root]++] = i;
        }
        return clusters;
    }
}
