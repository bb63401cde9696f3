package lyceum.learn.gbdt;

import java.util.Arrays;
import lyceum.random.Rng;

/**
 * Gradient-based one-sided sampling (GOSS): rows with large gradients are kept, of the others some are drawn and counted for all.
 *
 * @param top share of the rows that is kept
 * @param other share of all rows that is drawn from the rest, without replacement
 * @see <a href="https://papers.nips.cc/paper/6907">Ke and others (2017), LightGBM</a>
 */
public record OneSidedSampling(double top, double other) {
    public OneSidedSampling {
        if (!(top >= 0 && other > 0 && top + other <= 1)) throw new IllegalArgumentException(
                "OneSidedSampling: top is " + top + " and other " + other + "; other is above 0, their sum at most 1");
    }

    /**
     * What a draw gives.
     *
     * @param rows ascending
     * @param factors what each row counts: 1, or {@code rest / drawn}, which keeps sums unbiased
     */
    public record Sample(int[] rows, double[] factors) {}

    /** Draws rows by the size of their gradients. */
    public Sample draw(double[] gradients, Rng rng) {
        int n = gradients.length, kept = (int) Math.round(top * n), drawn = Math.min(n - kept, Math.max(1, (int) Math.round(other * n)));
        double[] sizes = new double[n];
        for (int i = 0; i < n; i++) sizes[i] = Math.abs(gradients[i]);
        double[] sorted = sizes.clone();
        Arrays.sort(sorted);
        double least = kept == 0 ? Double.POSITIVE_INFINITY : sorted[n - kept];
        int above = 0;
        for (double s : sizes) if (s > least) above++;
        var large = new boolean[n];
        int ties = kept - above;
        for (int i = 0; i < n; i++) large[i] = sizes[i] > least || sizes[i] == least && ties-- > 0;
        var rest = new int[n - kept];
        for (int i = 0, k = 0; i < n; i++) if (!large[i]) rest[k++] = i;
        var factor = new double[n];
        for (int place : rng.sample(rest.length, drawn)) factor[rest[place]] = (double) rest.length / drawn;
        var rows = new int[kept + drawn];
        var factors = new double[rows.length];
        for (int i = 0, k = 0; i < n; i++) {
            if (!large[i] && factor[i] == 0) continue;
            rows[k] = i;
            factors[k++] = large[i] ? 1 : factor[i];
        }
        return new Sample(rows, factors);
    }
}
