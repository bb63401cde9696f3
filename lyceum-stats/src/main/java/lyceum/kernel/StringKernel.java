package lyceum.kernel;

import java.util.Arrays;
import java.util.List;
import lyceum.backend.Parallel;
import lyceum.tensor.Tensor;

/**
 * The string subsequence kernel: how many subsequences of {@code length} letters two texts share, gaps allowed, each occurrence weighted by
 * {@code decay} to the power of the stretch that it spans. With decay l, "cat" and "car" share "ca" alone: {@code k = l^4}.
 *
 * {@snippet :
 * List<String> words = List.of("kernel", "colonel", "kennel");
 * Tensor gram = new StringKernel(2, 0.5).gram(words, words);      // a precomputed Gram matrix for any kernel learner
 * }
 *
 * <p>Costs {@code length |s| |t|} operations a pair.
 *
 * @param length of the subsequences counted, at least 1
 * @param decay above 0 and at most 1; small values punish gaps
 * @param normalised whether k is divided by {@code sqrt(k(s, s) k(t, t))}, so that long texts are not alike for their length; true by
 * default
 * @see <a href="https://www.jmlr.org/papers/v2/lodhi02a.html">Lodhi, Saunders, Shawe-Taylor, Cristianini and Watkins (2002)</a>
 */
public record StringKernel(int length, double decay, boolean normalised) {
    public StringKernel {
        if (length < 1) throw new IllegalArgumentException("StringKernel: length is " + length + "; it is at least 1");
        if (!(decay > 0 && decay <= 1))
            throw new IllegalArgumentException("StringKernel: decay is " + decay + "; it is above 0 and at most 1");
    }

    public StringKernel(int length, double decay) { this(length, decay, true); }

    /** {@code k(s, t)}; 0 where a text is shorter than {@code length}. */
    public double of(String s, String t) { return valueAndSlope(s, t)[0]; }

    /** {@code dk(s, t) / d log(decay)}. */
    public double decayGradient(String s, String t) { return valueAndSlope(s, t)[1]; }

    private double[] valueAndSlope(String s, String t) {
        double[] k = raw(s, t);
        if (!normalised || k[0] == 0) return k;
        double[] a = raw(s, s), b = raw(t, t);
        double value = k[0] / Math.sqrt(a[0] * b[0]);
        return new double[] {value, value * (k[1] / k[0] - 0.5 * a[1] / a[0] - 0.5 * b[1] / b[0])};
    }

    /**
     * The recursion of Lodhi and others (2002), section 3: {@code inner[i][j]} is K'_q of the first i and j letters, whose weights reach
     * to the end of both prefixes; beside each value runs its derivative with respect to log(decay).
     */
    private double[] raw(String s, String t) {
        int n = s.length(), m = t.length();
        double l = decay, l2 = l * l, value = 0, slope = 0;
        double[][] inner = new double[n + 1][m + 1], innerSlope = new double[n + 1][m + 1];
        for (double[] row : inner) Arrays.fill(row, 1);
        for (int q = 1; q < length; q++) {
            double[][] next = new double[n + 1][m + 1], nextSlope = new double[n + 1][m + 1];
            for (int i = 1; i <= n; i++) {
                double along = 0, alongSlope = 0; // K''_q of i and j
                for (int j = 1; j <= m; j++) {
                    alongSlope = l * (alongSlope + along);
                    along *= l;
                    if (s.charAt(i - 1) == t.charAt(j - 1)) {
                        along += l2 * inner[i - 1][j - 1];
                        alongSlope += l2 * (innerSlope[i - 1][j - 1] + 2 * inner[i - 1][j - 1]);
                    }
                    next[i][j] = l * next[i - 1][j] + along;
                    nextSlope[i][j] = l * (nextSlope[i - 1][j] + next[i - 1][j]) + alongSlope;
                }
            }
            inner = next;
            innerSlope = nextSlope;
        }
        for (int i = 1; i <= n; i++) {
            for (int j = 1; j <= m; j++) {
                if (s.charAt(i - 1) != t.charAt(j - 1)) continue;
                value += l2 * inner[i - 1][j - 1];
                slope += l2 * (innerSlope[i - 1][j - 1] + 2 * inner[i - 1][j - 1]);
            }
        }
        return new double[] {value, slope};
    }

    /** The kernel of every text of {@code s} with every text of {@code t}: F64. */
    public Tensor gram(List<String> s, List<String> t) {
        int n = s.size(), m = t.size();
        var k = new double[n * m];
        double[] a = new double[n], b = new double[m];
        if (normalised) for (int i = 0; i < n; i++) a[i] = Math.sqrt(raw(s.get(i), s.get(i))[0]);
        if (normalised) for (int j = 0; j < m; j++) b[j] = Math.sqrt(raw(t.get(j), t.get(j))[0]);
        Parallel.range(n, 1, 1e4 * m, (from, to) -> {
            for (int i = (int) from; i < to; i++) {
                for (int j = 0; j < m; j++) {
                    double value = raw(s.get(i), t.get(j))[0];
                    k[i * m + j] = value == 0 || !normalised ? value : value / (a[i] * b[j]);
                }
            }
        });
        return Tensor.of(k, n, m);
    }
}
