package lyceum.nn;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;

/** Exponentials with 60 digits, to measure double functions against. */
final class HighPrecision {
    static final MathContext DIGITS = new MathContext(60);
    private static final BigDecimal ONE = BigDecimal.ONE, TWO = BigDecimal.valueOf(2);

    private HighPrecision() {}

    /** By halving the argument until it is below 2^-20, Taylor's series, and squaring back; ten guard digits and more. */
    static BigDecimal exp(BigDecimal x) {
        var digits = new MathContext(90);
        int halvings = 0;
        for (var size = x.abs(); size.compareTo(new BigDecimal("1e-6")) > 0; size = size.divide(TWO)) halvings++;
        var small = x.divide(new BigDecimal(BigInteger.TWO.pow(halvings)), digits);
        BigDecimal term = ONE, sum = ONE;
        for (int k = 1; k < 16; k++) {
            term = term.multiply(small, digits).divide(BigDecimal.valueOf(k), digits);
            sum = sum.add(term, digits);
        }
        for (int i = 0; i < halvings; i++) sum = sum.multiply(sum, digits);
        return sum;
    }

    static BigDecimal sigmoid(double x) { return ONE.divide(ONE.add(exp(new BigDecimal(x).negate())), DIGITS); }

    static BigDecimal tanh(double x) {
        var e = exp(new BigDecimal(x).multiply(TWO));
        return e.subtract(ONE).divide(e.add(ONE), DIGITS);
    }

    /** Distance in units in the last place of the reference. */
    static double ulps(double value, BigDecimal reference) {
        return new BigDecimal(value).subtract(reference).abs().doubleValue() / Math.ulp(reference.doubleValue());
    }
}
