package lyceum.math;

/**
 * Incomplete gamma and beta functions, the normal integral, and their inverses, in double precision.
 *
 * <p>Relative error is about 1e-13 in both tails: each tail is computed directly, never as one minus the other. Sources: NIST Digital Library
 * of Mathematical Functions, chapters 7 and 8; Temme (1979) for large arguments; Loader (2000) for the prefactors. Error function, log gamma and
 * digamma are in {@link Special}.
 */
public final class Incomplete {
    private static final double SQRT_2 = 1.41421356237309504880, SQRT_2PI = 2.50662827463100050242, TINY = 1e-300, EPS = 0x1p-54;

    private Incomplete() {}

    /** {@code log B(a, b) = lgamma(a) + lgamma(b) - lgamma(a + b)}, without cancellation for large arguments; a, b above 0. */
    public static double logBeta(double a, double b) {
        double low = Math.min(a, b), high = Math.max(a, b);
        if (high < 10) return Special.lgamma(low) + Special.lgamma(high) - Special.lgamma(low + high);
        // B(a, b) = (a + b) / (a b) / binomial(a + b, a); at p = a / (a + b) the deviances vanish
        double n = low + high, p = low / n;
        double logChoose = SaddlePoint.logBinomial(low, high, p, high / n) - low * Math.log(p) - high * Math.log1p(-p);
        return Math.log(n / high) - Math.log(low) - logChoose;
    }

    /** {@code log} of the binomial coefficient n over k; real arguments, k from 0 to n. */
    public static double logChoose(double n, double k) {
        if (k == 0 || k == n) return 0;
        return -Math.log1p(n) - logBeta(n - k + 1, k + 1);
    }

    /** {@code x log(x / y) - x + y} for x, y of at least 0: never negative, 0 only at x = y, exact near it; the term of which KL divergences are sums. */
    public static double klTerm(double x, double y) {
        if (x == 0) return y;
        return y == 0 ? Double.POSITIVE_INFINITY : Math.max(0, SaddlePoint.deviance(x, y));
    }

    // Incomplete gamma.

    /** {@code P(a, x) = 1/gamma(a) int_0^x t^(a-1) exp(-t) dt} for a above 0; the cdf of a gamma variable of shape a. */
    public static double regularisedGammaP(double a, double x) { return gamma(a, x, false); }

    /** {@code Q(a, x) = 1 - P(a, x)}, accurate where it is small. */
    public static double regularisedGammaQ(double a, double x) { return gamma(a, x, true); }

    private static double gamma(double a, double x, boolean upper) {
        if (!(a > 0) || x != x) return Double.NaN;
        if (x <= 0) return upper ? 1 : 0;
        if (x == Double.POSITIVE_INFINITY) return upper ? 0 : 1;
        if (a > 1e7 && Math.abs(x - a) < 0.05 * a) return gammaNearMean(a, x, upper);
        if (a < 1 && x < 1) return gammaSmall(a, x, upper);
        if (x < a + 1 && !(a < 1)) {
            double p = gammaSeries(a, x);
            return upper ? 1 - p : p;
        }
        double q = gammaFraction(a, x);
        return upper ? q : 1 - q;
    }

    /** DLMF 8.7.1 with {@code x^a exp(-x) / gamma(a + 1)} as a Poisson mass. */
    private static double gammaSeries(double a, double x) {
        double term = 1, sum = 1;
        for (double n = a + 1; term > EPS * sum; n++) {
            term *= x / n;
            sum += term;
        }
        return Math.min(1, Math.exp(SaddlePoint.logPoisson(a, x)) * sum);
    }

    /** DLMF 8.9.2 by Lentz's method. */
    private static double gammaFraction(double a, double x) {
        double b = x + 1 - a, c = 1 / TINY, d = 1 / b, h = d;
        for (int i = 1; i < 1_000_000; i++) {
            double an = -i * (i - a);
            b += 2;
            d = 1 / away(an * d + b);
            c = away(b + an / c);
            double delta = d * c;
            h *= delta;
            if (Math.abs(delta - 1) < 0x1p-52) break;
        }
        return Math.min(1, Math.exp(SaddlePoint.logPoisson(a, x)) * a * h);
    }

