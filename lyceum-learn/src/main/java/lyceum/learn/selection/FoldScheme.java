package lyceum.learn.selection;

import java.util.ArrayList;
import java.util.List;

/**
 * How rows take turns in testing: {@link KFold}, {@link StratifiedKFold}, {@link GroupKFold}, {@link LeaveOneOut}, {@link TimeSeriesSplit}, {@link Repeated},
 * or a user's own.
 */
public interface FoldScheme {

    /**
     * What a scheme may look at.
     *
     * @param n number of rows
     * @param labels the class of each row, or null where there are none
     * @param groups the group of each row, or null where there are none
     */
    record Rows(int n, long[] labels, int[] groups) {
        public Rows {
            if (n < 0) throw new IllegalArgumentException("folds: " + n + " rows");
            if (labels != null && labels.length != n)
                throw new lyceum.ShapeException("folds: " + labels.length + " labels for " + n + " rows");
            if (groups != null && groups.length != n)
                throw new lyceum.ShapeException("folds: " + groups.length + " groups for " + n + " rows");
        }

        /** Rows without classes and groups. */
        public static Rows of(int n) { return new Rows(n, null, null); }
    }

    /** The folds, in order; the same for the same rows. */
    List<Fold> folds(Rows rows);

    /** {@link #folds(Rows)} of rows without classes and groups. */
    default List<Fold> folds(int n) { return folds(Rows.of(n)); }

    /** A scheme that can deal rows at random. */
    interface Shuffled extends FoldScheme {
        /** The same scheme with rows dealt in an order that follows from {@code seed}. */
        Shuffled shuffled(long seed);
    }

    /** Folds from the number of the fold that tests each row. */
    static List<Fold> fromTestFold(int[] testFold, int k) {
        var folds = new ArrayList<Fold>(k);
        for (int f = 0; f < k; f++) {
            var tested = new boolean[testFold.length];
            for (int i = 0; i < tested.length; i++) tested[i] = testFold[i] == f;
            folds.add(Fold.testing(tested));
        }
        return folds;
    }
}
