package lyceum.stats;

import lyceum.prob.Beta;
import lyceum.math.Incomplete;

/**
 * Confidence intervals for a proportion: {@code k} successes in {@code n} trials. Counts may be fractions (weights).
 *
 * <p>{@link #clopperPearson} never covers less than its level and is wide; {@link #wilson} covers its level on average and is the one to show.
 */
public enum ProportionInterval {
    /** Exact: inverts the binomial tails (Clopper and Pearson 1934). */
    CLOPPER_PEARSON {
        @Override Interval compute(double k, double n, double level) {
            double tail = (1 - level) / 2;
            return new Interval(k == 0 ? 0 : new Beta(k, n - k + 1).quantile(tail),
                    k == n ? 1 : new Beta(k + 1, n - k).upperQuantile(tail));
        }
    },
    /** Inverts the score test (Wilson 1927). */
    WILSON {
        @Override Interval compute(double k, double n, double level) {
            double z = deviate(level), p = k / n, shrink = 1 + z * z / n;
            double centre = (p + z * z / (2 * n)) / shrink, half = z / shrink * Math.sqrt(p * (1 - p) / n + z * z / (4 * n * n));
            // at the ends the exact bound is 0 or 1, which rounding would miss
            return new Interval(k == 0 ? 0 : centre - half, k == n ? 1 : centre + half);
        }
    },
    /** Wald's interval after adding z^2/2 successes and failures (Agresti and Coull 1998); cut to [0, 1]. */
    AGRESTI_COULL {
        @Override Interval compute(double k, double n, double level) {
            double z = deviate(level), total = n + z * z, p = (k + z * z / 2) / total, half = z * Math.sqrt(p * (1 - p) / total);
            return new Interval(Math.max(0, p - half), Math.min(1, p + half));
        }
    },
    /** Equal tails of the posterior under Jeffreys' prior Beta(1/2, 1/2). */
    JEFFREYS {
        @Override Interval compute(double k, double n, double level) {
            var posterior = new Beta(k + 0.5, n - k + 0.5);
            return new Interval(posterior.quantile((1 - level) / 2), posterior.upperQuantile((1 - level) / 2));
        }
    },
    /** {@code p +- z sqrt(p (1 - p) / n)}, cut to [0, 1]: covers far too little for small n or extreme p; for comparison. */
    WALD {
        @Override Interval compute(double k, double n, double level) {
            double p = k / n, half = deviate(level) * Math.sqrt(p * (1 - p) / n);
            return new Interval(Math.max(0, p - half), Math.min(1, p + half));
        }
    };

    abstract Interval compute(double k, double n, double level);

    private static double deviate(double level) { return -Incomplete.normalQuantile((1 - level) / 2); }

    /**
     * The interval of this kind.
     *
     * @param successes in [0, trials]
     * @param trials positive
     * @param level such as 0.95, in (0, 1)
     */
    public Interval of(double successes, double trials, double level) {
        if (!(trials > 0) || trials == Double.POSITIVE_INFINITY)
            throw new IllegalArgumentException("proportion interval: trials is " + trials + "; it must be positive");
        if (!(successes >= 0 && successes <= trials)) throw new IllegalArgumentException(
                "proportion interval: " + successes + " successes in " + trials + " trials; they lie between 0 and the trials");
        if (!(level > 0 && level < 1))
            throw new IllegalArgumentException("proportion interval: level is " + level + "; it lies strictly between 0 and 1");
        return compute(successes, trials, level);
    }

    /** The exact interval. */
    public static Interval clopperPearson(double successes, double trials, double level) {
        return CLOPPER_PEARSON.of(successes, trials, level);
    }

    /** The score interval. */
    public static Interval wilson(double successes, double trials, double level) { return WILSON.of(successes, trials, level); }
}