    /** Gautschi (1979): for a and x below 1 both tails without cancellation. */
    private static double gammaSmall(double a, double x, boolean upper) {
        double log = a * Math.log(x) - Special.lgamma(a + 1), power = 1, sum = 0;
        for (int k = 1; k < 60; k++) {
            power *= -x / k;
            double term = power / (a + k);
            sum += term;
            if (Math.abs(term) < EPS * Math.abs(sum)) break;
        }
        return upper ? -Math.expm1(log) - Math.exp(log) * a * sum : Math.exp(log) * (1 + a * sum);
    }

    /** Temme's uniform expansion, DLMF 8.12.3: the series about the mean, enough for a over 1e7. */
    private static double gammaNearMean(double a, double x, boolean upper) {
        double half = SaddlePoint.deviance(a, x) / a, eta = Math.copySign(Math.sqrt(2 * half), x - a);
        double c0 = -1.0 / 3 + eta * (1.0 / 12 + eta * (-2.0 / 135 + eta * (1.0 / 864 + eta * (1.0 / 2835))));
        double c1 = -1.0 / 540 - eta / 288;
        double rest = Math.exp(-a * half) / (SQRT_2PI * Math.sqrt(a)) * (c0 + c1 / a), z = eta * Math.sqrt(a / 2);
        return upper ? 0.5 * Special.erfc(z) + rest : 0.5 * Special.erfc(-z) - rest;
    }

    /** The x with {@code P(a, x) = p}. */
    public static double inverseGammaP(double a, double p) { return inverseGamma(a, p, 1 - p); }

    /** The x with {@code Q(a, x) = q}, accurate for small q. */
    public static double inverseGammaQ(double a, double q) { return inverseGamma(a, 1 - q, q); }

    private static double inverseGamma(double a, double p, double q) {
        if (!(a > 0) || !(p >= 0) || !(q >= 0)) return Double.NaN;
        if (p == 0) return 0;
        if (q == 0) return Double.POSITIVE_INFINITY;
        boolean upper = q < p;
        double z = upper ? -normalQuantile(q) : normalQuantile(p), guess;
        double third = 1 - 1 / (9 * a) + z / (3 * Math.sqrt(a));
        // Wilson and Hilferty about the mean; the leading term of the series near zero
        if (a > 1 && third > 0.2) guess = Math.log(a) + 3 * Math.log(third);
        else guess = (Math.log(p) + Special.lgamma(a + 1)) / a;
        return InverseInLog.solve(Math.min(guess, Math.log(a + 800 + 40 * Math.sqrt(a))), -745.2, 710, upper, upper ? q : p,
                new InverseInLog.Tail() {
                    @Override public double probability(double x) { return gamma(a, x, upper); }

                    @Override public double logDensity(double x) { return SaddlePoint.logPoisson(a, x) + Math.log(a) - Math.log(x); }
                });
    }

    // Incomplete beta.

    /** {@code I_x(a, b) = 1/B(a, b) int_0^x t^(a-1) (1-t)^(b-1) dt} for a, b above 0; the cdf of a beta variable. */
    public static double regularisedBeta(double a, double b, double x) { return beta(a, b, x, 1 - x); }

    /** {@code 1 - I_x(a, b)}, accurate where it is small. */
    public static double regularisedBetaUpper(double a, double b, double x) { return beta(b, a, 1 - x, x); }

    /** {@code I_x(a, b)} with y = 1 - x known exactly. */
    public static double beta(double a, double b, double x, double y) {
        if (!(a > 0) || !(b > 0) || x != x) return Double.NaN;
        if (x <= 0) return 0;
        if (y <= 0) return 1;
        if (a * y >= b * x || x <= (a + 1) / (a + b + 2)) return Math.min(1, betaFraction(a, b, x, y));
        return Math.max(0, 1 - betaFraction(b, a, y, x));
    }

    /** {@code log(x^a y^b / B(a, b))}. */
    private static double logBetaFactor(double a, double b, double x, double y) {
        return SaddlePoint.logBinomial(a, b, x, y) + Math.log(a) - Math.log1p(a / b);
    }

