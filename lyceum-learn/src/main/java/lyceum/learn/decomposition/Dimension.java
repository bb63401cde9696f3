package lyceum.learn.decomposition;

import java.util.Arrays;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Chooses the number of components from the data. */
final class Dimension {
    private Dimension() {}

    static int byShare(double[] variances, double share) {
        double total = Arrays.stream(variances).sum(), sum = 0;
        for (int i = 0; i < variances.length; i++) {
            sum += variances[i];
            if (sum > share * total) return i + 1;
        }
        return variances.length;
    }

    static int byEvidence(double[] variances, double rows) {
        int best = 1;
        double most = Double.NEGATIVE_INFINITY;
        for (int k = 1; k < variances.length; k++) {
            double evidence = logEvidence(variances, k, rows);
            if (evidence > most) {
                most = evidence;
                best = k;
            }
        }
        return best;
    }

    /** Minka (2000), equation 30. */
    private static double logEvidence(double[] l, int k, double n) {
        int d = l.length;
        if (l[k - 1] < 1e-15) return Double.NEGATIVE_INFINITY;
        double tail = 0;
        for (int i = k; i < d; i++) tail += l[i];
        double noise = Math.max(1e-15, tail / (d - k)), m = d * k - k * (k + 1) / 2.0;
        // The volume of orthonormal frames, the likelihood, and the Gaussian integral around its peak.
        double log = -k * Math.log(2);
        for (int i = 1; i <= k; i++) log += logGamma((d - i + 1) / 2.0) - Math.log(Math.PI) * (d - i + 1) / 2.0;
        for (int i = 0; i < k; i++) log -= n / 2 * Math.log(l[i]);
        log -= n * (d - k) / 2 * Math.log(noise);
        log += (m + k) / 2 * Math.log(2 * Math.PI) - k / 2.0 * Math.log(n);
        double curvature = 0;
        for (int i = 0; i < k; i++) {
            for (int j = i + 1; j < d; j++) {
                double other = j < k ? l[j] : noise;
                curvature += Math.log((l[i] - l[j]) * (1 / other - 1 / l[i])) + Math.log(n);
            }
        }
        return log - curvature / 2;
    }

    private static double logGamma(double x) { return Tensor.scalar(x).lgamma().item(); }

    static int byShuffling(Tensor centred, double[] variances, double divisor, ComponentCount.ParallelAnalysis how, Rng rng) {
        int n = (int) centred.size(0), p = (int) centred.size(1), count = variances.length;
        double[] columns = centred.transpose().contiguous().toDoubleArray(), shuffled = new double[n * p];
        var seen = new double[count][how.shuffles()];
        for (int s = 0; s < how.shuffles(); s++) {
            var draw = rng.split(s);
            for (int j = 0; j < p; j++) {
                int[] order = draw.permutation(n);
                for (int i = 0; i < n; i++) shuffled[i * p + j] = columns[j * n + order[i]];
            }
            double[] chance = Spectrum.variances(Tensor.of(shuffled.clone(), n, p).to(DType.F64), divisor);
            for (int i = 0; i < count; i++) seen[i][s] = chance[i];
        }
        for (int i = 0; i < count; i++) {
            Arrays.sort(seen[i]);
            double limit = seen[i][Math.min(how.shuffles() - 1, (int) Math.ceil(how.quantile() * how.shuffles()) - 1)];
            if (variances[i] <= limit) return Math.max(1, i);
        }
        return count;
    }
}
