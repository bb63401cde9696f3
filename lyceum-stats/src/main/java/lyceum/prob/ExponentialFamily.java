package lyceum.prob;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.optim.SecondOrderObjective;
import lyceum.tensor.Tensor;

/**
 * Densities {@code p(x | eta) = h(x) exp(eta . T(x) - A(eta))}: a base measure h, a sufficient statistic T, natural parameters eta and the
 * log-partition A, which makes them integrate to 1. A family states these four; mean and covariance of T, maximum likelihood, entropy,
 * divergence and conjugate prior follow from A, which {@link Autograd} differentiates.
 *
 * {@snippet :
 * var gammas = ExponentialFamily.GAMMA;
 * double[] eta = gammas.natural(new Gamma(3, 2));      // (shape - 1, -rate) = (2, -2), for T = (log x, x)
 * gammas.mean(eta);                                    // (E log X, E X) = (0.23, 1.5)
 * Gamma best = gammas.distribution(gammas.fit(new double[][] {{0.7}, {1.9}, {1.1}}));
 * gammas.kl(eta, gammas.natural(best));
 * }
 *
 * <p>Parameters are minimal (a categorical distribution of k outcomes has k - 1), so A is strictly convex and each mean has one eta. Points
 * are arrays, of one number for a univariate family. A member outside the domain is refused with an {@link IllegalArgumentException}.
 *
 * @param <D> the family's distributions
 * @see <a href="https://doi.org/10.1561/2200000001">Wainwright and Jordan (2008), Graphical Models, Exponential Families, and Variational
 *      Inference, section 3</a>
 */
public interface ExponentialFamily<D extends Distribution> {

    /** {@code T = x}, {@code eta = logit p}, {@code A = softplus(eta)}; a binomial distribution of one trial. */
    ExponentialFamily<Binomial> BERNOULLI = NaturalForm.bernoulli();

    /** {@code T = x}, {@code eta = log rate}, {@code A = exp(eta)}, {@code h = 1/x!}. */
    ExponentialFamily<Poisson> POISSON = NaturalForm.poisson();

    /** {@code T = x}, {@code eta = -rate}, {@code A = -log(-eta)}. */
    ExponentialFamily<Exponential> EXPONENTIAL = NaturalForm.exponential();

    /** {@code T = (log x, x)}, {@code eta = (shape - 1, -rate)}. */
    ExponentialFamily<Gamma> GAMMA = NaturalForm.gamma();

    /** {@code T = (log x, log(1 - x))}, {@code eta = (alpha - 1, beta - 1)}. */
    ExponentialFamily<Beta> BETA = NaturalForm.beta();

    /** {@code T = (x, x^2)}, {@code eta = (mean/variance, -1/(2 variance))}. */
    ExponentialFamily<Normal> NORMAL = NaturalForm.normal();

    /** {@code T_i = [x = i]} for all outcomes but the last, {@code eta_i = log(p_i / p_last)}. @param outcomes at least 2 */
    static ExponentialFamily<Categorical> categorical(int outcomes) { return NaturalForm.categorical(outcomes); }

    /** {@code T_i = log x_i}, {@code eta = alpha - 1}. @param outcomes at least 2 */
    static ExponentialFamily<Dirichlet> dirichlet(int outcomes) { return NaturalForm.dirichlet(outcomes); }

    /**
     * With the precision matrix {@code P}: {@code T = (x, x_i x_j for i <= j)} row by row, {@code eta = (P mean, -P_ii/2 and -P_ij)}.
     *
     * @param dimensions at least 1
     */
    static ExponentialFamily<MultivariateNormal> multivariateNormal(int dimensions) { return GaussianForm.of(dimensions); }

    /** Number of natural parameters. */
    int size();

    /** {@code eta} of a distribution of this family. */
    double[] natural(D distribution);

    /** The distribution of natural parameters. */
    D distribution(double... eta);

    /** Whether A is finite at {@code eta}. */
    boolean contains(double... eta);

    /** {@code T(x)}. */
    double[] statistic(double... x);

