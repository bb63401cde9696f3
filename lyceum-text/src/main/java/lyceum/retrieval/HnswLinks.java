package lyceum.retrieval;

import java.util.Arrays;

/**
 * Who is linked to whom on each layer, and who is whose parent on layer 0. A parent and its child stay linked both ways for good, and the first node is the root;
 * so every node is reached from every other, whatever else is pruned. Lists are read and written under a lock of their node.
 */
final class HnswLinks {
    /** Of nodes whose lists are one array: small enough that a collector by regions gives none a region of its own. */
    private static final int CHUNK = 1024;
    private static final int LOCKS = 1024;

    final int m;
    private final int row;
    private final Object[] locks = new Object[LOCKS];
    /** A count and that many nodes, a row a node. */
    private volatile int[][] ground = {};
    private volatile int[][][] upper = {};
    private volatile int[][] parents = {};

    HnswLinks(int m) {
        this.m = m;
        row = 2 * m + 1;
        for (int i = 0; i < LOCKS; i++) locks[i] = new Object();
    }

    Object lock(int node) { return locks[node % LOCKS]; }

    /** Room for a node on layers 0 to {@code level}; called for one node after the other. */
    synchronized void grow(int node, int level) {
        int c = node / CHUNK;
        if (c == ground.length) {
            var more = Arrays.copyOf(ground, c + 1);
            var moreUpper = Arrays.copyOf(upper, c + 1);
            var moreParents = Arrays.copyOf(parents, c + 1);
            more[c] = new int[CHUNK * row];
            moreUpper[c] = new int[CHUNK][];
            moreParents[c] = new int[CHUNK];
            Arrays.fill(moreParents[c], -1);
            upper = moreUpper;
            parents = moreParents;
            ground = more;
        }
        if (level > 0) upper[c][node % CHUNK] = new int[level * (m + 1)];
    }

    int level(int node) {
        var own = upper[node / CHUNK][node % CHUNK];
        return own == null ? 0 : own.length / (m + 1);
    }

    int parent(int node) { return parents[node / CHUNK][node % CHUNK]; }

    void parent(int node, int parent) { parents[node / CHUNK][node % CHUNK] = parent; }

    boolean inTree(int a, int b) { return parent(a) == b || parent(b) == a; }

    int most(int layer) { return layer == 0 ? 2 * m : m; }

    private int[] lists(int node, int layer) { return layer == 0 ? ground[node / CHUNK] : upper[node / CHUNK][node % CHUNK]; }

    private int at(int node, int layer) { return layer == 0 ? node % CHUNK * row : (layer - 1) * (m + 1); }

    /** Copies a node's links to {@code into} and gives their number. */
    int read(int node, int layer, int[] into) {
        synchronized (lock(node)) {
            int[] lists = lists(node, layer);
            int at = at(node, layer), n = lists[at];
            System.arraycopy(lists, at + 1, into, 0, n);
            return n;
        }
    }

    /** Under the node's lock. */
    void write(int node, int layer, int[] links, int n) {
        int[] lists = lists(node, layer);
        int at = at(node, layer);
        System.arraycopy(links, 0, lists, at + 1, n);
        lists[at] = n;
    }
}
