package lyceum.text.count;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How often runs of up to n ids stand in a text: one sorted level an order, in which the followers of a run lie together, so that a beginning is stored once.
 * 8 bytes an n-gram and 4 more for those that have followers. Safe to share between threads.
 *
 * {@snippet :
 * var trie = NGramTrie.of(new int[] {3, 1, 3, 1, 2}, 2);
 * trie.count(3, 1);                                                    // 2
 * trie.top(2, 1);                                                      // the commonest bigram
 * }
 */
public final class NGramTrie {
    /** A run and how often it was met. */
    public record Counted(int[] gram, int count) {}

    private final int[][] ids, counts, starts;

    private NGramTrie(int[][] ids, int[][] counts, int[][] starts) {
        this.ids = ids;
        this.counts = counts;
        this.starts = starts;
    }

    /** @param text ids of 0 or more @param order the longest runs, 1 to 8 */
    public static NGramTrie of(int[] text, int order) { return of(List.of(text), order); }

    /** Runs do not cross from one text into the next. */
    public static NGramTrie of(List<int[]> texts, int order) {
        if (order < 1 || order > 8) throw new IllegalArgumentException("NGramTrie: the order is " + order + "; it lies between 1 and 8");
        int longest = 0, total = 0;
        for (var text : texts) {
            total = Math.addExact(total, text.length);
            for (int id : text) {
                if (id < 0) throw new IllegalArgumentException("NGramTrie: there is an id " + id + "; ids are 0 or more");
                longest = Math.max(longest, id);
            }
        }
        // ids from 1 leave 0 for the end of a text, beyond which a run is cut
        int bits = 32 - Integer.numberOfLeadingZeros(longest + 1);
        int[][] ids = new int[order][], counts = new int[order][], starts = new int[order][];
        if ((long) bits * order <= 63) fill(packed(texts, total, order, bits), order, bits, ids, counts, starts);
        else fill(sorted(texts, total, order), order, ids, counts, starts);
        return new NGramTrie(ids, counts, starts);
    }

    private static long[] packed(List<int[]> texts, int total, int order, int bits) {
        var keys = new long[total];
        int at = 0;
        for (var text : texts) {
            for (int i = 0; i < text.length; i++) {
                long key = 0;
                for (int k = 0; k < order; k++) key = key << bits | (i + k < text.length ? text[i + k] + 1 : 0);
                keys[at++] = key;
            }
        }
        Arrays.parallelSort(keys);
        return keys;
    }

    private static void fill(long[] keys, int order, int bits, int[][] ids, int[][] counts, int[][] starts) {
        var window = new int[keys.length][];
        long mask = (1L << bits) - 1;
        for (int i = 0; i < keys.length; i++) {
            var w = new int[order];
            for (int k = 0; k < order; k++) w[k] = (int) (keys[i] >>> bits * (order - 1 - k) & mask);
            window[i] = w;
        }
        fill(window, order, ids, counts, starts);
    }

    private static int[][] sorted(List<int[]> texts, int total, int order) {
        var windows = new int[total][];
        int at = 0;
        for (var text : texts) {
            for (int i = 0; i < text.length; i++) {
                var w = new int[order];
                for (int k = 0; k < order; k++) w[k] = i + k < text.length ? text[i + k] + 1 : 0;
                windows[at++] = w;
            }
        }
        Arrays.parallelSort(windows, Arrays::compare);
        return windows;
    }

    private static void fill(int[][] windows, int order, int[][] ids, int[][] counts, int[][] starts) {
        for (int n = 0; n < order; n++) {
            int size = 0;
            for (int i = 0; i < windows.length; i++) if (windows[i][n] != 0 && isNew(windows, i, n)) size++;
            ids[n] = new int[size];
            counts[n] = new int[size];
            if (n > 0) starts[n - 1] = new int[ids[n - 1].length + 1];
            int at = -1, parent = -1;
            for (int i = 0; i < windows.length; i++) {
                if (n > 0 && windows[i][n - 1] != 0 && isNew(windows, i, n - 1)) starts[n - 1][++parent] = at + 1;
                if (windows[i][n] == 0) continue;
                if (isNew(windows, i, n)) ids[n][++at] = windows[i][n] - 1;
                counts[n][at]++;
            }
            if (n > 0) starts[n - 1][ids[n - 1].length] = size;
        }
    }

    /** Whether the run of n + 1 ids at this place is another than before. */
    private static boolean isNew(int[][] windows, int i, int n) {
        return i == 0 || Arrays.mismatch(windows[i - 1], 0, n + 1, windows[i], 0, n + 1) >= 0;
    }

    public int order() { return ids.length; }

    /** Different runs of this length. */
    public int distinct(int n) { return ids[check(n)].length; }

    /** How often a run was met; 0 for one that never was. */
    public int count(int... gram) {
        int n = check(gram.length), at = place(gram);
        return at < 0 ? 0 : counts[n][at];
    }

    private int place(int[] gram) {
        int from = 0, to = ids[0].length, at = -1;
        for (int k = 0; k < gram.length; k++) {
            at = Arrays.binarySearch(ids[k], from, to, gram[k]);
            if (at < 0) return -1;
            if (k + 1 < gram.length) {
                from = starts[k][at];
                to = starts[k][at + 1];
            }
        }
        return at;
    }

    /** Ids that follow a run, ascending, each with its count; of no run, all ids. */
    public List<Counted> followers(int... gram) {
        int n = gram.length;
        check(n + 1);
        int at = n == 0 ? 0 : place(gram);
        if (at < 0) return List.of();
        int from = n == 0 ? 0 : starts[n - 1][at], to = n == 0 ? ids[0].length : starts[n - 1][at + 1];
        var found = new ArrayList<Counted>();
        for (int i = from; i < to; i++) found.add(new Counted(new int[] {ids[n][i]}, counts[n][i]));
        return found;
    }

    /** The most frequent runs of this length, of equal ones the smaller ids first. */
    public List<Counted> top(int n, int most) {
        int level = check(n);
        var all = new ArrayList<Counted>();
        collect(level, new int[n], 0, 0, ids[0].length, all);
        all.sort((a, b) -> a.count != b.count ? Integer.compare(b.count, a.count) : Arrays.compare(a.gram, b.gram));
        return List.copyOf(all.subList(0, Math.min(most, all.size())));
    }

    private void collect(int level, int[] gram, int k, int from, int to, List<Counted> all) {
        for (int i = from; i < to; i++) {
            gram[k] = ids[k][i];
            if (k == level) all.add(new Counted(gram.clone(), counts[k][i]));
            else collect(level, gram, k + 1, starts[k][i], starts[k][i + 1], all);
        }
    }

    /** Of the arrays that hold it. */
    public long bytes() {
        long sum = 0;
        for (int[][] level : new int[][][] {ids, counts, starts}) for (var a : level) if (a != null) sum += 16 + 4L * a.length;
        return sum;
    }

    private int check(int n) {
        if (n < 1 || n > ids.length)
            throw new IllegalArgumentException("NGramTrie: runs of " + n + "; it counts those of 1 to " + ids.length);
        return n - 1;
    }
}
