package lyceum.nn.loss;

import java.util.Arrays;
import lyceum.ShapeException;

/**
 * Rows of a batch that belong together: anchor, positive of its class, negative of another.
 *
 * @see TripletLoss#mine
 */
public record Triplets(int[] anchors, int[] positives, int[] negatives) {
    public Triplets {
        if (anchors.length != positives.length || anchors.length != negatives.length) throw new ShapeException(
                "Triplets: " + anchors.length + " anchors, " + positives.length + " positives and " + negatives.length + " negatives");
    }

    public int count() { return anchors.length; }

    /** Grows. */
    static final class Found {
        private int[] rows = new int[96];
        private int used;

        void add(int anchor, int positive, int negative) {
            if (used == rows.length) rows = Arrays.copyOf(rows, 2 * used);
            rows[used++] = anchor;
            rows[used++] = positive;
            rows[used++] = negative;
        }

        Triplets triplets() { return new Triplets(each(0), each(1), each(2)); }

        private int[] each(int which) {
            var one = new int[used / 3];
            for (int i = 0; i < one.length; i++) one[i] = rows[3 * i + which];
            return one;
        }
    }
}
