package lyceum.prob;

import java.util.Arrays;
import lyceum.random.Rng;

/**
 * Sampling by noise: with independent {@code g_i = -log(-log u_i)}, the largest {@code z_i + g_i} is outcome i with probability
 * {@code softmax(z)_i}, and the k largest are a sample without replacement. Nothing is normalised: one pass over the logits.
 *
 * @see <a href="https://arxiv.org/abs/1903.06059">Kool, van Hoof, Welling (2019), Stochastic Beams and Where to Find Them</a>
 */
public final class GumbelMax {
    private GumbelMax() {}

    /** One outcome. @param logits numbers, or {@code -Infinity} for what is never drawn */
    public static int sample(double[] logits, Rng rng) { return topK(logits, 1, rng)[0]; }

    /**
     * {@code k} different outcomes, in the order in which draws one by one would have found them.
     *
     * @throws IllegalArgumentException if fewer than k are possible
     */
    public static int[] topK(double[] logits, int k, Rng rng) {
        Arguments.count("topK", "k", k);
        var best = new double[k];
        var at = new int[k];
        int found = 0;
        for (int i = 0; i < logits.length; i++) {
            if (!(logits[i] < Double.POSITIVE_INFINITY))
                throw new IllegalArgumentException("topK: logit " + i + " is " + logits[i] + "; logits are numbers, or -Infinity");
            if (logits[i] == Double.NEGATIVE_INFINITY) continue;
            double key = logits[i] + noise(rng);
            if (found == k && (k == 0 || key <= best[k - 1])) continue;
            int to = found < k ? found++ : k - 1;
            for (; to > 0 && best[to - 1] < key; to--) {
                best[to] = best[to - 1];
                at[to] = at[to - 1];
            }
            best[to] = key;
            at[to] = i;
        }
        if (found < k) throw new IllegalArgumentException("topK: " + k + " outcomes of " + found + " possible ones");
        return Arrays.copyOf(at, k);
    }

    /** Standard Gumbel noise. Both ends of the uniform are rejected: 0 would give {@code -Infinity}, and 1 an outcome that wins whatever its logit. */
    public static double noise(Rng rng) {
        double u = rng.nextDouble();
        while (u == 0) u = rng.nextDouble();
        return -Math.log(-Math.log(u));
    }
}
