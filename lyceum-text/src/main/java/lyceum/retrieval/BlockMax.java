package lyceum.retrieval;

import java.util.BitSet;
import lyceum.text.internal.TopScores;

/**
 * The top by MaxScore over blocks: lists whose bounds together do not exceed the worst of the top bring no document of their own, be it at all or in a stretch of documents,
 * where blocks bound them closer. Turtle and Flood (1995); Ding and Suel (2011).
 *
 * <p>Every score is a sum in the order of the lists, and so is every bound. Rounding keeps an order, hence a bound is one to the last bit, and documents that only equal
 * the worst, which are many where texts are of like length, are passed over as well.
 */
final class BlockMax {
    /** Sums of bounds in another order are a shade off; where that decides, they are taken in order. */
    private static final double SLACK = 1e-9;
    /** Documents whose sums are held at once: they stay in the first cache. */
    private static final int WINDOW = 2048;
    /** Lists behind the leading ones that are bounded by stretch. */
    private static final int NEXT = 8;

    private final RankedList[] lists;
    /** Of each list, everywhere and in the stretch at hand, and roughly those of it and all behind it together. */
    private final double[] bounds, rest, near, nearRest;
    private final double slack;
    private final BitSet excluded;
    private final boolean skipping;
    private final TopScores top;
    private final int base;
    /** Of each document of the window, and which there are. */
    private double[] sums;
    private long[] marks;
    /** Lists that bring documents are the first so many; those that are bounded by stretch. */
    private int leading, bounded;
    /** What a document must exceed, and what is below it for certain. */
    private double threshold, below;
    private long scored;
    /** Of documents of the first list alone. */
    private final RankedList.Use offering = (document, added) -> {
        offer(document, added, 1);
        return belowFirst();
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
        near = bounds.clone();
        nearRest = rest.clone();
        slack = SLACK * magnitude;
    }

    /** Gives how many postings were scored. */
    long collect() {
        rise();
        for (int from = 0; leading > 0;) {
            int end = PostingCursor.END;
            for (int t = 0; t < leading; t++) end = Math.min(end, lists[t].blockEnd(from));
            if (end == PostingCursor.END) break;
            int many = leading(from, end);
            if (many == 0) from = end + 1;
            else if (many == 1) from = alone(from, end);
            else from = together(from, end, many);
        }
        return scored;
    }

    /** How many lists bring documents of a stretch in which each has one block at most. */
    private int leading(int from, int end) {
        for (int t = leading; t < bounded; t++) { // of an earlier stretch
            near[t] = bounds[t];
            nearRest[t] = rest[t];
        }
        bounded = leading;
        for (int t = leading - 1; t >= 0; t--) bound(t, lists[t].blockBound());
        if (!skipping) return leading;
        if (!exceeds(0, 0)) return 0;
        bounded = Math.min(lists.length, leading + NEXT);
        for (int t = bounded - 1; t >= leading; t--) bound(t, lists[t].bound(from, end));
        for (int t = leading - 1; t >= 0; t--) bound(t, near[t]);
        int many = leading;
        while (many > 0 && !exceeds(0, many - 1)) many--;
        return many;
    }

    private void bound(int t, double bound) {
        near[t] = bound;
        nearRest[t] = nearRest[t + 1] + bound;
    }

    /** What the first list must exceed where it alone brings documents. */
    private double belowFirst() { return below - nearRest[1]; }

    /** What the top asks for now, and which lists no longer bring documents anywhere. */
    private void rise() {
        threshold = skipping ? top.threshold() : Double.NEGATIVE_INFINITY;
        below = threshold - slack;
        while (leading > 0 && !exceeds(0, leading - 1, bounds, rest)) leading--;
    }

    /** Whether the sum of the first {@code t} lists can grow above the threshold by the others, in this stretch. */
    private boolean exceeds(double sum, int t) { return exceeds(sum, t, near, nearRest); }

    private boolean exceeds(double sum, int t, double[] bounds, double[] rest) {
        double most = sum + rest[t];
        if (most <= below) return false;
        if (most > threshold + slack) return true;
        for (; t < lists.length; t++) sum += bounds[t];
        return sum > threshold;
    }

    /** The documents of the first list. Gives where to go on. */
    private int alone(int from, int end) {
        if (lists[0].advance(from) <= end) scored += lists[0].above(belowFirst(), end, offering);
        return end + 1;
    }

    /** The documents of the first lists in a window that begins with the first of them and ends with the stretch at the latest. Gives where to go on. */
    private int together(int from, int end, int many) {
        int start = PostingCursor.END;
        for (int t = 0; t < many; t++) start = Math.min(start, lists[t].advance(from));
        if (start > end) return end + 1;
        if (sums == null) {
            sums = new double[WINDOW];
            marks = new long[WINDOW / 64];
        }
        int stop = end - start < WINDOW ? end : start + WINDOW - 1;
        for (int t = 0; t < many; t++) scored += lists[t].add(start, stop, sums, marks);
        double others = nearRest[many];
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
