package lyceum.text.internal;

import java.util.Arrays;

/** Byte strings as a tree: all prefixes of a text that are in it are found in one walk. */
public final class ByteTrie {
    private final int[] root = new int[256];
    /** Node and byte in the upper half, the child in the lower; 0 where there is none. */
    private long[] table = new long[64];
    private int[] values = new int[32];
    private int nodes = 1, edges;

    public ByteTrie() {
        Arrays.fill(values, -1);
        Arrays.fill(root, -1);
    }

    /** Adds a string that is not empty; of equal strings the last counts. */
    public void put(byte[] string, int value) {
        int node = 0;
        for (byte b : string) {
            int child = step(node, b);
            if (child < 0) {
                child = nodes++;
                if (child >= 1 << 23) throw new IllegalArgumentException("ByteTrie: more than 8 million nodes");
                if (child == values.length) {
                    values = Arrays.copyOf(values, 2 * child);
                    Arrays.fill(values, child, values.length, -1);
                }
                if (node == 0) root[b & 0xFF] = child;
                else edge(node << 8 | b & 0xFF, child);
            }
            node = child;
        }
        values[node] = value;
    }

    private void edge(int key, int child) {
        if (2 * ++edges > table.length) {
            var old = table;
            table = new long[2 * old.length];
            for (long edge : old) if (edge != 0) table[slot((int) (edge >>> 32))] = edge;
        }
        table[slot(key)] = (long) key << 32 | child;
    }

    private int slot(int key) {
        int mask = table.length - 1, h = key * 0x9E3779B9, slot = (h ^ h >>> 15) & mask;
        for (long edge; (edge = table[slot]) != 0 && (int) (edge >>> 32) != key;) slot = slot + 1 & mask;
        return slot;
    }

    /** The node that a byte leads to from a node (0 is the root), -1 for none. */
    public int step(int node, byte b) {
        if (node == 0) return root[b & 0xFF];
        long edge = table[slot(node << 8 | b & 0xFF)];
        return edge == 0 ? -1 : (int) edge;
    }

    /** What was put at a node, -1 for nothing. */
    public int value(int node) { return values[node]; }
}
