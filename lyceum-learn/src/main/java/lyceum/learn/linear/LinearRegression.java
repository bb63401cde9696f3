package lyceum.learn.linear;

import java.util.Set;
import lyceum.DType;
import lyceum.linalg.LeastSquares;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Regressor;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Linear regression by least squares: minimises {@code sum_i w_i (y_i - c - x_i . b)^2}, and says how sure it is.
 *
 * {@snippet :
 * var model = new LinearRegression().fit(x, y);
 * System.out.println(model.summary());             // estimates, errors, t, p, R2, F
 * model.predictionInterval(z, 0.95);               // where new observations fall
 * }
 *
 * <p>Shapes: x (n x p), y (n) or (n x m). Dependent columns are allowed: the coefficients are then the shortest ones (intercept included),
 * and fitted values, R2 and F are those of the column space. Weights are precisions (the variance of row i is {@code sigma^2 / w_i}): weight 2
 * gives the coefficients of a row twice, but counts it once among the degrees of freedom; rows of weight 0 do not count.
 *
 * <p>{@code 4 n p^2} flops by Householder QR with column pivoting, the default, which keeps the digits that the conditioning of the columns allows.
 *
 * @param intercept true by default
 * @param method QR by default; see {@link LeastSquares}
 * @see <a href="https://doi.org/10.1002/9780471722199">Seber and Lee, Linear Regression Analysis (2nd ed., 2003)</a>
 */
@Withers
public record LinearRegression(boolean intercept, LeastSquares.Method method) implements LinearRegressionWithers, Regressor {
    public LinearRegression() { this(true, LeastSquares.Method.QR); }

    @Override public Set<Tag> tags() { return Set.of(Tag.MULTI_OUTPUT); }

    @Override public LinearRegressionModel fit(Tensor x, Tensor y) { return fit(x, y, null); }

    @Override public LinearRegressionModel fit(Tensor x, Tensor y, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        var targets = input.targets(y).to(DType.F64);
        double[] w = weights == null ? null : input.weights(weights);
        int n = input.rows(), p = input.columns();
        var rows = input.x().to(DType.F64);
        var design = intercept ? Tensor.concat(1, Tensor.ones(DType.F64, n, 1), rows) : rows;
        var fit = new LeastSquares(method).fit(design, targets, w == null ? null : Tensor.of(w));
        var b = fit.coefficients();
        boolean several = b.rank() == 2;
        var slopes = intercept ? b.narrow(0, 1, p) : b;
        var constant = intercept ? b.select(0, 0) : several ? Tensor.zeros(DType.F64, b.size(1)) : Tensor.scalar(0);
        return new LinearRegressionModel((several ? slopes.transpose() : slopes).contiguous(), constant.contiguous(), intercept, fit.rank(),
                fit.covarianceFactor(), fit.fitted(), fit.residuals(), fit.leverage(),
                w == null ? Tensor.ones(DType.F64, n) : Tensor.of(w));
    }
}
