package lyceum.stats;

import java.util.Arrays;

/**
 * Hypotheses that arrive one by one and must be decided at once, without an end in sight.
 *
 * {@snippet :
 * var stream = OnlineTesting.lordPlusPlus(0.05);
 * boolean found = stream.test(pValue);
 * }
 *
 * <p>Each test is made at a level that earlier decisions allow; rejections earn more. Holds state: one instance a stream, one thread.
 */
public final class OnlineTesting {
    private final boolean investing;
    private final double q;
    /** Of alpha-investing. */
    private double wealth;
    private int tests;
    /** When rejections were made, from 1. */
    private int[] rejections = new int[8];
    private int count;
    private double[] gamma = new double[0];

    private OnlineTesting(boolean investing, double q) {
        Tails.level("online testing", q);
        this.investing = investing;
        this.q = q;
        wealth = q * (1 - q);
    }

    /**
     * LORD++ (Ramdas, Yang, Wainwright and Jordan 2017): level {@code gamma_t w0 + (q - w0) gamma_(t - t1) + q sum_(j > 1) gamma_(t - tj)} after rejections at
     * {@code t1, t2, ...}, with {@code w0 = q / 2} and {@code gamma_t} proportional to {@code log max(t, 2) / (t exp(sqrt(log t)))}. False discovery
     * rate at most q at every time, for independent p-values.
     */
    public static OnlineTesting lordPlusPlus(double q) { return new OnlineTesting(false, q); }

    /**
     * Alpha-investing (Foster and Stine 2008): a wealth of {@code q (1 - q)} pays {@code a / (1 - a)} for each test at level a that does not reject,
     * and earns q for one that does. Level: wealth over one more than the tests since the last rejection. Bounds
     * {@code E V / (E R + 1 - q)} by q, with V false ones among R rejections.
     */
    public static OnlineTesting alphaInvesting(double q) { return new OnlineTesting(true, q); }

    /** The level of the next test. */
    public double level() {
        int t = tests + 1;
        if (investing) {
            int since = t - (count == 0 ? 0 : rejections[count - 1]);
            // never more than the wealth can pay for
            return Math.min(wealth / (1 + since), wealth / (1 + wealth));
        }
        double level = gamma(t) * q / 2;
        if (count > 0) level += q / 2 * gamma(t - rejections[0]);
        for (int j = 1; j < count; j++) level += q * gamma(t - rejections[j]);
        return level;
    }

    /** Whether the next hypothesis is rejected. */
    public boolean test(double pValue) {
        if (!(pValue >= 0 && pValue <= 1))
            throw new IllegalArgumentException("online testing: the p-value is " + pValue + "; it lies between 0 and 1");
        double level = level();
        boolean rejected = pValue <= level;
        tests++;
        if (rejected) {
            if (count == rejections.length) rejections = Arrays.copyOf(rejections, 2 * count);
            rejections[count++] = tests;
        }
        wealth += rejected ? q : -level / (1 - level);
        return rejected;
    }

    /** Tests so far. */
    public int tests() { return tests; }

    /** Rejections so far. */
    public int rejections() { return count; }

    private double gamma(int t) {
        if (t > gamma.length) {
            int from = gamma.length;
            gamma = Arrays.copyOf(gamma, Math.max(64, 2 * t));
            // 0.07720838 makes the sum over all t one (Javanmard and Montanari 2018)
            for (int i = from; i < gamma.length; i++)
                gamma[i] = 0.07720838 * Math.log(Math.max(i + 1, 2)) / ((i + 1) * Math.exp(Math.sqrt(Math.log(i + 1))));
        }
        return gamma[t - 1];
    }
}
