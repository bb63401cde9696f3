package lyceum.retrieval;

import java.util.Arrays;
import java.util.BitSet;
import lyceum.text.internal.TopScores;

/**
 * MAXSCORE by blocks: of each stretch of documents those lists are walked whose bounds there reach the worst of the top together; the others are asked about the documents
 * that come up, and the top stays exact. Turtle and Flood (1995); Ding and Suel (2011).
 */
final class BlockMax {
    /** Sums of bounds are rounded otherwise than sums of scores. */
    private static final double SLACK = 1 + 1e-9;

    private final PostingCursor[] cursors;
    private final PostingCursor.Contribution[] contributions;
    /** Of whole lists, of the stretch, and the sums of the stretch's first in {@link #order}. */
    private final double[] bounds, here, below;
    /** What each list gave to a document. */
    private final double[] parts;
    private final int[] weakest, order;
    private long scored;

    BlockMax(PostingCursor[] cursors, PostingCursor.Contribution[] contributions) {
        this.cursors = cursors;
        this.contributions = contributions;
        int n = cursors.length;
        bounds = new double[n];
        here = new double[n];
        below = new double[n + 1];
        parts = new double[n];
        weakest = new int[n];
        order = new int[n];
        for (int i = 0; i < n; i++) {
            weakest[i] = i;
            bounds[i] = cursors[i].bound(contributions[i]);
        }
        sort(weakest, bounds);
    }

    /** Offers documents as numbers from {@code base} on, and gives how many postings were scored. */
    long collect(TopScores top, int base, BitSet excluded, boolean skipping) {
        int last = -1;
        do {
            int from = last + 1;
            last = stretch(from, skipping ? top.threshold() : Double.NEGATIVE_INFINITY);
            if (last < 0) break;
            int walked = walked(skipping ? top.threshold() : Double.NEGATIVE_INFINITY);
            if (walked < order.length) walk(walked, from, last, top, base, excluded, skipping);
        } while (last != PostingCursor.END - 1);
        return scored;
    }

    /** The last document of the stretch from {@code from} on, in which no list changes its block that can reach the top; below 0 if none can. */
    private int stretch(int from, double threshold) {
        int strong = 0, last = PostingCursor.END - 1;
        double sum = 0;
        for (; strong < weakest.length; strong++) {
            int list = weakest[strong];
            sum += bounds[list];
            if (reaches(sum, threshold)) break;
            here[list] = bounds[list];
        }
        if (strong == weakest.length) return -1;
        for (int i = strong; i < weakest.length; i++) {
            int list = weakest[i];
            here[list] = cursors[list].blockBound(from, contributions[list]);
            last = Math.min(last, cursors[list].blockEnd(from));
        }
        System.arraycopy(weakest, 0, order, 0, order.length);
        sort(order, here);
        for (int i = 0; i < order.length; i++) below[i + 1] = below[i] + here[order[i]];
        return last;
    }

    private static boolean reaches(double sum, double threshold) { return Math.max(sum, 0) * SLACK > threshold; }

    /** The first list in order that has to be walked: those before it do not reach the top without it. */
    private int walked(double threshold) {
        int first = 0;
        while (first < order.length && !reaches(below[first + 1], threshold)) first++;
        return first;
    }

    private void walk(int first, int from, int last, TopScores top, int base, BitSet excluded, boolean skipping) {
        int document = PostingCursor.END;
        for (int i = first; i < order.length; i++) document = Math.min(document, cursors[order[i]].advance(from));
        while (document <= last) {
            double sum = 0;
            int next = PostingCursor.END;
            Arrays.fill(parts, 0);
            for (int i = first; i < order.length; i++) {
                int list = order[i];
                var cursor = cursors[list];
                int at = cursor.document();
                if (at == document) {
                    sum += parts[list] = contributions[list].of(cursor.count(), cursor.length());
                    scored++;
                    at = cursor.next();
                }
                next = Math.min(next, at);
            }
            if (!excluded.get(document) && completed(document, sum, first, skipping ? top.threshold() : Double.NEGATIVE_INFINITY))
                top.offer(base + document, score());
            document = next;
        }
    }

    /** Asks the lists that are not walked; false as soon as the document cannot reach the top. */
    private boolean completed(int document, double sum, int first, double threshold) {
        for (int i = first - 1; i >= 0; i--) {
            if (!reaches(sum + below[i + 1], threshold)) return false;
            int list = order[i];
            if (cursors[list].advance(document) != document) continue;
            sum += parts[list] = contributions[list].of(cursors[list].count(), cursors[list].length());
            scored++;
        }
        return true;
    }

    /** In the order of the query, so that every way through the lists rounds alike. */
    private double score() {
        double score = 0;
        for (double part : parts) score += part;
        return score;
    }

    private static void sort(int[] lists, double[] by) {
        for (int i = 1; i < lists.length; i++) {
            int moved = lists[i], j = i;
            for (; j > 0 && by[lists[j - 1]] > by[moved]; j--) lists[j] = lists[j - 1];
            lists[j] = moved;
        }
    }
}
