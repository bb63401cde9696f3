package lyceum.text.compare;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Two sequences over one alphabet 0, 1, .... */
record Symbols(int[] a, int[] b, int alphabet) {
    static Symbols of(List<?> a, List<?> b) {
        var numbers = new HashMap<Object, Integer>();
        return new Symbols(numbered(a, numbers), numbered(b, numbers), numbers.size());
    }

    private static int[] numbered(List<?> items, Map<Object, Integer> numbers) {
        var ids = new int[items.size()];
        for (int i = 0; i < ids.length; i++) ids[i] = numbers.computeIfAbsent(items.get(i), item -> numbers.size());
        return ids;
    }

    /** The code points of two texts. */
    static Symbols of(String a, String b) {
        int[] p = a.codePoints().toArray(), q = b.codePoints().toArray(), all = Arrays.copyOf(p, p.length + q.length);
        System.arraycopy(q, 0, all, p.length, q.length);
        Arrays.sort(all);
        int size = 0;
        for (int i = 0; i < all.length; i++) if (i == 0 || all[i] != all[i - 1]) all[size++] = all[i];
        for (int i = 0; i < p.length; i++) p[i] = Arrays.binarySearch(all, 0, size, p[i]);
        for (int i = 0; i < q.length; i++) q[i] = Arrays.binarySearch(all, 0, size, q[i]);
        return new Symbols(p, q, size);
    }

    /** Which positions of {@code items} hold each symbol, 64 to a word: {@code masks[symbol * words + position / 64]}. */
    static long[] masks(int[] items, int alphabet) {
        int words = Math.ceilDiv(items.length, 64);
        var masks = new long[alphabet * words];
        for (int i = 0; i < items.length; i++) masks[items[i] * words + (i >> 6)] |= 1L << i;
        return masks;
    }
}
