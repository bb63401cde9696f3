package lyceum.train.privacy;

import java.util.Arrays;
import lyceum.math.Special;

/**
 * How much privacy a sequence of noisy steps has cost, by Rényi differential privacy: each step has a divergence at every order, steps add up, and the
 * best order gives epsilon. Immutable.
 *
 * {@snippet :
 * var spent = PrivacyAccountant.start().sampledGaussian(0.01, 4, 10_000);
 * spent.epsilon(1e-5);                                                         // 1.04
 * double sigma = PrivacyAccountant.noiseFor(1.0, 1e-5, 0.01, 10_000);
 * }
 *
 * <p>A sampled Gaussian step takes each row with probability q, adds what the taken rows give, each a vector of length at most C, and adds
 * {@code N(0, sigma^2 C^2)} to every coordinate of the sum. Two data sets are neighbours if one has a row more. With
 * {@code A = E [(1 - q) + q exp((2 z - 1) / (2 sigma^2))]^alpha} over {@code z ~ N(0, sigma^2)} the divergence is {@code log A / (alpha - 1)}, and
 * {@code alpha / (2 sigma^2)} without sampling.
 *
 * @see <a href="https://arxiv.org/abs/1908.10530">Mironov, Talwar and Zhang (2019)</a>
 * @see <a href="https://arxiv.org/abs/1607.00133">Abadi and others (2016): the moments accountant</a>
 */
public final class PrivacyAccountant {
    /** From divergences to epsilon. */
    public enum Conversion {
        /** {@code rho + log(1 / delta) / (alpha - 1)} (Mironov 2017), which is the moments accountant's. */
        CLASSIC {
            @Override double epsilon(double alpha, double rho, double logDelta) { return rho - logDelta / (alpha - 1); }

            @Override double logDelta(double alpha, double rho, double epsilon) { return (alpha - 1) * (rho - epsilon); }
        },
        /** {@code rho + log((alpha - 1) / alpha) - (log delta + log alpha) / (alpha - 1)} (Canonne, Kamath and Steinke 2020, proposition 12). */
        IMPROVED {
            @Override double epsilon(double alpha, double rho, double logDelta) {
                return rho + Math.log1p(-1 / alpha) - (logDelta + Math.log(alpha)) / (alpha - 1);
            }

            @Override double logDelta(double alpha, double rho, double epsilon) {
                return (alpha - 1) * (rho - epsilon + Math.log1p(-1 / alpha)) - Math.log(alpha);
            }
        };

        abstract double epsilon(double alpha, double rho, double logDelta);

        abstract double logDelta(double alpha, double rho, double epsilon);
    }

    private static final double[] ORDERS = orders();

    private final double[] spent;

    private PrivacyAccountant(double[] spent) { this.spent = spent; }

    private static double[] orders() {
        var orders = new double[99 + 52 + 4];
        int i = 0;
        for (int tenths = 1; tenths < 100; tenths++) orders[i++] = 1 + tenths / 10.0;
        for (int whole = 12; whole < 64; whole++) orders[i++] = whole;
        for (int whole = 64; whole <= 512; whole *= 2) orders[i++] = whole;
        return orders;
    }

    /** Nothing spent. Orders are 1.1 to 10.9 by tenths, 12 to 63, and 64, 128, 256, 512. */
    public static PrivacyAccountant start() { return new PrivacyAccountant(new double[ORDERS.length]); }

    /** And so many steps of a sampled Gaussian. @param q sampling probability @param sigma noise over the largest length */
    public PrivacyAccountant sampledGaussian(double q, double sigma, long steps) {
        if (steps < 0) throw new IllegalArgumentException("PrivacyAccountant: steps is " + steps + "; it is at least 0");
        var more = spent.clone();
        if (steps > 0) for (int i = 0; i < more.length; i++) more[i] += steps * divergence(q, sigma, ORDERS[i]);
        return new PrivacyAccountant(more);
    }

    /** And so many Gaussian releases about all rows. */
    public PrivacyAccountant gaussian(double sigma, long releases) { return sampledGaussian(1, sigma, releases); }

    /** And all that another has spent on the same rows. */
    public PrivacyAccountant and(PrivacyAccountant other) {
        var more = spent.clone();
        for (int i = 0; i < more.length; i++) more[i] += other.spent[i];
        return new PrivacyAccountant(more);
    }

    /** The least epsilon for a delta, by the improved conversion. */
    public double epsilon(double delta) { return epsilon(delta, Conversion.IMPROVED); }

    /** The least epsilon over all orders, at least 0. @param delta in (0, 1): far below one over the number of rows */
    public double epsilon(double delta, Conversion conversion) {
        probability("delta", delta);
        if (Arrays.stream(spent).allMatch(rho -> rho == 0)) return 0;
        double least = Double.POSITIVE_INFINITY;
        for (int i = 0; i < spent.length; i++) least = Math.min(least, conversion.epsilon(ORDERS[i], spent[i], Math.log(delta)));
        return Math.max(0, least);
    }

