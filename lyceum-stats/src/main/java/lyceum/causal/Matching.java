package lyceum.causal;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.stats.Descriptive;

/** Nearest neighbours across arms, and within them for the variance. */
final class Matching {
    private Matching() {}

    static Effect effect(PotentialOutcomes data, int k, boolean ofTreated) {
        int n = data.size(), d = data.covariates()[0].length;
        int arm = data.outcomes(true).length;
        if (k < 1 || k > Math.min(arm, n - arm)) throw new IllegalArgumentException(
                "matching: k is " + k + "; it is from 1 to the size of the smaller arm, " + Math.min(arm, n - arm));
        if (d == 0) throw new IllegalArgumentException("matching: there are no covariates to match on");
        var scale = new double[d];
        for (int j = 0; j < d; j++) {
            int column = j;
            double variance = Descriptive.variance(IntStream.range(0, n).mapToDouble(i -> data.covariates()[i][column]).toArray());
            scale[j] = variance == 0 ? 0 : 1 / variance;
        }
        double[] terms = new double[n], used = new double[n];
        double mean = 0, count = 0, noise = 0;
        for (int i = 0; i < n; i++) {
            int twin = nearest(data, scale, i, data.treated()[i], 1)[0];
            if (twin >= 0) noise += (data.outcome()[i] - data.outcome()[twin]) * (data.outcome()[i] - data.outcome()[twin]) / (2.0 * n);
            if (ofTreated && !data.treated()[i]) continue;
            double match = 0;
            for (int j : nearest(data, scale, i, !data.treated()[i], k)) {
                match += data.outcome()[j] / k;
                used[j] += 1.0 / k;
            }
            terms[i] = data.treated()[i] ? data.outcome()[i] - match : match - data.outcome()[i];
            mean += terms[i];
            count++;
        }
        mean /= count;
        double variance = 0;
        for (int i = 0; i < n; i++) {
            // Each unit counts for itself, if it is among those averaged, and for all that it is matched to.
            double weight = (ofTreated && !data.treated()[i] ? 0 : 1) + used[i];
            variance += weight * weight * noise / (count * count);
        }
        return new Effect(mean, Math.sqrt(variance));
    }

    /** The k nearest units of one arm, i itself left out; -1 where there are too few. */
    private static int[] nearest(PotentialOutcomes data, double[] scale, int i, boolean arm, int k) {
        var best = new int[k];
        var distance = new double[k];
        Arrays.fill(best, -1);
        Arrays.fill(distance, Double.POSITIVE_INFINITY);
        double[] x = data.covariates()[i];
        for (int j = 0; j < data.size(); j++) {
            if (j == i || data.treated()[j] != arm) continue;
            double sum = 0;
            double[] y = data.covariates()[j];
            for (int c = 0; c < x.length; c++) sum += scale[c] * (x[c] - y[c]) * (x[c] - y[c]);
            for (int at = k - 1; at >= 0 && sum < distance[at]; at--) {
                if (at + 1 < k) {
                    best[at + 1] = best[at];
                    distance[at + 1] = distance[at];
                }
                best[at] = j;
                distance[at] = sum;
            }
        }
        return best;
    }
}
