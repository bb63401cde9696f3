package lyceum.retrieval;

import java.util.BitSet;
import java.util.Comparator;
import java.util.stream.IntStream;
import lyceum.text.internal.TopScores;

/**
 * The top by MaxScore over blocks: lists whose bounds together do not reach the worst of the top bring no document of their own, and stretches in which the blocks of the
 * others do not reach it are passed over unread. The top stays exact. Turtle and Flood (1995); Ding and Suel (2011).
 */
final class BlockMax {
    /** Sums of bounds are rounded otherwise than sums of scores. */
    private static final double SLACK = 1e-9;

    private final PostingCursor[] cursors;
    private final PostingCursor.Contribution[] contributions;
    /** Lists by their bounds, the least first, and the sums of the bounds of those before. */
    private final int[] order;
    private final double[] bounds, below;
    /** What each term gives to the document at hand, 0 where it does not stand there. */
    private final double[] given;
    private TopScores top;
    private double threshold;
    private long scored;

    BlockMax(PostingCursor[] cursors, PostingCursor.Contribution[] contributions) {
        int n = cursors.length;
        this.cursors = cursors;
        this.contributions = contributions;
        bounds = new double[n];
        given = new double[n];
        below = new double[n + 1];
        for (int t = 0; t < n; t++) bounds[t] = cursors[t].bound(contributions[t]);
        order = IntStream.range(0, n).boxed().sorted(Comparator.comparingDouble(t -> bounds[t])).mapToInt(t -> t).toArray();
        for (int i = 0; i < n; i++) below[i + 1] = below[i] + bounds[order[i]];
    }

    /** Offers documents as numbers from {@code base} on, and gives how many postings were scored. */
    long collect(TopScores top, int base, BitSet excluded, boolean skipping) {
        this.top = top;
        threshold = skipping ? top.threshold() : Double.NEGATIVE_INFINITY;
        int n = order.length, optional = 0, from = 0;
        while (true) {
            while (optional < n && !reaches(below[optional + 1])) optional++;
            int end = PostingCursor.END;
            double most = below[optional];
            for (int i = optional; i < n; i++) {
                int last = cursors[order[i]].blockEnd(from);
                end = Math.min(end, last);
                if (skipping && last < PostingCursor.END) most += cursors[order[i]].blockBound(contributions[order[i]]);
            }
            if (end == PostingCursor.END) return scored;
            if (reaches(most)) stretch(from, end, optional, base, excluded, skipping);
            from = end + 1;
        }
    }

    private boolean reaches(double sum) { return sum + SLACK * Math.abs(sum) > threshold; }

    /** The documents of the lists from {@code optional} on, up to {@code end}; at most one block of each. */
    private void stretch(int from, int end, int optional, int base, BitSet excluded, boolean skipping) {
        int n = order.length, document = PostingCursor.END;
        for (int i = optional; i < n; i++) document = Math.min(document, cursors[order[i]].advance(from));
        while (document <= end) {
            int next = PostingCursor.END;
            double sum = below[optional];
            for (int i = optional; i < n; i++) {
                int t = order[i];
                var cursor = cursors[t];
                given[t] = 0;
                if (cursor.document() == document) {
                    sum += given[t] = contributions[t].of(cursor.count(), cursor.length());
                    scored++;
                    cursor.nextWithin(end);
                }
                next = Math.min(next, cursor.document());
            }
            if (reaches(sum) && !excluded.get(document) && reaches(document, sum, optional)) {
                double score = 0; // in the order of the query, so that every way through the lists rounds alike
                for (double each : given) score += each;
                top.offer(base + document, score);
                if (skipping) threshold = top.threshold();
            }
            document = next;
        }
    }

    /** Looks the document up in the lists that bring none of their own, the greatest bound first, as long as it can still reach the top. */
    private boolean reaches(int document, double most, int optional) {
        for (int i = optional - 1; i >= 0; i--) {
            int t = order[i];
            var cursor = cursors[t];
            given[t] = 0;
            most -= bounds[t];
            if (cursor.blockEnd(document) == PostingCursor.END) continue;
            if (!reaches(most + cursor.blockBound(contributions[t]))) return false;
            if (cursor.advance(document) != document) continue;
            most += given[t] = contributions[t].of(cursor.count(), cursor.length());
            scored++;
        }
        return reaches(most);
    }
}
