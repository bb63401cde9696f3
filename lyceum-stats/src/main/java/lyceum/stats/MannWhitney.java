package lyceum.stats;

import java.util.Arrays;
import lyceum.math.Incomplete;

/**
 * The Mann-Whitney U test: do values of x tend to exceed those of y? (Mann and Whitney 1947.)
 *
 * {@snippet :
 * var test = MannWhitney.test(treated, control, Alternative.TWO_SIDED);
 * test.probability();     // P(X > Y) + P(X = Y) / 2, also the area under the ROC curve
 * test.pValue();
 * }
 *
 * @param u pairs with x above y, ties counted half
 * @param probability {@code u / (m n)}
 * @param z deviate of the normal approximation, corrected for ties and continuity; NaN where the p-value is exact
 * @param pValue exact without ties if the smaller sample has at most 8 values, else by the normal approximation
 */
public record MannWhitney(double u, double probability, double z, double pValue) {
    private static final int EXACT_UP_TO = 8;

    /** @throws IllegalArgumentException if a sample is empty or holds NaN */
    public static MannWhitney test(double[] x, double[] y, Alternative alternative) {
        double u = statistic(x, y);
        int m = x.length, n = y.length;
        double ties = tieTerm(x, y);
        boolean exact = ties == 0 && Math.min(m, n) <= EXACT_UP_TO && (long) m * n <= 20_000;
        double[] tails = exact ? exactTails(m, n, (int) u) : null;
        double z = exact ? Double.NaN : 0;
        if (!exact) {
            double total = m + n, spread = Math.sqrt(m * (double) n / 12 * (total + 1 - ties / (total * (total - 1))));
            double shift = u - m * (double) n / 2;
            double corrected = switch (alternative) {
                case TWO_SIDED -> Math.copySign(Math.max(0, Math.abs(shift) - 0.5), shift);
                case GREATER -> shift - 0.5;
                case LESS -> shift + 0.5;
            };
            z = spread == 0 ? 0 : corrected / spread;
            tails = new double[] {Incomplete.normalCdf(z), Incomplete.normalCdf(-z)};
        }
        double p = switch (alternative) {
            case LESS -> tails[0];
            case GREATER -> tails[1];
            case TWO_SIDED -> Math.min(1, 2 * Math.min(tails[0], tails[1]));
        };
        return new MannWhitney(u, u / ((double) m * n), z, p);
    }

    /** The number of pairs with x above y, ties counted half; exact. {@code O((m + n) log(m + n))}. */
    public static double statistic(double[] x, double[] y) {
        double[] ranks = Ranks.of(joined(x, y));
        double sum = 0;
        for (int i = 0; i < x.length; i++) sum += ranks[i];
        return sum - x.length * (x.length + 1.0) / 2;
    }

    /** {@code P(X > Y) + P(X = Y) / 2} where values carry weights. */
    public static double probability(double[] x, double[] xWeights, double[] y, double[] yWeights) {
        double[] all = joined(x, y);
        if (xWeights.length != x.length || yWeights.length != y.length) {
            throw new lyceum.ShapeException("MannWhitney: " + x.length + " and " + y.length + " values but " + xWeights.length + " and "
                    + yWeights.length + " weights");
        }
        int[] order = Ranks.order(all);
        double below = 0, pairs = 0, total = 0, weightX = 0;
        for (int i = 0; i < order.length;) {
            double value = all[order[i]], tiedX = 0, tiedY = 0;
            for (; i < order.length && all[order[i]] == value; i++) {
                int k = order[i];
                if (k < x.length) tiedX += xWeights[k];
                else tiedY += yWeights[k - x.length];
            }
            pairs += tiedX * (below + tiedY / 2);
            below += tiedY;
            weightX += tiedX;
        }
        total = weightX * below;
        if (!(total > 0)) throw new IllegalArgumentException("MannWhitney: the weights of one sample sum to 0");
        return pairs / total;
    }

    private static double[] joined(double[] x, double[] y) {
        if (x.length == 0 || y.length == 0) throw new IllegalArgumentException(
                "MannWhitney: samples of " + x.length + " and " + y.length + " values; each needs at least one");
        var all = new double[x.length + y.length];
        System.arraycopy(x, 0, all, 0, x.length);
        System.arraycopy(y, 0, all, x.length, y.length);
        return all;
    }

    /** Sum of t^3 - t over groups of t tied values. */
    private static double tieTerm(double[] x, double[] y) {
        double[] all = joined(x, y);
        Arrays.sort(all);
        double sum = 0;
        for (int i = 0; i < all.length;) {
            int end = i + 1;
            while (end < all.length && all[end] == all[i]) end++;
            double t = end - i;
            sum += t * t * t - t;
            i = end;
        }
        return sum;
    }

    /** {@code P(U <= u)} and {@code P(U >= u)} under the null: counts of partitions by the coefficients of the Gaussian binomial. */
    private static double[] exactTails(int m, int n, int u) {
        int size = m * n;
        var counts = new double[size + 1];
        counts[0] = 1;
        for (int i = 1; i <= m; i++) {
            // multiply by 1 - q^(n + i), divide by 1 - q^i
            for (int k = size; k >= n + i; k--) counts[k] -= counts[k - n - i];
            for (int k = i; k <= size; k++) counts[k] += counts[k - i];
        }
        double total = 0, below = 0, above = 0;
        for (int k = 0; k <= size; k++) {
            total += counts[k];
            if (k <= u) below += counts[k];
            if (k >= u) above += counts[k];
        }
        return new double[] {below / total, above / total};
    }
}
