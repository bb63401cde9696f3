package lyceum.stats;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.linalg.Cholesky;
import lyceum.math.Incomplete;
import lyceum.prob.Binomial;
import lyceum.prob.Exponential;
import lyceum.prob.Gamma;
import lyceum.prob.MultivariateDistribution;
import lyceum.prob.Normal;
import lyceum.prob.Poisson;
import lyceum.prob.Quadrature;
import lyceum.prob.Uniform;
import lyceum.prob.UnivariateDistribution;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * How fast means become normal: the law of {@code (mean - mu) / (sigma / sqrt n)}, simulated for anything that can be drawn from and computed for
 * what has a closed form, its distance from the normal law, and the bound of Berry and Esseen.
 *
 * {@snippet :
 * var law = CentralLimit.law(new Exponential(1), 16);
 * law.distance();                                            // 0.033, the largest gap between the distribution functions
 * CentralLimit.berryEsseen(new Exponential(1), 16);          // 0.287 at most
 * double[] means = CentralLimit.means(new Exponential(1), 16, 10_000, rng);
 * CentralLimit.distance(means);                              // the same, within 1 / sqrt(10,000)
 * }
 *
 * @see <a href="https://arxiv.org/abs/1111.6554">Shevtsova (2011), for the constant</a>
 */
public final class CentralLimit {
    /** Proved for identically distributed summands; Shevtsova has 0.4690 since 2013. No constant is below 0.4097 (Esseen 1956). */
    private static final double SHEVTSOVA = 0.4748;

    private CentralLimit() {}

    /** {@code runs} standardised means of n draws. The distribution's own mean and standard deviation are used, not the sample's. */
    public static double[] means(UnivariateDistribution x, int n, int runs, Rng rng) {
        double mu = x.mean(), scale = requireVariance(x) / Math.sqrt(n);
        double[] means = plainMeans(x, n, runs, rng);
        for (int r = 0; r < runs; r++) means[r] = (means[r] - mu) / scale;
        return means;
    }

    /** The means themselves: for laws that have no variance, or no mean. */
    public static double[] plainMeans(UnivariateDistribution x, int n, int runs, Rng rng) {
        if (n < 1 || runs < 1)
            throw new IllegalArgumentException("CentralLimit: " + runs + " means of " + n + " draws; both are at least 1");
        var means = new double[runs];
        for (int r = 0; r < runs; r++) {
            double sum = 0;
            for (int i = 0; i < n; i++) sum += x.sample(rng);
            means[r] = sum / n;
        }
        return means;
    }

    /**
     * Squared lengths of {@code runs} standardised means of vectors, {@code n (mean - mu)' Sigma^-1 (mean - mu)}: in the limit chi-square with as
     * many degrees of freedom as dimensions.
     */
    public static double[] squaredMeans(MultivariateDistribution x, int n, int runs, Rng rng) {
        if (n < 1 || runs < 1)
            throw new IllegalArgumentException("CentralLimit: " + runs + " means of " + n + " draws; both are at least 1");
        var factor = Cholesky.of(Tensor.of(x.covariance()));
        double[] mu = x.mean(), squares = new double[runs];
        var sums = new double[mu.length][runs];
        for (int r = 0; r < runs; r++) for (int i = 0; i < n; i++) {
            double[] draw = x.sample(rng);
            for (int k = 0; k < mu.length; k++) sums[k][r] += (draw[k] - mu[k]) / Math.sqrt(n);
        }
        return factor.solveLower(Tensor.of(sums)).square().sum(0).toDoubleArray();
    }

    /** Kolmogorov's distance of a sample from the standard normal law: the largest gap between the distribution functions. */
    public static double distance(double[] sample) {
        return KolmogorovSmirnov.oneSample(sample, Incomplete::normalCdf, Alternative.TWO_SIDED).statistic();
    }

    /** {@code 0.4748 E|X - mu|^3 / (sigma^3 sqrt n)}, which the distance of standardised means never exceeds. */
    public static double berryEsseen(UnivariateDistribution x, int n) {
        double mu = x.mean(), sigma = requireVariance(x);
        double third = Quadrature.expectation(x, v -> Math.pow(Math.abs(v - mu) / sigma, 3));
        return SHEVTSOVA * third / Math.sqrt(n);
    }

    private static double requireVariance(UnivariateDistribution x) {
        double sigma = x.standardDeviation();
        if (!(sigma > 0 && sigma < Double.POSITIVE_INFINITY)) throw new IllegalArgumentException(
                "CentralLimit: " + x + " has the standard deviation " + sigma + "; the theorem needs a finite one above 0");
        return sigma;
    }

