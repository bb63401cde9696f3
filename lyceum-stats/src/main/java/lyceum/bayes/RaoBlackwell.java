package lyceum.bayes;

import java.util.Arrays;
import java.util.function.BiFunction;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import lyceum.prob.Beta;
import lyceum.prob.Bijection;
import lyceum.prob.Binomial;
import lyceum.prob.Quadrature;
import lyceum.prob.Transformed;
import lyceum.prob.UnivariateDistribution;
import lyceum.random.Rng;

/**
 * Rao and Blackwell's improvement: an estimator averaged over all samples with the same sufficient statistic, {@code E[f(X) | T(X)]}. As unbiased as f
 * and nowhere of larger variance; the best unbiased one if T is complete.
 *
 * {@snippet :
 * // P(no event) of Poisson counts, from whether the first count is 0: becomes (1 - 1/n)^sum
 * var better = RaoBlackwell.ofFirst(x -> x == 0 ? 1 : 0, RaoBlackwell::firstPoisson);
 * better.applyAsDouble(counts);
 * }
 *
 * @see <a href="https://doi.org/10.1214/aoms/1177730497">Blackwell (1947)</a>
 */
public final class RaoBlackwell {
    private RaoBlackwell() {}

    /**
     * Of an estimator that looks at the first observation alone, exactly: by summation, or by quadrature for a smooth f.
     *
     * @param given the law of the first observation given the statistic of a sample
     */
    public static ToDoubleFunction<double[]> ofFirst(DoubleUnaryOperator f, Function<double[], UnivariateDistribution> given) {
        return sample -> Quadrature.expectation(given.apply(sample), f);
    }

    /**
     * Of any estimator, by Monte Carlo: the mean over samples drawn anew.
     *
     * @param redraw a sample with the statistic of the given one, from its law given that statistic
     * @param draws at least 1
     */
    public static ToDoubleFunction<double[]> byRedraws(ToDoubleFunction<double[]> f, BiFunction<double[], Rng, double[]> redraw, int draws,
            Rng rng) {
        if (draws < 1) throw new IllegalArgumentException("byRedraws: draws is " + draws + "; it is at least 1");
        return sample -> {
            double sum = 0;
            var own = rng.split(Arrays.hashCode(sample)); // one stream a sample, so that the answer depends on it alone
            for (int i = 0; i < draws; i++) sum += f.applyAsDouble(redraw.apply(sample, own));
            return sum / draws;
        };
    }

    /** Of Poisson counts (or Bernoulli-split ones) with one rate, given their sum S: {@code Binomial(S, 1/n)}. */
    public static Binomial firstPoisson(double[] sample) { return new Binomial((long) Arrays.stream(sample).sum(), 1.0 / sample.length); }

    /** Of zeros and ones, given their sum: its share. */
    public static Binomial firstBernoulli(double[] sample) { return new Binomial(1, Arrays.stream(sample).sum() / sample.length); }

    /** Of exponential waits, given their sum S: {@code S Beta(1, n - 1)}. @param sample at least two */
    public static UnivariateDistribution firstExponential(double[] sample) {
        return new Transformed(new Beta(1, sample.length - 1), Bijection.affine(Arrays.stream(sample).sum(), 0));
    }

    /** A redraw that puts the sample in a random order: the law given the sorted sample, sufficient for any independent draws. */
    public static double[] shuffled(double[] sample, Rng rng) {
        int[] order = rng.permutation(sample.length);
        var shuffled = new double[order.length];
        for (int i = 0; i < order.length; i++) shuffled[i] = sample[order[i]];
        return shuffled;
    }

    /** A redraw of normal numbers given mean and variance: fresh normals, brought to both. @param sample at least two */
    public static double[] sameMeanAndVariance(double[] sample, Rng rng) {
        double[] z = new double[sample.length];
        for (int i = 0; i < z.length; i++) z[i] = rng.nextGaussian();
        double[] wanted = moments(sample), found = moments(z);
        for (int i = 0; i < z.length; i++) z[i] = wanted[0] + (z[i] - found[0]) * (wanted[1] / found[1]);
        return z;
    }

    private static double[] moments(double[] x) {
        double mean = Arrays.stream(x).sum() / x.length, squares = 0;
        for (double v : x) squares += (v - mean) * (v - mean);
        return new double[] {mean, Math.sqrt(squares)};
    }
}