    /** The least delta for an epsilon of at least 0, by the improved conversion. */
    public double delta(double epsilon) {
        if (!(epsilon >= 0)) throw new IllegalArgumentException("PrivacyAccountant: epsilon is " + epsilon + "; it is at least 0");
        if (Arrays.stream(spent).allMatch(rho -> rho == 0)) return 0;
        double least = 0;
        for (int i = 0; i < spent.length; i++) least = Math.min(least, Conversion.IMPROVED.logDelta(ORDERS[i], spent[i], epsilon));
        return Math.exp(least);
    }

    /**
     * The least noise with which so many steps stay within epsilon: the claim is at most epsilon, and within 1e-6 of it.
     *
     * @throws IllegalArgumentException if no sigma up to a million does
     */
    public static double noiseFor(double epsilon, double delta, double q, long steps) {
        if (!(epsilon > 0)) throw new IllegalArgumentException("PrivacyAccountant.noiseFor: epsilon is " + epsilon + "; it is above 0");
        double high = 1;
        while (start().sampledGaussian(q, high, steps).epsilon(delta) > epsilon) {
            if ((high *= 2) > 1e6) throw new IllegalArgumentException("PrivacyAccountant.noiseFor: no noise gives epsilon " + epsilon
                    + " at delta " + delta + "; take fewer steps or a larger delta");
        }
        double low = high / 2;
        while (low > 1e-3 && start().sampledGaussian(q, low, steps).epsilon(delta) <= epsilon) low = (high = low) / 2;
        while (high - low > 1e-8 * high) {
            double middle = 0.5 * (low + high), claim = start().sampledGaussian(q, middle, steps).epsilon(delta);
            if (claim > epsilon) low = middle;
            else high = middle;
            if (claim <= epsilon && claim > epsilon * (1 - 1e-6)) break;
        }
        return high;
    }

    /** Rényi divergence of one step at an order above 1. @param q in [0, 1] @param sigma at least 0; 0 costs everything */
    public static double divergence(double q, double sigma, double alpha) {
        if (!(q >= 0 && q <= 1)) throw new IllegalArgumentException("PrivacyAccountant: q is " + q + "; it lies in [0, 1]");
        if (!(sigma >= 0)) throw new IllegalArgumentException("PrivacyAccountant: sigma is " + sigma + "; it is at least 0");
        if (!(alpha > 1)) throw new IllegalArgumentException("PrivacyAccountant: order is " + alpha + "; it is above 1");
        if (q == 0) return 0;
        if (sigma == 0) return Double.POSITIVE_INFINITY;
        if (q == 1) return alpha / (2 * sigma * sigma);
        double log = alpha == Math.rint(alpha) && alpha <= 1_024 ? binomial(q, sigma, (int) alpha) : integral(q, sigma, alpha);
        return Math.max(0, log) / (alpha - 1);
    }

    /** log A at a whole order: the power multiplied out, each term a Gaussian moment. */
    private static double binomial(double q, double sigma, int alpha) {
        var terms = new double[alpha + 1];
        for (int k = 0; k <= alpha; k++)
            terms[k] = Special.lgamma(alpha + 1) - Special.lgamma(k + 1) - Special.lgamma(alpha - k + 1) + k * Math.log(q)
                    + (alpha - k) * Math.log1p(-q) + k * (k - 1.0) / (2 * sigma * sigma);
        return logSum(terms);
    }

    /** log A at any order, by the trapezoidal rule, which converges faster than any power for an integrand that is analytic in a strip. */
    private static double integral(double q, double sigma, double alpha) {
        double variance = sigma * sigma, low = -12 * sigma, high = alpha + 12 * sigma, step = Math.min(sigma / 8, variance / 3);
        int n = (int) Math.min(2_000_000, Math.ceil((high - low) / step));
        step = (high - low) / n;
        var terms = new double[n + 1];
        for (int i = 0; i <= n; i++) {
            double z = low + i * step, grown = Math.log(q) + (2 * z - 1) / (2 * variance), kept = Math.log1p(-q);
            double ratio = Math.max(grown, kept) + Math.log1p(Math.exp(-Math.abs(grown - kept)));
            terms[i] = alpha * ratio - z * z / (2 * variance);
        }
        return logSum(terms) + Math.log(step / (sigma * Math.sqrt(2 * Math.PI)));
    }

    private static double logSum(double[] terms) {
        double most = Arrays.stream(terms).max().orElseThrow(), sum = 0;
        for (double t : terms) sum += Math.exp(t - most);
        return most + Math.log(sum);
    }

    static void probability(String name, double p) {
        if (!(p > 0 && p < 1)) throw new IllegalArgumentException("privacy: " + name + " is " + p + "; it lies between 0 and 1");
    }
}
