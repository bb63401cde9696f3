package lyceum.math;

import lyceum.backend.scalar.Functions;

/**
 * Special functions in double precision.
 *
 * <p>Each is accurate to a few units in the last place (erf, erfc and gelu to two), relative to the result (digamma, and lgamma below 0: to the larger of result and one,
 * since they cross zero).
 *
 * @see <a href="https://dlmf.nist.gov">NIST Digital Library of Mathematical Functions</a>, chapters 5, 7 and 25
 */
public final class Special {
    private static final double EULER = 0.57721566490153286061, LOG_SQRT_2PI = 0.91893853320467274178;
    /** Constants, and what their roundings lack. */
    private static final double TWO_OVER_SQRT_PI = 1.1283791670955126, TWO_OVER_SQRT_PI_REST = 1.533545961316588e-17,
            SQRT_PI = 1.772453850905516, SQRT_PI_REST = -7.666586499825799e-17, SQRT_HALF = 0.7071067811865476,
            SQRT_HALF_REST = -4.833646656726457e-17;
    /** From here on the fraction of erfc converges fast. */
    private static final double FRACTION = 3;
    /** Bernoulli numbers B2, B4, ..., B20. */
    private static final double[] BERNOULLI = {1.0 / 6, -1.0 / 30, 1.0 / 42, -1.0 / 30, 5.0 / 66, -691.0 / 2730, 7.0 / 6, -3617.0 / 510,
            43867.0 / 798, -174611.0 / 330};
    /** Riemann zeta of 2, 3, ..., for the series of log gamma about 1. */
    private static final double[] ZETA = new double[60];

    static {
        for (int k = 2; k < ZETA.length; k++) ZETA[k] = hurwitzZeta(k, 1);
    }

    private Special() {}

    public static double log2(double x) {
        int exponent = Math.getExponent(x);
        // Powers of two must come out exact; the quotient of two logarithms is off by an ulp for some.
        if (x > 0 && exponent >= Double.MIN_EXPONENT && exponent <= Double.MAX_EXPONENT && x == Math.scalb(1.0, exponent)) return exponent;
        return Math.log(x) * 1.4426950408889634074;
    }

    /** {@code 1 / (1 + exp(-x))}, without overflow on either side. */
    public static double sigmoid(double x) {
        if (x >= 0) return 1 / (1 + Math.exp(-x));
        double e = Math.exp(x);
        return e / (1 + e);
    }

