package lyceum.bayes;

import java.util.Arrays;
import lyceum.random.Rng;

/**
 * Ways to draw n of some weighted particles so that particle i is drawn {@code n w_i} times on average.
 *
 * @see <a href="https://arxiv.org/abs/cs/0507025">Douc, Cappé and Moulines (2005), Comparison of Resampling Schemes for Particle Filtering</a>
 */
public enum ResamplingScheme {
    /** n independent draws. */
    MULTINOMIAL,
    /** The whole part of {@code n w_i} for certain, the rest by independent draws. */
    RESIDUAL,
    /** One draw from each n-th of the total weight. */
    STRATIFIED,
    /** Equally spaced pointers with one random offset: each particle's count is one of the two whole numbers next to {@code n w_i}. */
    SYSTEMATIC;

    /**
     * Indices of the particles drawn, in rising order.
     *
     * @param weights at least 0, not all 0; they need not sum to 1
     * @param n how many to draw
     */
    public int[] draw(double[] weights, int n, Rng rng) {
        double total = 0;
        for (double w : weights) total += w >= 0 ? w : Double.NaN;
        if (!(total > 0) || total == Double.POSITIVE_INFINITY || n < 1) throw new IllegalArgumentException(
                "resample: " + n + " draws by weights that sum to " + total + "; weights are finite, at least 0 and not all 0");
        var drawn = new int[n];
        if (this != RESIDUAL) {
            pick(weights, total, pointers(n, rng), drawn, 0);
            return drawn;
        }
        var rest = new double[weights.length];
        double left = 0;
        int at = 0;
        for (int i = 0; i < weights.length; i++) {
            double expected = n * (weights[i] / total), whole = Math.floor(expected);
            for (int c = 0; c < whole && at < n; c++) drawn[at++] = i;
            left += rest[i] = expected - whole;
        }
        if (at < n) {
            pick(rest, left, sorted(n - at, rng), drawn, at);
            Arrays.sort(drawn);
        }
        return drawn;
    }

    /** n rising numbers in [0, 1). */
    private double[] pointers(int n, Rng rng) {
        if (this == MULTINOMIAL) return sorted(n, rng);
        var u = new double[n];
        double offset = rng.nextDouble();
        for (int i = 0; i < n; i++) u[i] = (i + (this == SYSTEMATIC ? offset : rng.nextDouble())) / n;
        return u;
    }

    /** n independent uniforms in rising order, in linear time: partial sums of exponentials over their total. */
    private static double[] sorted(int n, Rng rng) {
        var u = new double[n];
        double sum = 0;
        for (int i = 0; i < n; i++) u[i] = sum -= Math.log(rng.nextDoublePositive());
        sum -= Math.log(rng.nextDoublePositive());
        for (int i = 0; i < n; i++) u[i] /= sum;
        return u;
    }

    private static void pick(double[] weights, double total, double[] u, int[] drawn, int at) {
        // Rounding may leave the last pointers beyond the sum: they belong to the last particle that weighs something
        int last = weights.length - 1;
        while (last > 0 && weights[last] == 0) last--;
        double cumulative = weights[0];
        for (int i = 0, j = 0; j < u.length; j++) {
            while (i < last && cumulative <= u[j] * total) cumulative += weights[++i];
            drawn[at + j] = i;
        }
    }
}
