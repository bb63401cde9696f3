package lyceum.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.function.ObjLongConsumer;
import lyceum.text.internal.IntList;
import lyceum.text.internal.PairTable;

/**
 * Words as sequences of symbols and an index of all neighbouring pairs with their counts, kept up to date while pairs are merged: a merge touches the words that have the
 * pair and no other. Ties go to the pair that comes first in the order of its texts.
 */
final class MergeLearner {
    final List<String> symbols = new ArrayList<>();
    private final Map<String, Integer> ids = new HashMap<>();
    private final List<int[]> words = new ArrayList<>();
    private final IntList lengths = new IntList();
    private long[] wordCounts = new long[64], pairCounts = new long[64], symbolCounts = new long[64];
    private int[] lefts = new int[64], rights = new int[64];
    private IntList[] places = new IntList[64];
    private int pairs;
    private final PairTable table = new PairTable(1024);
    private final PriorityQueue<long[]> queue = new PriorityQueue<>(
            (a, b) -> a[0] != b[0] ? Long.compare(b[0], a[0]) : order((int) a[1], (int) b[1]));
    private final boolean queued;

    /** With a queue for the most frequent pair, or without for other rules. */
    MergeLearner(boolean queued) { this.queued = queued; }

    int symbol(String text) {
        var known = ids.putIfAbsent(text, symbols.size());
        if (known != null) return known;
        symbols.add(text);
        if (symbols.size() > symbolCounts.length) symbolCounts = Arrays.copyOf(symbolCounts, 2 * symbolCounts.length);
        return symbols.size() - 1;
    }

    void add(List<String> word, long count) {
        var ids = new int[word.size()];
        for (int i = 0; i < ids.length; i++) ids[i] = symbol(word.get(i));
        if (words.size() == wordCounts.length) wordCounts = Arrays.copyOf(wordCounts, 2 * wordCounts.length);
        wordCounts[words.size()] = count;
        words.add(ids);
        lengths.add(ids.length);
    }

    /** After the last word and before the first merge. */
    void index() {
        for (int w = 0; w < words.size(); w++) tally(w, 1);
        if (queued) for (int p = 0; p < pairs; p++) queue.add(new long[] {pairCounts[p], p});
    }

    private void tally(int w, int sign) {
        int[] word = words.get(w);
        long count = sign * wordCounts[w];
        int n = lengths.get(w);
        for (int i = 0; i < n; i++) {
            symbolCounts[word[i]] += count;
            if (i + 1 == n) continue;
            int p = pair(word[i], word[i + 1], w); // first, for it may move the counts
            pairCounts[p] += count;
        }
    }

    private int pair(int left, int right, int w) {
        int place = table.find(left, right), p;
        if (place >= 0) p = table.first(place);
        else {
            p = pairs++;
            if (p == lefts.length) {
                lefts = Arrays.copyOf(lefts, 2 * p);
                rights = Arrays.copyOf(rights, 2 * p);
                pairCounts = Arrays.copyOf(pairCounts, 2 * p);
                places = Arrays.copyOf(places, 2 * p);
            }
            lefts[p] = left;
            rights[p] = right;
            places[p] = new IntList();
            table.put(left, right, p, 0);
        }
        var where = places[p];
        if (where.size == 0 || where.items[where.size - 1] != w) where.add(w);
        return p;
    }

    private int order(int p, int q) {
        int byLeft = symbols.get(lefts[p]).compareTo(symbols.get(lefts[q]));
        return byLeft != 0 ? byLeft : symbols.get(rights[p]).compareTo(symbols.get(rights[q]));
    }

    /** The most frequent pair that is seen at least so often, -1 if there is none. */
    int mostFrequent(long least) {
        while (!queue.isEmpty()) {
            var top = queue.poll();
            int p = (int) top[1];
            if (top[0] == pairCounts[p]) return top[0] >= least ? p : -1;
            if (pairCounts[p] > 0 && pairCounts[p] < top[0]) queue.add(new long[] {pairCounts[p], p});
        }
        return -1;
    }

    /** The pair seen at least so often whose count over the product of its parts' counts is greatest, -1 if there is none. */
    int mostBound(long least) {
        int best = -1;
        double high = -1;
        for (int p = 0; p < pairs; p++) {
            if (pairCounts[p] < least) continue;
            double score = (double) pairCounts[p] / ((double) symbolCounts[lefts[p]] * symbolCounts[rights[p]]);
            if (score < high || score == high && order(p, best) > 0) continue;
            high = score;
            best = p;
        }
        return best;
    }

    String left(int p) { return symbols.get(lefts[p]); }

    String right(int p) { return symbols.get(rights[p]); }

    /** Never again. */
    void forget(int p) { pairCounts[p] = Long.MIN_VALUE / 2; }

    /** Merges a pair into a symbol everywhere. */
    void merge(int p, String joined) {
        int left = lefts[p], right = rights[p], symbol = symbol(joined);
        var where = places[p];
        int first = pairs;
        var changed = new IntList();
        for (int k = 0; k < where.size; k++) {
            int w = where.get(k);
            if (!has(w, left, right)) continue;
            tally(w, -1);
            int[] word = words.get(w);
            int n = lengths.get(w), to = 0;
            for (int i = 0; i < n; i++) {
                if (i + 1 < n && word[i] == left && word[i + 1] == right) {
                    word[to++] = symbol;
                    i++;
                } else word[to++] = word[i];
            }
            lengths.items[w] = to;
            tally(w, 1);
            for (int i = 0; i + 1 < to; i++)
                if (word[i] == symbol || word[i + 1] == symbol) changed.add(table.first(table.find(word[i], word[i + 1])));
        }
        places[p] = new IntList();
        if (!queued) return;
        // counts that fell are found out at the top of the queue; those that rose must be told to it
        Arrays.sort(changed.items, 0, changed.size);
        for (int i = 0; i < changed.size; i++) {
            int q = changed.get(i);
            if ((i == 0 || changed.get(i - 1) != q) && (q >= first || pairCounts[q] > 0)) queue.add(new long[] {pairCounts[q], q});
        }
    }

    private boolean has(int w, int left, int right) {
        int[] word = words.get(w);
        for (int i = 0; i + 1 < lengths.get(w); i++) if (word[i] == left && word[i + 1] == right) return true;
        return false;
    }

    /** Each symbol and how often it is there now. */
    void forEachSymbolCount(ObjLongConsumer<String> action) {
        for (int i = 0; i < symbols.size(); i++) action.accept(symbols.get(i), symbolCounts[i]);
    }
}
