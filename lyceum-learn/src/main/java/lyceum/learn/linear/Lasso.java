package lyceum.learn.linear;

import lyceum.stats.learner.Regressor;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * The lasso: minimises {@code sum_i w_i (y_i - c - x_i . b)^2 / (2 sum_i w_i) + alpha |b|_1}; the intercept c is free.
 *
 * {@snippet :
 * var model = new Lasso(0.1).fit(x, y);
 * model.support();                                   // which features are in
 * var chosen = new LassoCv().fit(x, y);              // alpha by cross-validation
 * new Lasso(1).path(x, y, null, 100, 1e-3).figure(names);
 * }
 *
 * <p>Shapes: x (n x p), y (n). The loss is a mean, as in scikit-learn and glmnet: twice the rows, the same alpha. Nothing enters until alpha is below
 * {@link #alphaMax}. At the solution each feature in the support has correlation {@code x_j . residual / n = alpha sign(b_j)}, every other one less.
 *
 * <p>For all strengths at once see {@link LassoLars}, for a strength chosen by the data {@link LassoCv}, for several targets that share their
 * features {@link MultiTaskLasso}; {@link LassoModel#debiased} refits the chosen features without shrinking.
 *
 * @param alpha the strength, positive
 * @param solver see {@link CoordinateDescent}
 * @see <a href="https://doi.org/10.1111/j.2517-6161.1996.tb02080.x">Tibshirani (1996)</a>
 */
@Withers
public record Lasso(double alpha, @Withers.Flat CoordinateDescent solver) implements LassoWithers, Regressor {
    public Lasso {
        if (!(alpha > 0 && alpha < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("Lasso: alpha is " + alpha + "; it is positive (LinearRegression has no penalty)");
    }

    public Lasso(double alpha) { this(alpha, new CoordinateDescent()); }

    private ElasticNet net() { return new ElasticNet(alpha, 1, solver); }

    @Override public LassoModel fit(Tensor x, Tensor y) { return fit(x, y, null); }

    @Override public LassoModel fit(Tensor x, Tensor y, Tensor weights) {
        return net().fit(SparseProblem.of(this, solver, x, y, weights, false));
    }

    /** The least alpha at which every coefficient is 0: {@code max_j |x_j . (y - mean)| / n}. @param weights may be null */
    public double alphaMax(Tensor x, Tensor y, Tensor weights) { return net().alphaMax(x, y, weights); }

    /** Solutions at {@code count} strengths, in equal ratios from {@link #alphaMax} down to {@code least} times it; this learner's alpha is ignored. */
    public LassoPath path(Tensor x, Tensor y, Tensor weights, int count, double least) { return net().path(x, y, weights, count, least); }

    /** Solutions at these strengths, positive and descending, each warm-started from the one before. */
    public LassoPath path(Tensor x, Tensor y, Tensor weights, double... alphas) { return net().path(x, y, weights, alphas); }
}
