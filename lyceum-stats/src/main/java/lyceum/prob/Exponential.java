package lyceum.prob;

import java.util.Arrays;
import lyceum.random.Rng;

/**
 * The exponential distribution, {@code rate exp(-rate x)} for x of at least 0.
 *
 * @param rate positive; the mean is 1 / rate
 */
public record Exponential(double rate) implements UnivariateDistribution {
    public Exponential { Arguments.positive("Exponential", "rate", rate); }

    /** Maximum likelihood: one over the mean. @param times at least one number, not negative, not all of them 0 */
    public static Exponential fit(double... times) {
        var observed = new boolean[times.length];
        Arrays.fill(observed, true);
        return fit(times, observed);
    }

    /**
     * Maximum likelihood where some waits are only known to be longer than the time watched: events over exposure, survivors' time
     * included.
     *
     * @param times until the event, or until the watch ended
     * @param observed whether the event was seen; at least once
     */
    public static Exponential fit(double[] times, boolean[] observed) {
        if (times.length != observed.length)
            throw new IllegalArgumentException("fit: " + times.length + " times and " + observed.length + " flags");
        double exposure = 0;
        int events = 0;
        for (int i = 0; i < times.length; i++) {
            if (!(times[i] >= 0) || times[i] == Double.POSITIVE_INFINITY)
                throw new IllegalArgumentException("fit: the time " + times[i] + " is not a finite number of at least 0");
            exposure += times[i];
            if (observed[i]) events++;
        }
        if (events == 0 || exposure == 0) throw new IllegalArgumentException("fit: " + events + " events in a time of " + exposure
                + "; the likelihood has no maximum at a positive rate. With no events, 3 / time is a 95% upper limit");
        return new Exponential(events / exposure);
    }

    @Override public double logDensity(double x) { return x >= 0 ? Math.log(rate) - rate * x : x != x ? x : Double.NEGATIVE_INFINITY; }

    @Override public double logDensitySlope(double x) { return -rate; }

    @Override public double cdf(double x) { return x > 0 ? -Math.expm1(-rate * x) : x != x ? x : 0; }

    @Override public double survival(double x) { return x > 0 ? Math.exp(-rate * x) : x != x ? x : 1; }

    @Override public double quantile(double p) { return -Math.log1p(-Arguments.probability("quantile", "p", p)) / rate; }

    @Override public double upperQuantile(double q) { return -Math.log(Arguments.probability("upperQuantile", "q", q)) / rate; }

    @Override public double mean() { return 1 / rate; }

    @Override public double variance() { return 1 / (rate * rate); }

    @Override public double entropy() { return 1 - Math.log(rate); }

    @Override public double low() { return 0; }

    @Override public double high() { return Double.POSITIVE_INFINITY; }

    @Override public boolean isDiscrete() { return false; }

    @Override public double sample(Rng rng) { return -Math.log(rng.nextDoublePositive()) / rate; }
}