    /**
     * The continued fraction of DiDonato and Morris (1992), equation 9, by Lentz's method. Its distance from the mean, {@code a y - b x}, keeps
     * its digits for x close to 1 too.
     */
    private static double betaFraction(double a, double b, double x, double y) {
        double lambda = a * y - b * x, c = 1 / TINY, d = 1 / away(a * (lambda + 1) / (a + 1)), h = d;
        for (int n = 1; n < 1_000_000; n++) {
            double u = a + 2 * n, alpha = (a + n - 1) / (u - 1) * ((a + b + n - 1) / (u - 1)) * n * (b - n) * x * x;
            double beta = n + n * (b - n) * x / (u - 1) + (a + n) * (lambda + 1 + n * (1 + y)) / (u + 1);
            d = 1 / away(beta + alpha * d);
            c = away(beta + alpha / c);
            double delta = d * c;
            h *= delta;
            if (Math.abs(delta - 1) < 0x1p-52) break;
        }
        return Math.exp(logBetaFactor(a, b, x, y)) * h;
    }

    /** Lentz's guard against division by zero. */
    private static double away(double v) { return Math.abs(v) < TINY ? TINY : v; }

    /** The x with {@code I_x(a, b) = p}. */
    public static double inverseBeta(double a, double b, double p) { return inverseBeta(a, b, p, 1 - p)[0]; }

    /** The x with {@code 1 - I_x(a, b) = q}, accurate for small q. */
    public static double inverseBetaUpper(double a, double b, double q) { return inverseBeta(a, b, 1 - q, q)[0]; }

    /** The inverse as {x, 1 - x}, each accurate where it is small. */
    public static double[] inverseBeta(double a, double b, double p, double q) {
        if (!(a > 0) || !(b > 0) || !(p >= 0) || !(q >= 0)) return new double[] {Double.NaN, Double.NaN};
        if (p == 0) return new double[] {0, 1};
        if (q == 0) return new double[] {1, 0};
        double half = beta(a, b, 0.5, 0.5);
        if (p <= half) {
            double x = lowerInverseBeta(a, b, p, q);
            return new double[] {x, 1 - x};
        }
        double y = lowerInverseBeta(b, a, q, p);
        return new double[] {1 - y, y};
    }

    /** For solutions of at most one half. */
    private static double lowerInverseBeta(double a, double b, double p, double q) {
        boolean upper = q < p;
        double guess = (Math.log(p) + Math.log(a) + logBeta(a, b)) / a;
        if (a > 1 && b > 1) {
            double mean = a / (a + b), z = upper ? -normalQuantile(q) : normalQuantile(p), sd = Math.sqrt(mean * (1 - mean) / (a + b + 1));
            if (mean + z * sd > 0) guess = Math.log(mean + z * sd);
        }
        return InverseInLog.solve(guess, -745.2, Math.log(0.5), upper, upper ? q : p, new InverseInLog.Tail() {
            @Override public double probability(double x) { return upper ? beta(b, a, 1 - x, x) : beta(a, b, x, 1 - x); }

            @Override public double logDensity(double x) { return logBetaFactor(a, b, x, 1 - x) - Math.log(x) - Math.log1p(-x); }
        });
    }

    // Normal integral.

    /** The standard normal cdf. */
    public static double normalCdf(double z) { return 0.5 * Special.erfc(-z / SQRT_2); }

    /** The z with {@code normalCdf(z) = p}. */
    public static double normalQuantile(double p) {
        if (!(p >= 0 && p <= 1)) return Double.NaN;
        if (p > 0.5) return p == 1 ? Double.POSITIVE_INFINITY : -normalQuantile(1 - p);
        if (p == 0) return Double.NEGATIVE_INFINITY;
        if (p == 0.5) return 0;
        // Hastings (1955), within 4.5e-4; then Newton on the logarithm, where the lower tail is nearly straight
        double t = Math.sqrt(-2 * Math.log(p));
        double z = (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t;
        for (int i = 0; i < 4; i++) {
            double cdf = normalCdf(z), slope = Math.exp(-0.5 * z * z) / SQRT_2PI;
            double step = cdf == 0 || slope == 0 ? 0 : Math.log(cdf / p) * cdf / slope;
            z -= step;
            if (Math.abs(step) < 1e-16 * Math.abs(z)) break;
        }
        return z;
    }
}
