package lyceum.retrieval;

import java.util.BitSet;
import lyceum.text.internal.TopScores;

/**
 * The top by MaxScore over blocks: lists whose bounds together do not exceed the worst of the top bring no document of their own, and stretches in which the blocks of the
 * others do not exceed it are passed over unread. Turtle and Flood (1995); Ding and Suel (2011).
 *
 * <p>Every score is a sum in the order of the lists, and so is every bound. Rounding keeps an order, hence a bound is one to the last bit, and documents that only equal
 * the worst, which are many where texts are of like length, are passed over as well.
 */
final class BlockMax {
    /** Sums of bounds in another order are a shade off; where that decides, they are taken in order. */
    private static final double SLACK = 1e-9;
    /** Documents whose sums are held at once: they stay in the first cache. */
    private static final int WINDOW = 2048;

    private final RankedList[] lists;
    private final double[] bounds, rest;
    private final double slack;
    private final BitSet excluded;
    private final boolean skipping;
    private final TopScores top;
    private final int base;
    /** Of each document of the window, and which there are. */
    private double[] sums;
    private long[] marks;
    /** Lists that bring documents are the first so many. */
    private int leading;
    /** What a document must exceed, and what is below it for certain. */
    private double threshold, below;
    private long scored;
    /** Of documents of the first list alone. */
    private final RankedList.Use offering = (document, added) -> {
        offer(document, added, 1);
        return below();
    };

    /** @param lists the greatest scale first, whatever the segment; offers documents as numbers from {@code base} on */
    BlockMax(RankedList[] lists, TopScores top, int base, BitSet excluded, boolean skipping) {
        int n = lists.length;
        this.lists = lists;
        this.top = top;
        this.base = base;
        this.excluded = excluded;
        this.skipping = skipping;
        leading = n;
        bounds = new double[n];
        rest = new double[n + 1];
        double magnitude = 0;
        for (int t = n - 1; t >= 0; t--) {
            bounds[t] = lists[t].bound();
            rest[t] = rest[t + 1] + bounds[t];
            magnitude += lists[t].magnitude();
        }
        slack = SLACK * magnitude;
    }

    /** Gives how many postings were scored. */
    long collect() {
        rise();
        for (int from = 0; leading > 0;) {
            int end = PostingCursor.END;
            double most = 0;
            for (int t = 0; t < leading; t++) {
                int last = lists[t].blockEnd(from);
                if (last == PostingCursor.END) continue;
                end = Math.min(end, last);
                most += lists[t].blockBound();
            }
            if (end == PostingCursor.END) break;
            if (!exceeds(most, leading)) from = end + 1;
            else if (leading == 1) from = alone(from, end);
            else from = together(from, end);
        }
        return scored;
    }

    /** What the first list must exceed where it alone brings documents. */
    private double below() { return below - rest[1]; }

    /** What the top asks for now, and which lists no longer bring documents. */
    private void rise() {
        threshold = skipping ? top.threshold() : Double.NEGATIVE_INFINITY;
        below = threshold - slack;
        while (leading > 0 && !exceeds(0, leading - 1)) leading--;
    }

    /** Whether the sum of the first {@code t} lists can grow above the threshold by the others. */
    private boolean exceeds(double sum, int t) {
        double most = sum + rest[t];
        if (most <= below) return false;
        if (most > threshold + slack) return true;
        for (; t < lists.length; t++) sum += bounds[t];
        return sum > threshold;
    }

    /** The documents of the first list to the end of a block. Gives where to go on. */
    private int alone(int from, int end) {
        lists[0].advance(from);
        scored += lists[0].above(below(), offering);
        return end + 1;
    }

    /** The documents of the leading lists in a window that begins with the first of them and ends with a block at most. Gives where to go on. */
    private int together(int from, int end) {
        int start = PostingCursor.END, many = leading;
        for (int t = 0; t < many; t++) start = Math.min(start, lists[t].advance(from));
        if (start > end) return end + 1;
        if (sums == null) {
            sums = new double[WINDOW];
            marks = new long[WINDOW / 64];
        }
        int stop = end - start < WINDOW ? end : start + WINDOW - 1;
        for (int t = 0; t < many; t++) scored += lists[t].add(start, stop, sums, marks);
        double others = rest[many];
        for (int w = 0; w <= stop - start >>> 6; w++) {
            for (long word = marks[w]; word != 0; word &= word - 1) {
                int d = w << 6 | Long.numberOfTrailingZeros(word);
                double sum = sums[d];
                sums[d] = 0;
                if (sum + others > below) offer(start + d, sum, many);
            }
            marks[w] = 0;
        }
        return stop + 1;
    }

    /** Looks the document up in the lists from {@code t} on, as long as it can still exceed the threshold. */
    private void offer(int document, double sum, int t) {
        if (excluded.get(document)) return;
        for (; t < lists.length; t++) {
            var list = lists[t];
            if (!exceeds(sum, t)) return;
            if (list.blockEnd(document) == PostingCursor.END) continue;
            if (!exceeds(sum + list.blockBound(), t + 1)) return;
            if (list.advance(document) != document) continue;
            sum += list.added();
            scored++;
        }
        if (!(sum > threshold)) return;
        top.offer(base + document, sum);
        rise();
    }
}