    /** {@code log h(x)}; minus infinity outside the support. */
    double logBase(double... x);

    /** {@code A(eta)} as a differentiable scalar. */
    Tensor logPartition(Tensor eta);

    /** {@code E log h(X)}, which A does not know. */
    double meanLogBase(double... eta);

    /** Whether some eta has this mean: it lies inside, not on, the convex hull of all T(x). */
    boolean attains(double... mean);

    /** An eta in the domain whose mean is near an attained one; where {@link #fit(double...)} begins. */
    double[] start(double... mean);

    /** {@code A(eta)}. */
    default double logPartition(double... eta) { return logPartition(Tensor.of(member(eta))).item(); }

    /** {@code log p(x | eta)}. */
    default double logDensity(double[] eta, double... x) {
        double a = logPartition(eta), base = logBase(x);
        return base == Double.NEGATIVE_INFINITY ? base : base + dot(eta, statistic(x)) - a;
    }

    /** {@code E T(X)}, the gradient of A. */
    default double[] mean(double... eta) {
        return Autograd.valueAndGrad(this::logPartition, Tensor.of(member(eta))).gradient().toDoubleArray();
    }

    /** {@code Cov T(X)}, the Hessian of A. */
    default double[][] covariance(double... eta) { return SecondOrderObjective.of(this::logPartition).hessian(member(eta)); }

    /** The eta of greatest likelihood: its mean is the points' average statistic. @throws IllegalArgumentException as {@link #fit(double...)} */
    default double[] fit(double[][] points) {
        var average = new double[size()];
        for (var x : points) {
            double[] t = statistic(x);
            for (int i = 0; i < t.length; i++) average[i] += t[i] / points.length;
        }
        return fit(average);
    }

    /**
     * The eta with {@code E T(X) = mean}, by Newton's method on {@code A(eta) - eta . mean}.
     *
     * @throws IllegalArgumentException if no eta has it, as after twenty successes in twenty trials: the likelihood has no maximum then
     */
    default double[] fit(double... mean) {
        if (mean.length != size()) throw new ShapeException("fit: " + mean.length + " means for " + size() + " natural parameters");
        if (!attains(mean)) throw new IllegalArgumentException("fit: no natural parameters have the mean statistic " + Arrays.toString(mean)
                + "; the likelihood has no maximum. Use more data or a prior");
        return MeanMatching.solve(this, mean);
    }

    /** {@code A(eta) - eta . E T - E log h}, in nats. */
    default double entropy(double... eta) { return logPartition(eta) - dot(eta, mean(eta)) - meanLogBase(eta); }

    /** {@code KL(eta || other)} in nats: the Bregman divergence {@code A(other) - A(eta) - (other - eta) . grad A(eta)}. */
    default double kl(double[] eta, double[] other) {
        double[] mean = mean(eta);
        double slope = 0;
        for (int i = 0; i < mean.length; i++) slope += (other[i] - eta[i]) * mean[i];
        return Math.max(0, logPartition(other) - logPartition(eta) - slope);
    }

    /** The conjugate prior worth {@code count} observations of average statistic {@code mean}. */
    default NaturalPrior prior(double[] mean, double count) {
        Arguments.positive("prior", "count", count);
        if (mean.length != size()) throw new ShapeException("prior: " + mean.length + " means for " + size() + " natural parameters");
        return new NaturalPrior(this, Arrays.stream(mean).map(t -> t * count).toArray(), count);
    }

    private double[] member(double[] eta) {
        if (eta.length != size()) throw new ShapeException("ExponentialFamily: " + eta.length + " natural parameters; it has " + size());
        if (!contains(eta)) throw new IllegalArgumentException(
                "ExponentialFamily: " + Arrays.toString(eta) + " lies outside the domain of the log-partition");
        return eta;
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        // A parameter of 0 ignores its statistic, be that infinite: 0 log 0 = 0
        for (int i = 0; i < a.length; i++) if (a[i] != 0) sum += a[i] * b[i];
        return sum;
    }
}
