package lyceum.retrieval;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * Who is linked to whom on each layer, and who is whose parent on layer 0. A parent and its child stay linked both ways for good, and the first node is the root;
 * so every node is reached from every other, whatever else is pruned.
 *
 * <p>Lists are written under a lock of their node, and read without: a locked instruction waits for all reads and writes that the processor has under way, and a walk has many. A
 * reader takes what it has read if no writer was there meanwhile, as the version tells, which is odd while one is; else it locks too.
 */
final class HnswLinks {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final int CHUNK = RowMemory.CHUNK, LOCKS = 1024;

    final int m;
    private final long row;
    private final Object[] locks = new Object[LOCKS];
    private final AtomicIntegerArray versions = new AtomicIntegerArray(LOCKS);
    /**
     * On layer 0, a row of 2m places a node, which with the usual m of 16 is two lines of cache. If a list is shorter, the last place holds {@code ~count}. Such a row is
     * most of what a walk reads beside vectors: so it lies in memory that {@code RowDots} can bring near.
     */
    private volatile MemorySegment[] ground = {};
    /** A count and m places for each layer above. */
    private volatile int[][][] upper = {};
    private volatile int[][] parents = {};
    private final RowMemory memory;

    HnswLinks(int m) {
        this.m = m;
        row = 8L * m;
        memory = new RowMemory(row);
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
            more[c] = memory.chunk().fill((byte) ~0);
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

    /** Where a node's links on layer 0 stand, to be brought near. */
    long address(int node) { return ground[node / CHUNK].address() + node % CHUNK * row; }

    /** Copies a node's links to {@code into}, place {@code from} on, and gives their number. */
    int read(int node, int layer, int[] into, int from) {
        int version = versions.getAcquire(node % LOCKS);
        if ((version & 1) == 0) {
            int n = copy(node, layer, into, from);
            VarHandle.loadLoadFence();
            if (versions.getOpaque(node % LOCKS) == version) return n;
        }
        synchronized (lock(node)) {
            return copy(node, layer, into, from);
        }
    }

    private int copy(int node, int layer, int[] into, int from) {
        if (layer > 0) {
            int[] own = upper[node / CHUNK][node % CHUNK];
            int at = (layer - 1) * (m + 1), n = own[at];
            System.arraycopy(own, at + 1, into, from, n);
            return n;
        }
        var chunk = ground[node / CHUNK];
        long at = node % CHUNK * row;
        int last = chunk.get(INT, at + row - 4), n = last < 0 ? ~last : 2 * m;
        for (int i = 0; i < n; i++) into[from + i] = chunk.get(INT, at + 4L * i);
        return n;
    }

    /** Under the node's lock. */
    void write(int node, int layer, int[] links, int n) {
        int version = versions.getPlain(node % LOCKS);
        versions.setOpaque(node % LOCKS, version + 1);
        VarHandle.storeStoreFence();
        put(node, layer, links, n);
        versions.setRelease(node % LOCKS, version + 2);
    }

    private void put(int node, int layer, int[] links, int n) {
        if (layer > 0) {
            int[] own = upper[node / CHUNK][node % CHUNK];
            int at = (layer - 1) * (m + 1);
            System.arraycopy(links, 0, own, at + 1, n);
            own[at] = n;
            return;
        }
        var chunk = ground[node / CHUNK];
        long at = node % CHUNK * row;
        for (int i = 0; i < n; i++) chunk.set(INT, at + 4L * i, links[i]);
        if (n < 2 * m) chunk.set(INT, at + row - 4, ~n);
    }
}
