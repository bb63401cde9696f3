package lyceum.learn.linear;

import lyceum.stats.learner.Regressor;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Elastic net: minimises {@code sum_i w_i (y_i - c - x_i . b)^2 / (2 sum_i w_i) + alpha r |b|_1 + alpha (1 - r) |b|^2 / 2}, r the {@code l1Ratio}.
 *
 * <p>Like the {@link Lasso} it sets coefficients to exactly 0; unlike it, correlated features enter together. Shapes: x (n x p), y (n).
 *
 * @param alpha the strength, positive
 * @param l1Ratio in (0, 1]: 1 is the lasso; for 0 use {@link Ridge} with alpha times n
 * @param solver see {@link CoordinateDescent}
 * @see <a href="https://doi.org/10.1111/j.1467-9868.2005.00503.x">Zou and Hastie (2005)</a>
 * @see <a href="https://doi.org/10.18637/jss.v033.i01">Friedman, Hastie and Tibshirani (2010)</a>
 */
@Withers
public record ElasticNet(double alpha, double l1Ratio, @Withers.Flat CoordinateDescent solver) implements ElasticNetWithers, Regressor {
    public ElasticNet {
        if (!(alpha > 0 && alpha < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("ElasticNet: alpha is " + alpha + "; it is positive (LinearRegression has no penalty)");
        if (!(l1Ratio > 0 && l1Ratio <= 1)) throw new IllegalArgumentException(
                "ElasticNet: l1Ratio is " + l1Ratio + "; it lies in (0, 1]" + (l1Ratio == 0 ? ", Ridge is the case 0" : ""));
    }

    public ElasticNet(double alpha, double l1Ratio) { this(alpha, l1Ratio, new CoordinateDescent()); }

    @Override public LassoModel fit(Tensor x, Tensor y) { return fit(x, y, null); }

    @Override public LassoModel fit(Tensor x, Tensor y, Tensor weights) {
        return fit(SparseProblem.of(this, solver, x, y, weights, false));
    }

    LassoModel fit(SparseProblem problem) {
        var descent = new LassoSolver(problem, solver);
        var end = descent.solve(alpha * l1Ratio, alpha * (1 - l1Ratio));
        return problem.model(descent.coefficients(), true, alpha, l1Ratio, end).warned();
    }

    /** The least alpha at which every coefficient is 0: {@code max_j |x_j . (y - mean)| / (n l1Ratio)}. @param weights may be null */
    public double alphaMax(Tensor x, Tensor y, Tensor weights) {
        return SparseProblem.of(this, solver, x, y, weights, false).alphaMax(l1Ratio, solver.positive());
    }

    /** Solutions at {@code count} strengths, in equal ratios from {@link #alphaMax} down to {@code least} times it; this learner's alpha plays no part. */
    public LassoPath path(Tensor x, Tensor y, Tensor weights, int count, double least) {
        var problem = SparseProblem.of(this, solver, x, y, weights, false);
        return LassoPath.of(problem, solver, l1Ratio, LassoPath.grid(problem.alphaMax(l1Ratio, solver.positive()), count, least));
    }

    /** Solutions at these strengths, positive and descending, each warm-started from the one before. */
    public LassoPath path(Tensor x, Tensor y, Tensor weights, double... alphas) {
        return LassoPath.of(SparseProblem.of(this, solver, x, y, weights, false), solver, l1Ratio, alphas);
    }
}
