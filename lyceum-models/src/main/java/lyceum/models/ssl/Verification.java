package lyceum.models.ssl;

import java.util.Arrays;
import lyceum.stats.MannWhitney;

/**
 * One against one: distances of pairs that belong together and of pairs that do not, and what a threshold on them costs. A pair is accepted where its distance is
 * at most the threshold.
 *
 * {@snippet :
 * var check = new Verification(new double[] {0.1, 0.4, 0.2}, new double[] {0.9, 0.3, 1.2});
 * check.equalError().rate();                 // where both errors meet: for reports
 * check.atFalseAccepts(0.001).threshold();   // for use
 * }
 *
 * @param genuine distances of matching pairs, ascending
 * @param impostor distances of mismatches, ascending
 */
public record Verification(double[] genuine, double[] impostor) {
    /**
     * A threshold and its errors.
     *
     * @param falseAccepts share of mismatches at or below it
     * @param falseRejects share of matching pairs above it
     */
    public record Operating(double threshold, double falseAccepts, double falseRejects) {
        /** The mean of both errors: the equal error rate where they meet. */
        public double rate() { return (falseAccepts + falseRejects) / 2; }
    }

    public Verification {
        genuine = sorted("genuine", genuine);
        impostor = sorted("impostor", impostor);
    }

    private static double[] sorted(String kind, double[] distances) {
        if (distances.length == 0) throw new IllegalArgumentException("Verification: no " + kind + " pair; both kinds are needed");
        var ascending = distances.clone();
        Arrays.sort(ascending);
        if (Double.isNaN(ascending[ascending.length - 1]))
            throw new IllegalArgumentException("Verification: a " + kind + " distance is NaN");
        return ascending;
    }

    /** The share of all pairs of pairs in which the mismatch is farther apart, ties counted half: the area under the ROC curve. */
    public double auc() { return MannWhitney.statistic(impostor, genuine) / ((double) impostor.length * genuine.length); }

    /** What a threshold costs. */
    public Operating at(double threshold) {
        return new Operating(threshold, (double) atMost(impostor, threshold) / impostor.length,
                1 - (double) atMost(genuine, threshold) / genuine.length);
    }

    private static int atMost(double[] ascending, double threshold) {
        int low = 0, high = ascending.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (ascending[middle] <= threshold) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    /** The observed distance at which the two errors are nearest to each other; of equals the smallest. */
    public Operating equalError() {
        var best = at(Double.NEGATIVE_INFINITY);
        for (var distances : new double[][] {genuine, impostor}) for (double threshold : distances) {
            var here = at(threshold);
            double gap = Math.abs(here.falseAccepts - here.falseRejects), least = Math.abs(best.falseAccepts - best.falseRejects);
            if (gap < least || gap == least && threshold < best.threshold) best = here;
        }
        return best;
    }

    /** The largest observed distance that accepts at most this share of mismatches; minus infinity where none does. @param rate in [0, 1] */
    public Operating atFalseAccepts(double rate) {
        if (!(rate >= 0 && rate <= 1)) throw new IllegalArgumentException("atFalseAccepts: rate is " + rate + "; it lies in [0, 1]");
        var best = at(Double.NEGATIVE_INFINITY);
        for (var distances : new double[][] {genuine, impostor}) for (double threshold : distances) {
            if (threshold > best.threshold && (double) atMost(impostor, threshold) / impostor.length <= rate) best = at(threshold);
        }
        return best;
    }

    /** The chance of at least one false match among so many strangers: {@code 1 - (1 - falseAccepts)^gallery}. */
    public static double falseMatchAmong(double falseAccepts, long gallery) { return -Math.expm1(gallery * Math.log1p(-falseAccepts)); }
}
