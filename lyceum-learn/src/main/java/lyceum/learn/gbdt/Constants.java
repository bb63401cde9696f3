package lyceum.learn.gbdt;

import java.util.Arrays;
import java.util.stream.IntStream;

/** Single numbers that stand for many rows. */
final class Constants {
    private Constants() {}

    static double mean(double[] y, double[] w) {
        double mean = 0, weight = 0;
        for (int i = 0; i < y.length; i++) {
            if (w[i] == 0) continue;
            weight += w[i];
            mean += w[i] / weight * (y[i] - mean);
        }
        return mean;
    }

    /** Where the sum of gradients turns positive, by bisection to the last bits. */
    static double leastLoss(RowObjective objective, double[] y, double[] w) {
        double low = -1, high = 1;
        for (int k = 0; k < 40 && slope(objective, y, w, low) > 0; k++) low *= 2;
        for (int k = 0; k < 40 && slope(objective, y, w, high) < 0; k++) high *= 2;
        for (int k = 0; k < 100; k++) {
            double middle = low + (high - low) / 2;
            if (!(middle > low && middle < high)) break;
            if (slope(objective, y, w, middle) < 0) low = middle;
            else high = middle;
        }
        return low + (high - low) / 2;
    }

    private static double slope(RowObjective objective, double[] y, double[] w, double f) {
        double sum = 0;
        for (int i = 0; i < y.length; i++) if (w[i] > 0) sum += w[i] * objective.gradient(y[i], f);
        return sum;
    }

    /**
     * A quantile as XGBoost takes it: of equal weights the value at place {@code alpha (n + 1)} of the sorted, between two of them in proportion;
     * else the first value up to which the weights reach alpha of all.
     */
    static double quantile(double[] values, double[] w, double alpha) {
        int n = values.length;
        boolean equal = true;
        for (double each : w) equal &= each == w[0];
        if (equal) {
            double[] sorted = values.clone();
            Arrays.sort(sorted);
            if (alpha <= 1.0 / (n + 1)) return sorted[0];
            if (alpha >= n / (n + 1.0)) return sorted[n - 1];
            double place = alpha * (n + 1) - 1;
            int below = (int) Math.floor(place);
            int above = Math.min(below + 1, n - 1); // rounding may reach the last place for an alpha just below n / (n + 1)
            return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
        }
        int[] order = IntStream.range(0, n).boxed().sorted((a, b) -> Double.compare(values[a], values[b])).mapToInt(Integer::intValue)
                .toArray();
        double all = 0, sum = 0;
        for (int i : order) all += w[i];
        for (int i : order) {
            sum += w[i];
            if (sum >= alpha * all) return values[i];
        }
        return values[order[n - 1]];
    }
}