    /**
     * The law of a standardised mean.
     *
     * @param cdf its distribution function
     * @param left its limit from the left: another number where the law has mass
     * @param points where it jumps; empty for a continuous law
     */
    public record Law(DoubleUnaryOperator cdf, DoubleUnaryOperator left, double[] points) {
        /** Largest gap to the standard normal distribution function: over all jumps, or for a continuous law between -8 and 8. */
        public double distance() {
            double most = 0;
            for (double z : points) most = Math.max(most, Math.max(gap(z, cdf), gap(z, left)));
            if (points.length > 0) return most;
            double step = 0.02, best = 0;
            for (int i = 0; i <= 800; i++) {
                double z = -8 + i * step, gap = gap(z, cdf);
                if (gap <= most) continue;
                most = gap;
                best = z;
            }
            for (; step > 1e-7; step /= 2) for (double z : new double[] {best - step / 2, best + step / 2}) {
                double gap = gap(z, cdf);
                if (gap <= most) continue;
                most = gap;
                best = z;
            }
            return most;
        }

        private static double gap(double z, DoubleUnaryOperator cdf) { return Math.abs(cdf.applyAsDouble(z) - Incomplete.normalCdf(z)); }
    }

    /**
     * The law of the standardised mean of n draws, exactly: of binomial, Poisson, exponential, gamma, uniform and normal variables.
     *
     * @throws IllegalArgumentException for a family whose sums have no closed form here: simulate it with {@link #means}
     */
    public static Law law(UnivariateDistribution x, int n) {
        double mu = x.mean() * n, scale = requireVariance(x) * Math.sqrt(n);
        return switch (x) {
            case Binomial b -> lattice(new Binomial(b.trials() * n, b.probability()), mu, scale);
            case Poisson p -> lattice(new Poisson(p.rate() * n), mu, scale);
            case Exponential e -> continuous(new Gamma(n, e.rate()), mu, scale);
            case Gamma g -> continuous(new Gamma(g.shape() * n, g.rate()), mu, scale);
            case Normal normal -> new Law(Incomplete::normalCdf, Incomplete::normalCdf, new double[0]);
            case Uniform uniform -> {
                DoubleUnaryOperator cdf = z -> uniformCdf(z, n);
                yield new Law(cdf, cdf, new double[0]);
            }
            default -> throw new IllegalArgumentException(
                    "CentralLimit: sums of " + x + " have no closed form here; simulate them with means(...)");
        };
    }

    private static Law continuous(UnivariateDistribution sum, double mu, double scale) {
        DoubleUnaryOperator cdf = z -> sum.cdf(mu + scale * z);
        return new Law(cdf, cdf, new double[0]);
    }

    /** Integers within ten standard deviations. */
    private static Law lattice(UnivariateDistribution sum, double mu, double scale) {
        int from = (int) Math.max(sum.low(), Math.floor(mu - 10 * scale)), to = (int) Math.min(sum.high(), Math.ceil(mu + 10 * scale));
        var points = new double[to - from + 1];
        for (int k = 0; k < points.length; k++) points[k] = (from + k - mu) / scale;
        return new Law(z -> sum.cdf(Math.rint(mu + scale * z)), z -> sum.cdf(Math.rint(mu + scale * z) - 1), points);
    }

    /** Gil-Pelaez: {@code 1/2 + (1 / pi) int sin(t z) phi(t) / t}, phi the characteristic function of a symmetric law. Irwin's sum of powers cancels. */
    private static double uniformCdf(double z, int n) {
        if (n == 1) return Math.clamp(0.5 + z / Math.sqrt(12), 0, 1);
        double a = Math.sqrt(3.0 / n);
        if (Math.abs(z) >= Math.sqrt(3.0 * n)) return z < 0 ? 0 : 1;
        // phi is below (a t)^-n, and all but gone where exp(-t^2 / 2) is.
        double end = Math.min(Math.pow(1e-10, -1.0 / n) / a, n < 30 ? 1e4 : 12 + 40.0 / n);
        DoubleUnaryOperator f = t -> t == 0 ? z : Math.sin(t * z) / t * Math.pow(Math.sin(a * t) / (a * t), n);
        var cuts = new double[(int) Math.ceil(end) + 1];
        for (int i = 0; i < cuts.length; i++) cuts[i] = Math.min(end, i);
        return Math.clamp(0.5 + Quadrature.integrate(f, cuts, 1e-10, 1e-11) / Math.PI, 0, 1);
    }

    /**
     * Variance of {@code g(mean)} of n draws by the delta method, {@code grad g(mu)' Sigma grad g(mu) / n}.
     *
     * @param g from a vector to a number, differentiable at mu; where its slope is 0 the next order decides and this is 0
     * @param mu (d)
     * @param sigma (d, d)
     */
    public static double deltaVariance(UnaryOperator<Tensor> g, Tensor mu, Tensor sigma, int n) {
        var slope = Autograd.grad(g).apply(mu);
        return slope.matmul(sigma.matmul(slope)).item() / n;
    }
}
