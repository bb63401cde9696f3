package lyceum.stats;

import java.util.function.UnaryOperator;
import lyceum.tensor.Tensor;

/**
 * What is believed of a parameter before the data: a log-density in tensor operations.
 *
 * @param formula {@code log p(theta)}, element by element; null where it is constant
 * @param kink {@code 1 / b} of a Laplace prior, whose density has a kink at 0; 0 for others
 */
public record Prior(UnaryOperator<Tensor> formula, double kink) {
    public Prior {
        if (!(kink >= 0)) throw new IllegalArgumentException("Prior: kink is " + kink + "; it is at least 0");
    }

    /** No preference: the mode is the maximum of the likelihood. */
    public static final Prior FLAT = new Prior(null, 0);

    /** A ridge: {@code lambda = noise variance / variance}. */
    public static Prior normal(double mean, double variance) {
        if (!(variance > 0)) throw new IllegalArgumentException("Prior.normal: variance is " + variance + "; it must be positive");
        return new Prior(theta -> theta.sub(mean).square().mul(-0.5 / variance).sub(0.5 * Math.log(2 * Math.PI * variance)), 0);
    }

    /** {@code exp(-|theta| / scale) / (2 scale)}: the lasso, {@code alpha = noise variance / (n scale)}. */
    public static Prior laplace(double scale) {
        if (!(scale > 0)) throw new IllegalArgumentException("Prior.laplace: scale is " + scale + "; it must be positive");
        return new Prior(null, 1 / scale);
    }

    /** A member of a family: gamma for rates, beta for probabilities. */
    public static Prior of(ParametricFamily family, double... parameters) {
        family.at(parameters); // checks them
        var fixed = Tensor.of(parameters);
        return new Prior(theta -> family.logDensity(fixed, theta), 0);
    }
}
