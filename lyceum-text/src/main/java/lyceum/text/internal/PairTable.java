package lyceum.text.internal;

/** Pairs of numbers to two numbers; of a pair that is put twice the first counts. */
public final class PairTable {
    private long[] keys;
    private int[] first, second;
    private int size;

    public PairTable(int expected) { allocate(Integer.highestOneBit(Math.max(4, expected)) * 4); }

    private void allocate(int capacity) {
        keys = new long[capacity];
        first = new int[capacity];
        second = new int[capacity];
    }

    /** Whether the pair was new. */
    public boolean put(int left, int right, int a, int b) {
        if (size * 2 >= keys.length) {
            var oldKeys = keys;
            int[] oldFirst = first, oldSecond = second;
            allocate(2 * oldKeys.length);
            size = 0;
            for (int i = 0; i < oldKeys.length; i++)
                if (oldKeys[i] != 0) put((int) (oldKeys[i] >>> 32) - 1, (int) oldKeys[i] - 1, oldFirst[i], oldSecond[i]);
        }
        int slot = slot(left, right);
        if (keys[slot] != 0) return false;
        keys[slot] = key(left, right);
        first[slot] = a;
        second[slot] = b;
        size++;
        return true;
    }

    private static long key(int left, int right) { return (long) (left + 1) << 32 | right + 1; }

    /** Where the pair is, or would be. */
    private int slot(int left, int right) {
        long key = key(left, right), h = key * 0x9E3779B97F4A7C15L;
        int mask = keys.length - 1, slot = (int) (h >>> 32) & mask;
        while (keys[slot] != 0 && keys[slot] != key) slot = slot + 1 & mask;
        return slot;
    }

    /** The place of a pair for {@link #first} and {@link #second}, -1 if it is not there. */
    public int find(int left, int right) {
        int slot = slot(left, right);
        return keys[slot] == 0 ? -1 : slot;
    }

    public int first(int place) { return first[place]; }

    public int second(int place) { return second[place]; }
}
