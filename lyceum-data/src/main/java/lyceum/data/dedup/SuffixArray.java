package lyceum.data.dedup;

import java.util.Arrays;

/**
 * The suffixes of a sequence in order (Manber and Myers 1993), with the lengths of what neighbours have in common (Kasai and others 2001): runs that occur
 * twice stand side by side. Built by doubling, {@code O(n log n)} time, 20 bytes a token while it is built.
 */
public final class SuffixArray {
    private final int[] tokens, order;

    private SuffixArray(int[] tokens, int[] order) {
        this.tokens = tokens;
        this.order = order;
    }

    /** Sorts the suffixes of a sequence of any whole numbers. */
    public static SuffixArray of(int[] tokens) {
        int n = tokens.length;
        var copy = tokens.clone();
        int[] order = new int[n], rank = ranks(copy), next = new int[n], counts = new int[n + 1];
        int classes = rank.length == 0 ? 0 : Arrays.stream(rank).max().getAsInt() + 1;
        sortByRank(rank, n, counts, classes, i -> i, order);
        var second = new int[n];
        for (int length = 1; classes < n; length *= 2) {
            int k = 0;
            for (int i = Math.max(0, n - length); i < n; i++) second[k++] = i;
            for (int i = 0; i < n; i++) if (order[i] >= length) second[k++] = order[i] - length;
            var by = second;
            sortByRank(rank, n, counts, classes, i -> by[i], order);
            int distinct = 0;
            for (int i = 0; i < n; i++) {
                if (i > 0 && !same(rank, order[i - 1], order[i], length)) distinct++;
                next[order[i]] = distinct;
            }
            var swap = rank;
            rank = next;
            next = swap;
            classes = distinct + 1;
        }
        return new SuffixArray(copy, order);
    }

    private interface Place {
        int at(int i);
    }

    /** Stable: equal ranks keep the order in which {@code place} names them. */
    private static void sortByRank(int[] rank, int n, int[] counts, int classes, Place place, int[] order) {
        Arrays.fill(counts, 0, classes + 1, 0);
        for (int i = 0; i < n; i++) counts[rank[i] + 1]++;
        for (int c = 0; c < classes; c++) counts[c + 1] += counts[c];
        for (int i = 0; i < n; i++) {
            int at = place.at(i);
            order[counts[rank[at]]++] = at;
        }
    }

    private static boolean same(int[] rank, int a, int b, int length) {
        if (rank[a] != rank[b]) return false;
        int x = a + length < rank.length ? rank[a + length] : -1, y = b + length < rank.length ? rank[b + length] : -1;
        return x == y;
    }

    private static int[] ranks(int[] tokens) {
        var sorted = tokens.clone();
        Arrays.sort(sorted);
        int distinct = 0;
        for (int i = 0; i < sorted.length; i++) if (i == 0 || sorted[i] != sorted[i - 1]) sorted[distinct++] = sorted[i];
        var ranks = new int[tokens.length];
        for (int i = 0; i < ranks.length; i++) ranks[i] = Arrays.binarySearch(sorted, 0, distinct, tokens[i]);
        return ranks;
    }

    /** Where the suffixes begin, in their order. */
    public int[] order() { return order.clone(); }

    /** For each place in the order, how many tokens its suffix has in common with the one before; 0 for the first. */
    public int[] common() {
        int n = tokens.length;
        int[] rank = new int[n], common = new int[n];
        for (int i = 0; i < n; i++) rank[order[i]] = i;
        for (int i = 0, h = 0; i < n; i++) {
            if (rank[i] == 0) {
                h = 0;
                continue;
            }
            int j = order[rank[i] - 1];
            while (i + h < n && j + h < n && tokens[i + h] == tokens[j + h]) h++;
            common[rank[i]] = h;
            if (h > 0) h--;
        }
        return common;
    }

    /**
     * For each position at which a run of {@code length} tokens begins that occurs elsewhere too, the first position of that run; -1 for the others.
     */
    public int[] firstOccurrences(int length) {
        if (length < 1) throw new IllegalArgumentException("SuffixArray.firstOccurrences: runs of " + length + " tokens; at least 1");
        int n = tokens.length;
        var common = common();
        var first = new int[n];
        Arrays.fill(first, -1);
        for (int from = 0; from < n;) {
            int to = from + 1, least = order[from];
            while (to < n && common[to] >= length) least = Math.min(least, order[to++]);
            if (to - from > 1) for (int i = from; i < to; i++) first[order[i]] = least;
            from = to;
        }
        return first;
    }
}
