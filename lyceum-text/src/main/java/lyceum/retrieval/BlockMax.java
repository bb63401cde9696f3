package lyceum.retrieval;

import java.util.BitSet;
import lyceum.text.internal.TopScores;

/** Block-max WAND: documents whose blocks' bounds do not reach the worst of the top are passed over, and the top stays exact. Ding and Suel (2011). */
final class BlockMax {
    /** Sums of bounds are rounded otherwise than sums of scores. */
    private static final double SLACK = 1 + 1e-9;

    private final PostingCursor[] cursors;
    private final PostingCursor.Contribution[] contributions;
    private final double[] bounds;
    private final int[] order;
    private long scored;

    BlockMax(PostingCursor[] cursors, PostingCursor.Contribution[] contributions) {
        this.cursors = cursors;
        this.contributions = contributions;
        bounds = new double[cursors.length];
        order = new int[cursors.length];
        for (int i = 0; i < order.length; i++) {
            order[i] = i;
            bounds[i] = cursors[i].bound(contributions[i]);
            cursors[i].next();
        }
    }

    /** Offers documents as numbers from {@code base} on, and gives how many postings were scored. */
    long collect(TopScores top, int base, BitSet excluded, boolean skipping) {
        while (true) {
            double threshold = skipping ? top.threshold() : Double.NEGATIVE_INFINITY;
            sort();
            int pivot = pivot(threshold);
            if (pivot < 0) return scored;
            int document = document(pivot);
            while (pivot + 1 < order.length && document(pivot + 1) == document) pivot++;
            double bound = 0;
            if (skipping) for (int i = 0; i <= pivot; i++) bound += cursors[order[i]].blockBound(document, contributions[order[i]]);
            if (bound * SLACK > threshold) {
                if (document(0) < document) {
                    for (int i = 0; i < pivot; i++) cursors[order[i]].advance(document);
                    continue;
                }
                if (!excluded.get(document)) top.offer(base + document, score(document));
                for (int i = 0; i <= pivot; i++) cursors[order[i]].next();
            } else skip(pivot, document);
        }
    }

    private int document(int i) { return cursors[order[i]].document(); }

    private void sort() {
        for (int i = 1; i < order.length; i++) {
            int moved = order[i], j = i;
            for (; j > 0 && document(j - 1) > cursors[moved].document(); j--) order[j] = order[j - 1];
            order[j] = moved;
        }
    }

    /** The first list at which the sum of bounds beats the threshold, or -1. */
    private int pivot(double threshold) {
        double sum = 0;
        for (int i = 0; i < order.length && document(i) != PostingCursor.END; i++) {
            sum += bounds[order[i]];
            if (sum * SLACK > threshold) return i;
        }
        return -1;
    }

    /** In the order of the query, so that every way through the lists rounds alike. */
    private double score(int document) {
        double score = 0;
        for (int t = 0; t < cursors.length; t++) {
            if (cursors[t].document() != document) continue;
            score += contributions[t].of(cursors[t].count(), cursors[t].length());
            scored++;
        }
        return score;
    }

    private void skip(int pivot, int document) {
        int next = pivot + 1 < order.length ? document(pivot + 1) : PostingCursor.END;
        for (int i = 0; i <= pivot; i++) next = Math.min(next, cursors[order[i]].blockEnd(document) + 1);
        for (int i = 0; i <= pivot; i++) cursors[order[i]].advance(Math.max(next, document + 1));
    }
}
