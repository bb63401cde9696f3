package lyceum.bayes;

import java.util.function.ToDoubleFunction;
import lyceum.random.Rng;

/**
 * A full conditional: how to redraw some coordinates given all others.
 *
 * {@snippet :
 * Conditional first = (x, rng) -> x[0] = 0.9 * x[1] + Math.sqrt(0.19) * rng.nextGaussian();
 * Conditional both = Conditional.normal(new double[3], new double[][] {{1, 0.9, 0}, {0.9, 1, 0.1}, {0, 0.1, 1}}, 0, 1);
 * Conditional any = Conditional.slice(x -> -Math.pow(x[2], 4), 2, 1.0);
 * }
 */
@FunctionalInterface
public interface Conditional {
    /** Redraws its coordinates in {@code x}, leaving the others. Called by several threads, each with its own {@code x}. */
    void draw(double[] x, Rng rng);

    /**
     * The logarithm of the probability that {@code x} becomes {@code y}; {@code -Infinity} if other coordinates differ.
     *
     * @throws UnsupportedOperationException if it cannot tell
     */
    default double logProbability(double[] x, double[] y) {
        throw new UnsupportedOperationException("logProbability: this conditional does not tell its probabilities");
    }

    /**
     * Of coordinates that take the values {@code 0 .. values - 1}, by evaluating the joint at all of their combinations: a block if there are several.
     *
     * @param logJoint up to a constant
     */
    static Conditional finite(ToDoubleFunction<double[]> logJoint, int values, int... coordinates) {
        return new FiniteConditional(logJoint, values, coordinates.clone());
    }

    /** Of a block of a normal vector: {@code N(m_b - Q_bb^-1 Q_ba (x_a - m_a), Q_bb^-1)}, Q being the inverse of the covariance. */
    static Conditional normal(double[] mean, double[][] covariance, int... block) { return NormalConditional.of(mean, covariance, block); }

    /**
     * One coordinate by slice sampling, for conditionals of no known name: draw a height under the density, then a point of the slice above it, which
     * is found by stepping out and shrinking (Neal 2003). Leaves the conditional as it is, whatever the width.
     *
     * @param logDensity the joint's, up to a constant
     * @param width a guess at the size of a slice; too small or large a one costs evaluations
     * @see <a href="https://doi.org/10.1214/aos/1056562461">Neal (2003), Slice Sampling</a>
     */
    static Conditional slice(ToDoubleFunction<double[]> logDensity, int coordinate, double width) {
        if (!(width > 0) || width == Double.POSITIVE_INFINITY)
            throw new IllegalArgumentException("Conditional.slice: width is " + width + "; it is positive and finite");
        return (x, rng) -> SliceSampler.draw(logDensity, x, coordinate, width, rng);
    }
}
