package lyceum.math;

/**
 * Poisson and binomial mass at real arguments without the cancellation of {@code k log m - m - lgamma(k + 1)}: Loader, Fast and Accurate
 * Computation of Binomial Probabilities (2000). Gamma and beta densities and the incomplete functions build on them.
 */
public final class SaddlePoint {
    private static final double LOG_2PI = 1.83787706640934548356, LOG_SQRT_2PI = 0.91893853320467274178;

    private SaddlePoint() {}

    /** {@code log(m^k exp(-m) / gamma(k + 1))} for k of at least 0, m above 0. */
    public static double logPoisson(double k, double m) {
        if (k == 0) return -m;
        if (k < 1e-10) return -m + k * Math.log(m) - Special.lgamma(k + 1);
        return -stirlingError(k) - deviance(k, m) - 0.5 * (LOG_2PI + Math.log(k));
    }

    /** {@code log(gamma(n + 1) / (gamma(k + 1) gamma(n - k + 1)) p^k q^(n - k))}, with q = 1 - p and rest = n - k given exactly. */
    public static double logBinomial(double k, double rest, double p, double q) {
        double n = k + rest;
        if (k == 0) return rest == 0 ? 0 : rest * logOfOneMinus(p, q);
        if (rest == 0) return k * logOfOneMinus(q, p);
        double excess = k * q - rest * p; // k - n p, without the rounding of n p
        double core = stirlingError(n) - stirlingError(k) - stirlingError(rest) - deviance(k, n * p, excess)
                - deviance(rest, n * q, -excess);
        return core + 0.5 * (Math.log(n) - Math.log(k) - Math.log(rest) - LOG_2PI);
    }

    /** {@code log q} where q = 1 - p: from the smaller of the two, which has lost no digits. */
    private static double logOfOneMinus(double p, double q) { return p < 0.5 ? Math.log1p(-p) : Math.log(q); }

    /** {@code x log(x / m) + m - x}, also where x is close to m. */
    public static double deviance(double x, double m) { return deviance(x, m, x - m); }

    /** With the difference {@code x - m} given. */
    private static double deviance(double x, double m, double difference) {
        if (m == Double.POSITIVE_INFINITY) return m;
        if (Math.abs(difference) >= 0.1 * (x + m)) return x == 0 ? m : x * logRatio(x, m) - difference;
        double v = difference / (x + m), sum = difference * v, term = 2 * x * v;
        v *= v;
        for (int j = 1; j < 1000; j++) {
            term *= v;
            double next = sum + term / (2 * j + 1);
            if (next == sum) break;
            sum = next;
        }
        return sum;
    }

    private static double logRatio(double x, double m) {
        double ratio = x / m;
        return ratio == Double.POSITIVE_INFINITY ? Math.log(x) - Math.log(m) : Math.log(ratio);
    }

    /** {@code lgamma(n + 1) - (n + 1/2) log n + n - log(sqrt(2 pi))}: the error of Stirling's formula. */
    public static double stirlingError(double n) {
        if (n < 1) return Special.lgamma(n + 1) - (n + 0.5) * Math.log(n) + n - LOG_SQRT_2PI;
        double shift = 0;
        for (; n < 15; n++) shift += (n + 0.5) * Math.log1p(1 / n) - 1;
        double s = 1 / (n * n);
        return shift + (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - (1.0 / 1680 - (1.0 / 1188 - 691.0 / 360360 * s) * s) * s) * s) * s) / n;
    }
}
