package lyceum.learn.linear;

import lyceum.stats.learner.Regressor;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * The {@link Lasso} by least angle regression: follows the solution exactly, from the first feature that enters down to {@code alpha}, knot by knot.
 *
 * <p>Between knots the coefficients are straight lines in alpha, so the whole path is known from a few dozen linear systems. Best where p or n is at
 * most some thousands; for one strength of a large problem {@link Lasso} is faster. Shapes: x (n x p), y (n).
 *
 * @param alpha where to stop, 0 or more, in the lasso's units
 * @param intercept centre first (true by default)
 * @param method LASSO by default
 * @see <a href="https://doi.org/10.1214/009053604000000067">Efron, Hastie, Johnstone and Tibshirani (2004)</a>
 */
@Withers
public record LassoLars(double alpha, boolean intercept, Method method) implements LassoLarsWithers, Regressor {
    /** What happens when a coefficient would change its sign. */
    public enum Method {
        /** It leaves at 0: the path is that of the lasso. */
        LASSO,
        /** It goes on: plain least angle regression, one knot a feature. */
        LAR
    }

    public LassoLars {
        if (!(alpha >= 0 && alpha < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("LassoLars: alpha is " + alpha + "; it is finite and at least 0");
    }

    public LassoLars(double alpha) { this(alpha, true, Method.LASSO); }

    @Override public LassoModel fit(Tensor x, Tensor y) { return fit(x, y, null); }

    @Override public LassoModel fit(Tensor x, Tensor y, Tensor weights) {
        var path = path(x, y, weights);
        return path.model(Math.max(alpha, path.alphas().item(path.alphas().count() - 1)));
    }

    /** The path down to {@code alpha}, or to where it must end: no degrees of freedom or no independent feature left. @param weights may be null */
    public LarsPath path(Tensor x, Tensor y, Tensor weights) {
        var options = new CoordinateDescent().withIntercept(intercept);
        return LarsPath.of(SparseProblem.of(this, options, x, y, weights, false), alpha, method);
    }
}
