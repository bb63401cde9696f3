package lyceum.prob;

import java.util.Objects;

/**
 * The conjugate prior of an {@link ExponentialFamily}: density proportional to {@code exp(eta . total - count A(eta))}, as if {@code count}
 * observations with that total statistic had been seen. Each real one adds its statistic and 1.
 *
 * @param family whose natural parameters are unknown
 * @param total sum of statistics
 * @param count positive
 * @see <a href="https://doi.org/10.1214/aos/1176344611">Diaconis and Ylvisaker (1979), Conjugate Priors for Exponential Families</a>
 */
public record NaturalPrior(ExponentialFamily<?> family, double[] total, double count) {
    public NaturalPrior {
        Objects.requireNonNull(family, "family");
        Arguments.positive("NaturalPrior", "count", count);
        total = total.clone();
    }

    @Override public double[] total() { return total.clone(); }

    /** After observing points. */
    public NaturalPrior update(double[]... points) {
        double[] sum = total.clone();
        for (var x : points) {
            double[] t = family.statistic(x);
            for (int i = 0; i < sum.length; i++) sum[i] += t[i];
        }
        return new NaturalPrior(family, sum, count + points.length);
    }

    /** The logarithm of its density in eta, up to a constant. */
    public double logDensity(double... eta) {
        double sum = -count * family.logPartition(eta);
        for (int i = 0; i < total.length; i++) sum += eta[i] * total[i];
        return sum;
    }

    /** {@code total / count}: the expectation of {@code E T(X)} under it, where eta is unbounded or the density vanishes at the ends. */
    public double[] mean() {
        var mean = new double[total.length];
        for (int i = 0; i < mean.length; i++) mean[i] = total[i] / count;
        return mean;
    }

    /** The most probable eta: that of mean {@link #mean()}. @throws IllegalArgumentException if no eta has it */
    public double[] mode() { return family.fit(mean()); }
}
