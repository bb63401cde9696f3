package lyceum.learn.cost;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import lyceum.ShapeException;

/**
 * The cut of least cost on rows whose mistakes have costs of their own, found by trying all: {@code sum of alarm_i over called negatives + miss_i over positives
 * not called}.
 *
 * @param threshold the least score that is called positive; infinity calls none. Of several the highest
 * @param cost on the rows it was chosen from
 */
public record CostThreshold(double threshold, double cost) {

    /** @param alarm what it costs to call a row, if it is negative @param miss what it costs not to call it, if it is positive */
    public static CostThreshold of(boolean[] positive, double[] scores, double[] alarm, double[] miss) {
        int n = scores.length;
        if (positive.length != n || alarm.length != n || miss.length != n) throw new ShapeException(
                "CostThreshold: " + positive.length + " labels, " + n + " scores, " + alarm.length + " and " + miss.length + " costs");
        for (double s : scores) if (Double.isNaN(s)) throw new IllegalArgumentException("CostThreshold: a score is NaN");
        int[] order = IntStream.range(0, n).boxed().sorted(Comparator.comparingDouble(i -> -scores[i])).mapToInt(i -> i).toArray();
        double cost = 0;
        for (int i = 0; i < n; i++) if (positive[i]) cost += miss[i];
        double best = cost, threshold = Double.POSITIVE_INFINITY;
        for (int k = 0; k < n; k++) {
            int i = order[k];
            cost += positive[i] ? -miss[i] : alarm[i];
            if (k + 1 < n && scores[order[k + 1]] == scores[i]) continue;
            // sums taken in another order differ in the last digits: such a gain is none
            if (cost < best - 1e-12 * Math.max(1, Math.abs(best))) {
                best = cost;
                threshold = scores[i];
            }
        }
        return new CostThreshold(threshold, best);
    }

    /** The same with one cost for all. */
    public static CostThreshold of(boolean[] positive, double[] scores, double alarm, double miss) {
        double[] alarms = new double[scores.length], misses = new double[scores.length];
        Arrays.fill(alarms, alarm);
        Arrays.fill(misses, miss);
        return of(positive, scores, alarms, misses);
    }
}
