package lyceum.prob;

import java.util.function.DoubleUnaryOperator;
import lyceum.math.Special;

/**
 * A smooth, strictly monotone function g with its inverse and slope: what a {@link Transformed} variable goes through.
 *
 * @param forward g
 * @param inverse of g
 * @param logSlope {@code log |g'(x)|} of x
 * @param bend {@code d log |g'(x)| / dx}
 * @param isIncreasing else it is decreasing
 */
public record Bijection(DoubleUnaryOperator forward, DoubleUnaryOperator inverse, DoubleUnaryOperator logSlope, DoubleUnaryOperator bend,
        boolean isIncreasing) {

    /** From the line to the positive numbers. */
    public static final Bijection EXP = new Bijection(Math::exp, Math::log, x -> x, x -> 1, true);

    /** From the positive numbers to the line. */
    public static final Bijection LOG = EXP.inverted();

    /** From the line to (0, 1). */
    public static final Bijection SIGMOID = new Bijection(Special::sigmoid, y -> Math.log(y) - Math.log1p(-y),
            x -> -Special.softplus(x) - Special.softplus(-x), x -> -Math.tanh(x / 2), true);

    /** From the line to (-1, 1). */
    public static final Bijection TANH = affine(2, 0).then(SIGMOID).then(affine(2, -1));

    /** {@code scale x + shift}. @param scale not 0 */
    public static Bijection affine(double scale, double shift) {
        if (scale == 0 || !Double.isFinite(scale) || !Double.isFinite(shift)) throw new IllegalArgumentException(
                "affine: scale is " + scale + " and shift " + shift + "; they are finite, and the scale is not 0");
        return new Bijection(x -> scale * x + shift, y -> (y - shift) / scale, x -> Math.log(Math.abs(scale)), x -> 0, scale > 0);
    }

    /** {@code x^exponent} of positive x. @param exponent not 0 */
    public static Bijection power(double exponent) {
        if (exponent == 0 || !Double.isFinite(exponent))
            throw new IllegalArgumentException("power: the exponent is " + exponent + "; it is finite and not 0");
        return new Bijection(x -> Math.pow(x, exponent), y -> Math.pow(y, 1 / exponent),
                x -> Math.log(Math.abs(exponent)) + (exponent - 1) * Math.log(x), x -> (exponent - 1) / x, exponent > 0);
    }

    /** {@code g(x)}. */
    public double apply(double x) { return forward.applyAsDouble(x); }

    /** g first, then another. */
    public Bijection then(Bijection next) {
        return new Bijection(x -> next.apply(apply(x)), y -> inverse.applyAsDouble(next.inverse.applyAsDouble(y)),
                x -> logSlope.applyAsDouble(x) + next.logSlope.applyAsDouble(apply(x)),
                x -> bend.applyAsDouble(x)
                        + next.bend.applyAsDouble(apply(x)) * (isIncreasing ? 1 : -1) * Math.exp(logSlope.applyAsDouble(x)),
                isIncreasing == next.isIncreasing);
    }

    /** Of y: {@code log |d inverse / dy| = -log |g'(inverse(y))|}. */
    public Bijection inverted() {
        DoubleUnaryOperator log = y -> -logSlope.applyAsDouble(inverse.applyAsDouble(y));
        return new Bijection(inverse, forward, log,
                y -> -bend.applyAsDouble(inverse.applyAsDouble(y)) * (isIncreasing ? 1 : -1) * Math.exp(log.applyAsDouble(y)),
                isIncreasing);
    }
}
