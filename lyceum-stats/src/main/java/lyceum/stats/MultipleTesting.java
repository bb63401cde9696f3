package lyceum.stats;

import java.util.Arrays;
import lyceum.ShapeException;

/**
 * Corrections for many tests at once: adjusted p-values, each the least level at which its hypothesis is rejected.
 *
 * {@snippet :
 * boolean[] found = MultipleTesting.BENJAMINI_HOCHBERG.reject(pValues, 0.1);
 * double[] adjusted = MultipleTesting.HOLM.adjust(pValues);
 * double[] q = MultipleTesting.storey(pValues, 0.5);
 * }
 *
 * <p>The first five bound the chance of any false rejection (family-wise error), the last two the expected share of false ones among the rejected
 * (false discovery rate). Feed every test that was made: what was filtered by its p-value beforehand breaks the promise. Hypotheses that arrive
 * one by one: {@link OnlineTesting}.
 */
public enum MultipleTesting {
    /** {@code m p}: any dependence. */
    BONFERRONI {
        @Override void adjustSorted(double[] p) { for (int i = 0; i < p.length; i++) p[i] *= p.length; }
    },
    /** {@code 1 - (1 - p)^m}: independent tests. */
    SIDAK {
        @Override void adjustSorted(double[] p) { for (int i = 0; i < p.length; i++) p[i] = -Math.expm1(p.length * Math.log1p(-p[i])); }
    },
    /** Steps down from the smallest (Holm 1979): any dependence, never worse than Bonferroni. */
    HOLM {
        @Override void adjustSorted(double[] p) {
            for (int i = 0; i < p.length; i++) p[i] *= p.length - i;
            rise(p);
        }
    },
    /** Steps up from the largest (Hochberg 1988): independent or positively dependent tests. */
    HOCHBERG {
        @Override void adjustSorted(double[] p) {
            for (int i = 0; i < p.length; i++) p[i] *= p.length - i;
            fall(p);
        }
    },
    /** Simes' test of every intersection (Hommel 1988): as Hochberg's, a little stronger. {@code O(m^2)}. */
    HOMMEL {
        @Override void adjustSorted(double[] p) {
            int n = p.length;
            double[] adjusted = p.clone();
            for (int m = n; m > 1; m--) {
                double simes = Double.POSITIVE_INFINITY;
                for (int i = 0; i < m; i++) simes = Math.min(simes, m * p[n - m + i] / (i + 1));
                for (int i = 0; i < n; i++) adjusted[i] = Math.max(adjusted[i], i >= n - m ? simes : Math.min(m * p[i], simes));
            }
            System.arraycopy(adjusted, 0, p, 0, n);
        }
    },
    /** {@code m p_(k) / k} (Benjamini and Hochberg 1995): false discovery rate {@code pi0 q} for independent tests. */
    BENJAMINI_HOCHBERG {
        @Override void adjustSorted(double[] p) {
            for (int i = 0; i < p.length; i++) p[i] = p[i] * p.length / (i + 1);
            fall(p);
        }
    },
    /** The same times {@code 1 + 1/2 + ... + 1/m} (Benjamini and Yekutieli 2001): any dependence. */
    BENJAMINI_YEKUTIELI {
        @Override void adjustSorted(double[] p) {
            double harmonic = 0;
            for (int i = 1; i <= p.length; i++) harmonic += 1.0 / i;
            for (int i = 0; i < p.length; i++) p[i] = p[i] * p.length * harmonic / (i + 1);
            fall(p);
        }
    };

    /** Overwrites ascending p-values; what exceeds 1 is cut by the caller. */
    abstract void adjustSorted(double[] p);

    /** Each at least its predecessor. */
    private static void rise(double[] p) { for (int i = 1; i < p.length; i++) p[i] = Math.max(p[i], p[i - 1]); }

    /** Each at most its successor. */
    private static void fall(double[] p) { for (int i = p.length - 2; i >= 0; i--) p[i] = Math.min(p[i], p[i + 1]); }

    /** Adjusted p-values in the order of {@code p}. @throws IllegalArgumentException if one is not in [0, 1] */
    public double[] adjust(double... p) {
        check(p);
        return adjustAny(p);
    }

    private static void check(double[] p) {
        for (int i = 0; i < p.length; i++)
            if (!(p[i] >= 0 && p[i] <= 1))
                throw new IllegalArgumentException("multiple testing: p-value " + i + " is " + p[i] + "; it lies between 0 and 1");
    }

    private double[] adjustAny(double[] p) {
        int[] order = Ranks.order(p);
        double[] sorted = new double[p.length], adjusted = new double[p.length];
        for (int i = 0; i < p.length; i++) sorted[i] = p[order[i]];
        adjustSorted(sorted);
        for (int i = 0; i < p.length; i++) adjusted[order[i]] = Math.min(1, sorted[i]);
        return adjusted;
    }

    /** Which hypotheses are rejected at level {@code alpha}: those with an adjusted p-value of at most it. */
    public boolean[] reject(double[] p, double alpha) {
        Tails.level("multiple testing", alpha);
        return atMost(adjust(p), alpha);
    }

    /** Which of some adjusted p-values or q-values are at most {@code alpha}. */
    public static boolean[] atMost(double[] adjusted, double alpha) {
        var rejected = new boolean[adjusted.length];
        for (int i = 0; i < rejected.length; i++) rejected[i] = adjusted[i] <= alpha;
        return rejected;
    }

    /**
     * Share of true nulls by the p-values above {@code lambda}, where few others lie (Storey, Taylor and Siegmund 2004):
     * {@code (#{p > lambda} + 1) / (m (1 - lambda))}, at most 1.
     *
     * @param lambda in [0, 1), usually one half
     */
    public static double trueNulls(double[] p, double lambda) {
        if (!(lambda >= 0 && lambda < 1))
            throw new IllegalArgumentException("trueNulls: lambda is " + lambda + "; it is at least 0 and below 1");
        check(p);
        if (p.length == 0) return 1;
        double above = 1;
        for (double v : p) if (v > lambda) above++;
        return Math.min(1, above / (p.length * (1 - lambda)));
    }

    /**
     * Storey's (2002) q-values: Benjamini-Hochberg's adjusted p-values times the estimated share of true nulls. Rejecting q-values of at most
     * {@code q} is the adaptive procedure.
     */
    public static double[] storey(double[] p, double lambda) {
        double share = trueNulls(p, lambda);
        return Arrays.stream(BENJAMINI_HOCHBERG.adjust(p)).map(v -> v * share).toArray();
    }

    /**
     * Benjamini and Hochberg's procedure with prior weights (Genovese, Roeder and Wasserman 2006): adjusts {@code p / w}, the weights scaled to mean
     * 1. They must not depend on the p-values.
     *
     * @param weights at least 0; a hypothesis of weight 0 is never rejected
     */
    public static double[] weighted(double[] p, double[] weights) {
        if (p.length != weights.length) throw new ShapeException("weighted: " + p.length + " p-values and " + weights.length + " weights");
        check(p);
        for (int i = 0; i < p.length; i++)
            if (!(weights[i] >= 0) || weights[i] == Double.POSITIVE_INFINITY)
                throw new IllegalArgumentException("weighted: weight " + i + " is " + weights[i] + "; weights are finite and at least 0");
        double mean = Descriptive.mean(weights);
        var scaled = new double[p.length];
        for (int i = 0; i < p.length; i++) scaled[i] = weights[i] == 0 ? Double.POSITIVE_INFINITY : p[i] * mean / weights[i];
        return BENJAMINI_HOCHBERG.adjustAny(scaled);
    }
}
