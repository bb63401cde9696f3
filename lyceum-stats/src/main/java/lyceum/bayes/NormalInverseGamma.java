package lyceum.bayes;

import java.util.List;
import lyceum.math.Special;
import lyceum.prob.InverseGamma;
import lyceum.prob.Normal;
import lyceum.prob.StudentT;
import lyceum.prob.UnivariateDistribution;
import lyceum.random.Rng;

/**
 * Of mean and variance of normal numbers: the variance is {@code InverseGamma(shape, scale)}, and the mean, given it,
 * {@code N(mean, variance / count)}. A point is a number.
 *
 * @param mean of the mean
 * @param count what it is worth in observations, positive
 * @param shape of the variance, positive
 * @param scale of the variance, positive
 */
public record NormalInverseGamma(double mean, double count, double shape, double scale) implements ConjugatePrior<NormalInverseGamma> {
    public NormalInverseGamma {
        if (!Double.isFinite(mean) || !(count > 0) || count == Double.POSITIVE_INFINITY) throw new IllegalArgumentException(
                "NormalInverseGamma: mean is " + mean + " and count " + count + "; they are finite, and count is positive");
        new InverseGamma(shape, scale); // checks both
    }

    @Override public NormalInverseGamma update(double[]... points) {
        int n = points.length;
        if (n == 0) return this;
        double average = 0, squares = 0;
        for (var x : ConjugatePrior.checked("NormalInverseGamma", 1, points)) average += x[0] / n;
        for (var x : points) squares += (x[0] - average) * (x[0] - average);
        return after(n, average, squares);
    }

    /** After n points with this average and sum of squares about it. */
    NormalInverseGamma after(long n, double average, double squares) {
        double total = count + n, away = average - mean;
        return new NormalInverseGamma(mean + n * away / total, total, shape + n / 2.0,
                scale + 0.5 * squares + 0.5 * count * n / total * away * away);
    }

    /** Natural logarithm of the density of a mean and a variance. */
    public double logDensity(double mu, double variance) {
        if (!(variance > 0)) return variance != variance ? variance : Double.NEGATIVE_INFINITY;
        return new InverseGamma(shape, scale).logDensity(variance) + new Normal(mean, Math.sqrt(variance / count)).logDensity(mu);
    }

    @Override public StudentT predictive() { return new StudentT(2 * shape, mean, Math.sqrt(scale * (count + 1) / (shape * count))); }

    @Override public double logEvidence(double[]... points) {
        var after = update(points);
        return after.logNormaliser() - logNormaliser() - points.length / 2.0 * Math.log(2 * Math.PI);
    }

    private double logNormaliser() { return Special.lgamma(shape) - shape * Math.log(scale) - 0.5 * Math.log(count); }

    /** Of the mean, Student's t, and of the variance. */
    @Override public List<UnivariateDistribution> marginals() {
        return List.of(new StudentT(2 * shape, mean, Math.sqrt(scale / (shape * count))), new InverseGamma(shape, scale));
    }

    /** A mean and a variance. */
    public double[] sample(Rng rng) {
        double variance = new InverseGamma(shape, scale).sample(rng);
        return new double[] {mean + Math.sqrt(variance / count) * rng.nextGaussian(), variance};
    }
}