    /** {@code log(1 + exp(x))}. */
    public static double softplus(double x) { return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))); }

    /** {@code x Phi(x)} with the normal distribution Phi; 0 at minus infinity, its limit. */
    public static double gelu(double x) {
        if (Math.abs(x) > 40) return x < 0 ? -0.0 : x;
        double a = Math.abs(x), z = SQRT_HALF * a, rest = Math.fma(SQRT_HALF, a, -z) + SQRT_HALF_REST * a, square = a * a;
        double tail = erfc(z, rest, square / 2, Math.fma(a, a, -square) / 2) / 2;
        return x <= 0 ? x * tail : x - x * tail;
    }

    /** Error function, {@code 2/sqrt(pi) int_0^x exp(-t^2) dt}. */
    public static double erf(double x) {
        if (x == 0) return x;
        double a = Math.abs(x), square = a * a, rest = Math.fma(a, a, -square);
        return Math.copySign(a < FRACTION ? erfSeries(a, 0, square, rest).sum() : 1 - erfcFraction(a, 0, square, rest), x);
    }

    /** {@code 1 - erf(x)} without cancellation in the upper tail. */
    public static double erfc(double x) {
        if (x < 0) return 1 + erf(-x);
        double square = x * x;
        return erfc(x, 0, square, Math.fma(x, x, -square));
    }

    /** Of {@code x + xRest}, not negative, whose square is given as well. */
    private static double erfc(double x, double xRest, double square, double squareRest) {
        if (!(x < FRACTION)) return erfcFraction(x, xRest, square, squareRest);
        var erf = erfSeries(x, xRest, square, squareRest);
        double high = 1 - erf.high;
        return high + (1 - high - erf.high - erf.low);
    }

    /** A sum of two doubles, the second about the rounding of the first. */
    private record Pair(double high, double low) {
        double sum() { return high + low; }
    }

    /** DLMF 7.6.1 in pairs of doubles: what cancels against 1, and in the alternating series, leaves digits enough up to {@link #FRACTION}. */
    private static Pair erfSeries(double x, double xRest, double square, double squareRest) {
        double power = x, powerRest = xRest, sum = x, sumRest = xRest, term = x;
        for (int n = 1; Math.abs(term) > 1e-33 * x; n++) {
            double product = power * square, rest = Math.fma(power, square, -product) + power * squareRest + powerRest * square;
            power = -product / n;
            powerRest = -(Math.fma(power, n, product) + rest) / n;
            int odd = 2 * n + 1;
            term = power / odd;
            double termRest = (Math.fma(-term, odd, power) + powerRest) / odd, before = sum;
            sum += term; // which may be the larger one
            double added = sum - before;
            sumRest += before - (sum - added) + (term - added) + termRest;
        }
        double high = sum * TWO_OVER_SQRT_PI;
        return new Pair(high, Math.fma(sum, TWO_OVER_SQRT_PI, -high) + sum * TWO_OVER_SQRT_PI_REST + sumRest * TWO_OVER_SQRT_PI);
    }

    /** DLMF 7.9.3 from its far end, for x of at least {@link #FRACTION}; errors shrink from level to level. */
    private static double erfcFraction(double x, double xRest, double square, double squareRest) {
        if (x > 28) return 0;
        double below = 0;
        for (int k = 60; k >= 1; k--) below = k / 2.0 / (x + below);
        double f = x + below, fRest = x - f + below + xRest, divisor = f * SQRT_PI,
                divisorRest = Math.fma(f, SQRT_PI, -divisor) + f * SQRT_PI_REST + fRest * SQRT_PI;
        double exp = Math.exp(-square), quotient = exp / divisor;
        return quotient + (Math.fma(-quotient, divisor, exp) - quotient * divisorRest - exp * squareRest) / divisor;
    }

    /** The x with {@code erf(x) = p}, for p in (-1, 1); infinite at its ends. */
    public static double erfinv(double p) {
        double a = Math.abs(p);
        if (a == 0 || a != a) return p;
        if (a == 1) return Math.copySign(Double.POSITIVE_INFINITY, p);
        if (a > 1) return Double.NaN;
        double log = Math.log1p(-a * a), half = 2 / (Math.PI * 0.147) + log / 2;
        double x = Math.sqrt(Math.sqrt(half * half - log / 0.147) - half);
        for (int i = 0; i < 4; i++) { // Halley on erf, or on erfc where erf is flat
            double error = a < 0.5 ? erf(x) - a : (1 - a) - erfc(x);
            double step = error / (TWO_OVER_SQRT_PI * Math.exp(-x * x));
            x -= step / (1 + x * step);
            if (Math.abs(step) < 1e-17 * x) break;
        }
        return Math.copySign(x, p);
    }

    /** {@code log |gamma(x)|}; infinite at 0, -1, -2, ... */
    public static double lgamma(double x) {
        if (x != x) return x;
        if (Double.isInfinite(x)) return Double.POSITIVE_INFINITY;
        if (x <= 0) {
            if (x == Math.floor(x)) return Double.POSITIVE_INFINITY;
            if (x > -0x1p-60) return -Math.log(-x); // pi x has few digits where x has
            return Math.log(Math.PI / Math.abs(sinPi(x))) - lgamma(1 - x);
        }
        if (x < 0.5) return lgammaNearOne(x) - Math.log(x);
        if (x <= 1.5) return lgammaNearOne(x - 1);
        if (x <= 2.5) return Math.log1p(x - 2) + lgammaNearOne(x - 2);
        if (x >= 13) return stirling(x);
        // Down to the series, whose parts have one sign; up to Stirling's formula the result would be a difference of larger numbers.
        double product = 1, y = x;
        while (y > 2.5) product *= --y;
        return Math.log(product) + (Math.log1p(y - 2) + lgammaNearOne(y - 2));
    }

    /** {@code log gamma(1 + z)} for |z| of at most 1/2, DLMF 5.7.3: exact about the zero at z = 0. */
    private static double lgammaNearOne(double z) {
        double sum = 0;
        for (int k = ZETA.length - 1; k >= 2; k--) sum = sum * -z + ZETA[k] / k;
        return z * (z * sum - EULER);
    }

    private static double stirling(double x) {
        double square = x * x, power = x, sum = 0;
        for (int k = 1; k <= 8; k++) {
            sum += BERNOULLI[k - 1] / (2.0 * k * (2 * k - 1) * power);
            power *= square;
        }
        return (x - 0.5) * Math.log(x) - x + LOG_SQRT_2PI + sum;
    }

    /** Derivative of {@link #lgamma}; infinite at 0 and -0.0, against their sign, and NaN at the other poles. */
    public static double digamma(double x) {
        if (x == 0) return Math.copySign(Double.POSITIVE_INFINITY, -x);
        if (x <= 0) {
            if (x == Math.floor(x)) return Double.NaN;
            return digamma(1 - x) - Math.PI * cosPi(x) / sinPi(x);
        }
        double shift = 0;
        for (; x < 13; x++) shift -= 1 / x;
        return shift + Math.log(x) - logMinusDigamma(x);
    }

    /** {@code log(x) - digamma(x)} for positive x, about {@code 1 / (2 x)}: what is left where the two cancel. */
    public static double logMinusDigamma(double x) {
        if (x < 13) return Math.log(x) - digamma(x);
        double square = x * x, power = square, sum = 0;
        for (int k = 1; k <= 8; k++) {
            sum += BERNOULLI[k - 1] / (2.0 * k * power);
            power *= square;
        }
        return 0.5 / x + sum;
    }

    /** The n-th derivative of {@link #digamma}, n at least 0. */
    public static double polygamma(int n, double x) {
        if (n < 0 || x != x) return Double.NaN;
        if (n == 0) return digamma(x);
        double factorial = 1;
        for (int k = 2; k <= n; k++) factorial *= k;
        double sign = n % 2 == 0 ? -1 : 1;
        if (x > 0) return sign * factorial * hurwitzZeta(n + 1, x);
        if (x == Math.floor(x)) return n % 2 == 1 ? Double.POSITIVE_INFINITY : Double.NaN;
        if (n == 1) {
            double ratio = Math.PI / sinPi(x);
            return ratio * ratio - polygamma(1, 1 - x);
        }
        double sum = 0;
        for (; x <= 0; x++) sum += Math.pow(x, -(n + 1));
        return sign * factorial * (hurwitzZeta(n + 1, x) + sum);
    }

    /** {@code sum over k >= 0 of (x + k)^-s}, s above 1, x above 0, by Euler and Maclaurin (DLMF 25.11.28). */
    public static double hurwitzZeta(double s, double x) {
        double sum = 0;
        for (; x < 15; x++) sum += Math.pow(x, -s);
        double power = Math.pow(x, -s);
        sum += Math.pow(x, 1 - s) / (s - 1) + 0.5 * power; // power * x would lose the result where power underflows
        double factor = s * power / x;
        for (int k = 1; k <= BERNOULLI.length; k++) {
            sum += BERNOULLI[k - 1] * factor / factorial(2 * k);
            factor *= (s + 2 * k - 1) * (s + 2 * k) / (x * x);
        }
        return sum;
    }

    private static double factorial(int n) {
        double product = 1;
        for (int k = 2; k <= n; k++) product *= k;
        return product;
    }

    private static double sinPi(double x) {
        double r = Math.IEEEremainder(x, 2);
        return Math.abs(r) > 0.5 ? Math.sin(Math.PI * (Math.signum(r) - r)) : Math.sin(Math.PI * r);
    }

    private static double cosPi(double x) {
        double r = Math.abs(Math.IEEEremainder(x, 2));
        return r == 0.5 ? 0 : Math.cos(Math.PI * r);
    }
}
