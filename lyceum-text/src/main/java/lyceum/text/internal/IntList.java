package lyceum.text.internal;

import java.util.Arrays;

/** A growing list of numbers. */
public final class IntList {
    public int[] items = new int[32];
    public int size;

    public void add(int item) {
        if (size == items.length) items = Arrays.copyOf(items, 2 * size);
        items[size++] = item;
    }

    public int get(int i) { return items[i]; }

    public int[] toArray() { return Arrays.copyOf(items, size); }
}
