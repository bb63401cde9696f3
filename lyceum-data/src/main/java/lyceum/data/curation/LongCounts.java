package lyceum.data.curation;

import java.util.Arrays;

/** Counts by 64-bit key, open addressing. */
final class LongCounts {
    private long[] keys;
    private int[] counts;
    private int size;

    LongCounts(int expected) {
        int slots = Integer.highestOneBit(Math.max(16, 2 * expected)) * 2;
        keys = new long[slots];
        counts = new int[slots];
    }

    /** Adds one. @return the count after that */
    int add(long key) {
        if (2 * size >= keys.length) grow();
        int slot = slot(key);
        if (counts[slot] == 0) {
            keys[slot] = key;
            size++;
        }
        return ++counts[slot];
    }

    int get(long key) { return counts[slot(key)]; }

    int size() { return size; }

    void clear() {
        Arrays.fill(counts, 0);
        size = 0;
    }

    private int slot(long key) {
        int slot = (int) (key ^ key >>> 32) * 0x9E3779B1 >>> 1 & keys.length - 1;
        while (counts[slot] != 0 && keys[slot] != key) slot = slot + 1 & keys.length - 1;
        return slot;
    }

    private void grow() {
        var oldKeys = keys;
        var oldCounts = counts;
        keys = new long[2 * oldKeys.length];
        counts = new int[keys.length];
        for (int i = 0; i < oldKeys.length; i++) {
            if (oldCounts[i] == 0) continue;
            int slot = slot(oldKeys[i]);
            keys[slot] = oldKeys[i];
            counts[slot] = oldCounts[i];
        }
    }
}
