package lyceum.llm.generate;

import java.util.Arrays;

/** How often ids came and where last, of those that came: a table without objects. */
final class TokenCounts {
    private int[] slots = new int[64]; // 1 + place, or 0
    private int[] ids = new int[32], counts = new int[32], last = new int[32];
    private int size;

    /** Ids that were ever counted. */
    int size() { return size; }

    int id(int place) { return ids[place]; }

    int count(int place) { return counts[place]; }

    /** The place in the history where it came last. */
    int last(int place) { return last[place]; }

    void add(int id, int where) {
        int place = place(id);
        counts[place]++;
        last[place] = where;
    }

    void remove(int id) { counts[place(id)]--; }

    /** A count that is at least this. */
    void raise(int id, int count) {
        int place = place(id);
        counts[place] = Math.max(counts[place], count);
    }

    void clear() {
        Arrays.fill(slots, 0);
        Arrays.fill(counts, 0, size, 0);
        size = 0;
    }

    private int place(int id) {
        int slot = slot(id);
        if (slots[slot] > 0) return slots[slot] - 1;
        if (size == ids.length) {
            ids = Arrays.copyOf(ids, 2 * size);
            counts = Arrays.copyOf(counts, 2 * size);
            last = Arrays.copyOf(last, 2 * size);
            slots = new int[4 * size];
            for (int i = 0; i < size; i++) slots[slot(ids[i])] = i + 1;
            slot = slot(id);
        }
        ids[size] = id;
        slots[slot] = ++size;
        return size - 1;
    }

    private int slot(int id) {
        int slot = id * 0x9E3779B9 >>> 7 & slots.length - 1;
        while (slots[slot] > 0 && ids[slots[slot] - 1] != id) slot = slot + 1 & slots.length - 1;
        return slot;
    }
}
