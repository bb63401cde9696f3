package lyceum.info;

import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import lyceum.math.Special;
import lyceum.prob.Beta;
import lyceum.prob.Exponential;
import lyceum.prob.Gamma;
import lyceum.prob.Normal;
import lyceum.prob.Poisson;
import lyceum.prob.Quadrature;
import lyceum.prob.UnivariateDistribution;

/**
 * A parametric family to project onto.
 *
 * @param name for messages and figures
 * @param at the member at unconstrained coordinates (logarithms of positive parameters)
 * @param coordinates the inverse of {@code at}
 * @param match the member whose expected sufficient statistics equal those of a distribution: for an exponential family, the minimiser of
 *     {@code KL(p || q)}
 * @param starts members from which to search for the minimisers of {@code KL(q || p)}, narrow enough to fall into separate modes
 */
public record Family<Q extends UnivariateDistribution>(String name, Function<double[], Q> at, Function<Q, double[]> coordinates,
        Function<UnivariateDistribution, Q> match, Function<UnivariateDistribution, List<Q>> starts) {

    private static final double[] LEVELS = {0.1, 0.3, 0.5, 0.7, 0.9};

    /** Matches mean and variance. */
    public static final Family<Normal> NORMAL = new Family<>("normal", c -> new Normal(c[0], Math.exp(c[1])),
            q -> new double[] {q.mean(), Math.log(q.standardDeviation())}, p -> new Normal(p.mean(), p.standardDeviation()),
            p -> Arrays.stream(LEVELS).mapToObj(level -> new Normal(p.quantile(level), p.standardDeviation() / 3)).toList());

    /** Matches the mean. */
    public static final Family<Exponential> EXPONENTIAL = new Family<>("exponential", c -> new Exponential(Math.exp(c[0])),
            q -> new double[] {Math.log(q.rate())}, p -> new Exponential(1 / p.mean()),
            p -> Arrays.stream(LEVELS).mapToObj(level -> new Exponential(1 / p.quantile(level))).toList());

    /** Matches the mean. */
    public static final Family<Poisson> POISSON = new Family<>("Poisson", c -> new Poisson(Math.exp(c[0])),
            q -> new double[] {Math.log(q.rate())}, p -> new Poisson(p.mean()),
            p -> Arrays.stream(LEVELS).mapToObj(level -> new Poisson(p.quantile(level) + 0.5)).toList());

    /** Matches the means of x and log x. */
    public static final Family<Gamma> GAMMA = new Family<>("gamma", c -> new Gamma(Math.exp(c[0]), Math.exp(c[1])),
            q -> new double[] {Math.log(q.shape()), Math.log(q.rate())}, Family::matchGamma,
            p -> gammas(p, 9 * p.mean() * p.mean() / p.variance()));

    /** Matches the means of log x and log(1 - x). */
    public static final Family<Beta> BETA = new Family<>("beta", c -> new Beta(Math.exp(c[0]), Math.exp(c[1])),
            q -> new double[] {Math.log(q.alpha()), Math.log(q.beta())}, Family::matchBeta,
            p -> betas(p, 9 * (p.mean() * (1 - p.mean()) / p.variance() - 1)));

    private static List<Gamma> gammas(UnivariateDistribution p, double shape) {
        return Arrays.stream(LEVELS).mapToObj(level -> new Gamma(shape, shape / p.quantile(level))).toList();
    }

    private static List<Beta> betas(UnivariateDistribution p, double size) {
        double n = Math.max(2, size);
        return Arrays.stream(LEVELS).mapToObj(level -> new Beta(n * p.quantile(level), n * (1 - p.quantile(level)))).toList();
    }

    /** Newton on {@code log a - psi(a) = log E x - E log x} (Minka 2002). */
    private static Gamma matchGamma(UnivariateDistribution p) {
        double mean = p.mean(), gap = Math.log(mean) - Quadrature.expectation(p, Math::log);
        double a = (3 - gap + Math.sqrt((gap - 3) * (gap - 3) + 24 * gap)) / (12 * gap);
        for (int i = 0; i < 30; i++) {
            double step = (Math.log(a) - Special.digamma(a) - gap) / (1 / a - Special.polygamma(1, a));
            a = a - step > 0 ? a - step : a / 2;
            if (Math.abs(step) < 1e-15 * a) break;
        }
        return new Gamma(a, a / mean);
    }

    /** Newton in two variables, from the member of the same mean and variance. */
    private static Beta matchBeta(UnivariateDistribution p) {
        double logX = Quadrature.expectation(p, Math::log), logY = Quadrature.expectation(p, x -> Math.log1p(-x));
        double mean = p.mean(), size = Math.max(0.1, mean * (1 - mean) / p.variance() - 1), a = mean * size, b = (1 - mean) * size;
        for (int i = 0; i < 100; i++) {
            double both = Special.digamma(a + b), t = Special.polygamma(1, a + b);
            double f = Special.digamma(a) - both - logX, g = Special.digamma(b) - both - logY;
            double fa = Special.polygamma(1, a) - t, gb = Special.polygamma(1, b) - t, determinant = fa * gb - t * t;
            double da = (f * gb + g * t) / determinant, db = (g * fa + f * t) / determinant;
            a = a - da > 0 ? a - da : a / 2;
            b = b - db > 0 ? b - db : b / 2;
            if (Math.abs(da) < 1e-14 * a && Math.abs(db) < 1e-14 * b) break;
        }
        return new Beta(a, b);
    }
}
