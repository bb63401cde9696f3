package lyceum.optim;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/**
 * Two decimals that a number lies between. Sums and products of points are exact, so that polynomials of doubles are computed in rational
 * arithmetic; the elementary functions work with 70 digits and round outwards at 50.
 */
record DecimalInterval(BigDecimal low, BigDecimal high) {
    private static final MathContext WORK = new MathContext(70), DOWN = new MathContext(50, RoundingMode.FLOOR),
            UP = new MathContext(50, RoundingMode.CEILING);
    /** Far more than the working precision loses, far less than 50 digits show. */
    private static final BigDecimal LOST = new BigDecimal("1e-58");
    private static final BigDecimal TWO = BigDecimal.valueOf(2);
    private static final BigDecimal PI = new BigDecimal(
            "3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803482534211706798");

    static DecimalInterval of(double value) { return of(new BigDecimal(value)); }

    static DecimalInterval of(BigDecimal value) { return new DecimalInterval(value, value); }

    DecimalInterval plus(DecimalInterval other) { return new DecimalInterval(low.add(other.low), high.add(other.high)); }

    DecimalInterval minus(DecimalInterval other) { return new DecimalInterval(low.subtract(other.high), high.subtract(other.low)); }

    DecimalInterval times(DecimalInterval other) {
        BigDecimal a = low.multiply(other.low), b = low.multiply(other.high), c = high.multiply(other.low), d = high.multiply(other.high);
        return new DecimalInterval(a.min(b).min(c).min(d), a.max(b).max(c).max(d));
    }

    DecimalInterval abs() {
        if (low.signum() >= 0) return this;
        if (high.signum() <= 0) return new DecimalInterval(high.negate(), low.negate());
        return new DecimalInterval(BigDecimal.ZERO, high.max(low.negate()));
    }

    DecimalInterval max(DecimalInterval other) { return new DecimalInterval(low.max(other.low), high.max(other.high)); }

    DecimalInterval reciprocal() {
        if (low.signum() * high.signum() <= 0) throw new ArithmeticException("1 / u over an interval that holds 0");
        return new DecimalInterval(BigDecimal.ONE.divide(high, DOWN), BigDecimal.ONE.divide(low, UP));
    }

    DecimalInterval sqrt() { return outwards(low.sqrt(WORK), high.sqrt(WORK)); }

    DecimalInterval exp() { return outwards(exp(low), exp(high)); }

    DecimalInterval log() {
        if (low.signum() <= 0) throw new ArithmeticException("log over an interval that reaches 0");
        return outwards(log(low), log(high));
    }

    /** The sine of the middle, give or take the width: it never moves faster than its argument. */
    DecimalInterval sin() {
        var sine = sin(low.add(high).divide(TWO, WORK));
        var width = high.subtract(low);
        return outwards(sine.subtract(width), sine.add(width));
    }

    private static DecimalInterval outwards(BigDecimal low, BigDecimal high) {
        return new DecimalInterval(low.subtract(lost(low)).round(DOWN), high.add(lost(high)).round(UP));
    }

    private static BigDecimal lost(BigDecimal value) { return LOST.multiply(value.abs().max(BigDecimal.ONE)); }

    /** {@code exp(x / 2^k)^(2^k)} with the series where it converges at once. */
    private static BigDecimal exp(BigDecimal x) {
        int halvings = Math.max(0, 8 + Math.getExponent(x.doubleValue()));
        BigDecimal u = x.divide(TWO.pow(halvings), new MathContext(90)), sum = BigDecimal.ONE, term = BigDecimal.ONE;
        var more = new MathContext(90);
        for (int k = 1; k < 60; k++) {
            term = term.multiply(u, more).divide(BigDecimal.valueOf(k), more);
            sum = sum.add(term, more);
        }
        for (int k = 0; k < halvings; k++) sum = sum.multiply(sum, more);
        return sum.round(WORK);
    }

    /** Halley's steps on exp(y) = x: sixteen digits become 48, then all. */
    private static BigDecimal log(BigDecimal x) {
        var y = new BigDecimal(Math.log(x.doubleValue()));
        for (int step = 0; step < 3; step++) {
            var e = exp(y);
            y = y.add(TWO.multiply(x.subtract(e)).divide(x.add(e), WORK), WORK);
        }
        return y;
    }

    private static BigDecimal sin(BigDecimal x) {
        var turns = x.divide(PI.multiply(TWO), 0, RoundingMode.HALF_EVEN);
        BigDecimal u = x.subtract(PI.multiply(TWO).multiply(turns)), sum = u, term = u, square = u.multiply(u, WORK).negate();
        for (int k = 1; k < 45; k++) {
            term = term.multiply(square, new MathContext(80)).divide(BigDecimal.valueOf((2L * k) * (2L * k + 1)), new MathContext(80));
            sum = sum.add(term);
        }
        return sum.round(WORK);
    }
}
