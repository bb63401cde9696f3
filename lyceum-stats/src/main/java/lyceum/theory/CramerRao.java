package lyceum.theory;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.function.UnaryOperator;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.linalg.dense.Product;
import lyceum.prob.UnivariateDistribution;
import lyceum.random.Rng;
import lyceum.stats.FisherInformation;
import lyceum.stats.ParametricFamily;
import lyceum.tensor.Tensor;

/**
 * The Cramer-Rao bound: no unbiased estimator of {@code g(theta)} from n observations has a variance below {@code g'^2 / (n F)}, or, for vectors,
 * a covariance below {@code J (n F)^-1 J'}.
 *
 * {@snippet :
 * var normal = new CramerRao(ParametricFamily.NORMAL, 0, 1);
 * normal.bound(100);                                              // covariance (2 x 2) of unbiased (mean, sd)
 * double variance = normal.bound(100, t -> t.select(0, 1).square())[0][0];         // 2 sigma^4 / n
 * normal.efficiency("median", 201, 0, Descriptive::median, 20_000, rng);
 * }
 *
 * <p>It needs a support that does not depend on theta: {@link #scaling} measures how fast an estimator's variance falls, -1 for regular ones, and
 * flags those that fall faster.
 *
 * @param family differentiable in its parameters
 * @param theta the truth
 * @see <a href="https://doi.org/10.1007/978-1-4612-0919-5_16">Rao (1945)</a>
 */
public record CramerRao(ParametricFamily family, double... theta) {
    public CramerRao { theta = theta.clone(); }

    /** {@code E[s s']} of one observation: score variance, by quadrature. */
    public FisherInformation information() { return FisherInformation.expected(family, theta); }

    /** {@code -E[H]} of one observation: the mean curvature; equal to {@link #information} for regular families. */
    public FisherInformation curvature() { return FisherInformation.observed(family.expected(theta), theta); }

    /** {@code E[s s']} by simulation. */
    public FisherInformation simulated(int draws, Rng rng) {
        return FisherInformation.empirical(family.logLikelihood(family.at(theta).sample(rng, draws).toDoubleArray()), theta)
                .times(1.0 / draws);
    }

    /** The least covariance of unbiased estimators of all parameters from n observations, {@code (n F)^-1}. */
    public double[][] bound(int n) {
        if (n < 1) throw new IllegalArgumentException("CramerRao: " + n + " observations; at least 1 is needed");
        return information().times(n).inverse();
    }

    /**
     * Of unbiased estimators of {@code g(theta)}: {@code J (n F)^-1 J'}, J by autograd.
     *
     * @param g parameters (p) to a scalar or to (q)
     */
    public double[][] bound(int n, UnaryOperator<Tensor> g) {
        return bound(n, Autograd.jacobian(t -> g.apply(t).reshape(-1), Tensor.of(theta)).toRows());
    }

    /**
     * Of estimators with a bias: {@code (J + B) (n F)^-1 (J + B)'}.
     *
     * @param jacobian of the estimators' expectation in theta, J + B, (q x p)
     */
    public double[][] bound(int n, double[][] jacobian) {
        if (jacobian[0].length != theta.length)
            throw new ShapeException("CramerRao: a Jacobian of " + jacobian[0].length + " columns for " + theta.length + " parameters");
        var inverse = bound(n);
        return Product.timesTransposed(Product.of(jacobian, inverse, theta.length), jacobian, theta.length);
    }

    /**
     * What simulation says of an estimator of one parameter.
     *
     * @param name of the estimator
     * @param n observations a run
     * @param bias mean less truth
     * @param biasError its standard error
     * @param variance of the estimates
     * @param varianceError its standard error
     * @param bound for unbiased estimators
     */
    public record Report(String name, int n, double bias, double biasError, double variance, double varianceError, double bound) {
        /** Bound over variance: at most 1 for an unbiased estimator, except for chance. */
        public double efficiency() { return bound / variance; }

        /** How many standard errors the variance lies below the bound; negative above it. */
        public double below() { return (bound - variance) / varianceError; }

        @Override public String toString() {
            return String.format(Locale.ROOT, "%s of %d: bias %.3g (%.2g), variance %.4g (%.2g), bound %.4g, efficiency %.3f", name, n,
                    bias, biasError, variance, varianceError, bound, efficiency());
        }
    }

    /** Simulates an estimator of parameter {@code j} over {@code runs} samples of n. */
    public Report efficiency(String name, int n, int j, ToDoubleFunction<double[]> estimator, int runs, Rng rng) {
        double[] found = estimates(family.at(theta), n, estimator, runs, rng);
        double mean = 0, second = 0, fourth = 0;
        for (double x : found) mean += x / runs;
        for (double x : found) {
            double d = (x - mean) * (x - mean);
            second += d / runs;
            fourth += d * d / runs;
        }
        double variance = second * runs / (runs - 1);
        return new Report(name, n, mean - theta[j], Math.sqrt(variance / runs), variance, Math.sqrt((fourth - second * second) / runs),
                bound(n)[j][j]);
    }

    private static double[] estimates(UnivariateDistribution law, int n, ToDoubleFunction<double[]> estimator, int runs, Rng rng) {
        if (runs < 2) throw new IllegalArgumentException("CramerRao: " + runs + " runs; at least 2 are needed");
        var found = new double[runs];
        var data = new double[n];
        for (int r = 0; r < runs; r++) {
            for (int i = 0; i < n; i++) data[i] = law.sample(rng);
            found[r] = estimator.applyAsDouble(data);
        }
        return found;
    }

    /**
     * How an estimator's variance falls with n.
     *
     * @param sizes numbers of observations
     * @param variances at each
     * @param slope of log variance over log n by least squares: -1 for regular families
     */
    public record Scaling(List<Integer> sizes, List<Double> variances, double slope) {
        /** Falls clearly faster than 1/n: no Cramer-Rao bound holds here, as where the support depends on the parameter. */
        public boolean isNonRegular() { return slope < -1.5; }
    }

    /** Simulates an estimator at several sizes, for any distribution, with a likelihood that can be differentiated or not. */
    public static Scaling scaling(UnivariateDistribution law, ToDoubleFunction<double[]> estimator, int runs, Rng rng, int... sizes) {
        if (sizes.length < 2) throw new IllegalArgumentException("CramerRao.scaling: " + sizes.length + " sizes; a slope takes at least 2");
        var variances = new ArrayList<Double>();
        var ns = new ArrayList<Integer>();
        double mx = 0, my = 0, xx = 0, xy = 0;
        for (int n : sizes) {
            double[] found = estimates(law, n, estimator, runs, rng);
            double mean = 0, square = 0;
            for (double x : found) mean += x / runs;
            for (double x : found) square += (x - mean) * (x - mean) / (runs - 1);
            ns.add(n);
            variances.add(square);
            mx += Math.log(n) / sizes.length;
            my += Math.log(square) / sizes.length;
        }
        for (int k = 0; k < sizes.length; k++) {
            double x = Math.log(sizes[k]) - mx;
            xx += x * x;
            xy += x * (Math.log(variances.get(k)) - my);
        }
        return new Scaling(List.copyOf(ns), List.copyOf(variances), xy / xx);
    }
}
