package lyceum.learn.linear;

import java.util.Set;
import lyceum.DType;
import lyceum.linalg.LeastSquares;
import lyceum.linalg.LinearMap;
import lyceum.linalg.Lsqr;
import lyceum.linalg.NonNegativeLeastSquares;
import lyceum.optim.Lbfgs;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Regressor;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Linear regression by least squares: minimises {@code sum_i w_i (y_i - c - x_i . b)^2}, with standard errors and intervals.
 *
 * {@snippet :
 * var model = new LinearRegression().fit(x, y);
 * System.out.println(model.summary());             // estimates, errors, t, p, R2, F
 * model.predictionInterval(z, 0.95);               // where new observations fall
 * }
 *
 * <p>Shapes: x (n x p), y (n) or (n x m). Dependent columns, and more columns than rows, are allowed: the slopes are then those of least norm
 * that fit the centred data, so that the intercept is not shrunk; fitted values, R2 and F are those of the column space. Weights are precisions (the variance of row i is {@code sigma^2 / w_i}): weight 2
 * gives the coefficients of a row twice, but counts it once among the degrees of freedom; rows of weight 0 do not count.
 *
 * <p>{@code 4 n p^2} flops by Householder QR with column pivoting, the default, which keeps the digits that the conditioning of the columns allows. LSQR takes
 * products with x alone, and sparse rows as they are; it and gradient descent give coefficients without the table. For rows that do not fit into memory:
 * {@link StreamedLinearRegression}; squares and products of columns: {@link PolynomialFeatures} in a {@link lyceum.stats.learner.Pipeline}.
 *
 * @param intercept true by default
 * @param positive slopes of at least 0, by {@link NonNegativeLeastSquares}, without the table; false by default
 * @param solver QR by default
 * @see <a href="https://doi.org/10.1002/9780471722199">Seber and Lee, Linear Regression Analysis (2nd ed., 2003)</a>
 */
@Withers
public record LinearRegression(boolean intercept, boolean positive, Solver solver) implements LinearRegressionWithers, Regressor {

    /** How the minimum is found. */
    public enum Solver {
        /** Householder QR with column pivoting. */
        QR,
        /** Singular values: the slowest, and surest of the rank. */
        SVD,
        /** Cholesky of {@code X'X}: the fastest, with half the digits. Dependent columns are an error. */
        CHOLESKY,
        /** CHOLESKY where that keeps ten digits, else QR. */
        AUTO,
        /** {@link Lsqr}, on centred columns of one length. */
        LSQR,
        /** {@link Lbfgs} on the same. */
        GRADIENT;

        private LeastSquares.Method direct() {
            return switch (this) {
                case SVD -> LeastSquares.Method.SVD;
                case CHOLESKY -> LeastSquares.Method.NORMAL;
                case AUTO -> LeastSquares.Method.AUTO;
                default -> LeastSquares.Method.QR;
            };
        }
    }

    public LinearRegression() { this(true, false, Solver.QR); }

    @Override public Set<Tag> tags() { return Set.of(Tag.MULTI_OUTPUT); }

    @Override public LinearRegressionModel fit(Tensor x, Tensor y) { return fit(x, y, null); }

    @Override public LinearRegressionModel fit(Tensor x, Tensor y, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        var targets = input.targets(y).to(DType.F64);
        double[] w = weights == null ? null : input.weights(weights);
        int n = input.rows(), p = input.columns();
        var rows = input.x().to(DType.F64);
        var precisions = w == null ? Tensor.ones(DType.F64, n) : Tensor.of(w);
        if (positive || solver == Solver.LSQR || solver == Solver.GRADIENT)
            return CentredRows.of(LinearMap.of(rows), precisions.matmul(rows.square()).toDoubleArray(), targets, precisions, intercept)
                    .fit(positive ? null : solver, rows);
        var design = intercept ? Tensor.concat(1, Tensor.ones(DType.F64, n, 1), rows) : rows;
        var method = solver.direct();
        var fit = new LeastSquares(method).fit(design, targets, w == null ? null : precisions);
        var b = fit.coefficients();
        var factor = fit.covarianceFactor();
        if (intercept && fit.rank() <= p) {
            var shortest = CentredFit.of(rows, targets, precisions, method);
            b = shortest.coefficients();
            factor = shortest.covarianceFactor();
        }
        boolean several = b.rank() == 2;
        var slopes = intercept ? b.narrow(0, 1, p) : b;
        var constant = intercept ? b.select(0, 0) : several ? Tensor.zeros(DType.F64, b.size(1)) : Tensor.scalar(0);
        return new LinearRegressionModel((several ? slopes.transpose() : slopes).contiguous(), constant.contiguous(), intercept, fit.rank(),
                factor, fit.fitted(), fit.residuals(), fit.leverage(), precisions);
    }

    /**
     * Sparse rows, by {@link Lsqr} whatever the solver: coefficients without the table.
     *
     * @param weights (n), or null
     */
    public LinearRegressionModel fit(Csr x, Tensor y, Tensor weights) {
        if (positive)
            throw new IllegalArgumentException("LinearRegression: positive slopes are not supported for sparse rows; pass x.toDense()");
        var rows = new LearnerInput(name() + ".fit", Tensor.zeros(DType.F64, x.rows(), 1));
        var targets = rows.targets(y);
        var precisions = weights == null ? Tensor.ones(DType.F64, x.rows()) : Tensor.of(rows.weights(weights));
        double[] values = x.values().toDoubleArray(), w = precisions.toDoubleArray(), squares = new double[(int) x.columns()];
        for (int i = 0; i < w.length; i++)
            for (int e = x.rowStart(i); e < x.rowStart(i + 1); e++) squares[x.column(e)] += w[i] * values[e] * values[e];
        for (double s : squares)
            if (!Double.isFinite(s))
                throw new IllegalArgumentException(name() + ".fit: a value of x is NaN or infinite; fill or drop missing values first");
        return CentredRows.of(LinearMap.of(x), squares, targets, precisions, intercept).fit(Solver.LSQR, null);
    }

    /**
     * The slopes of least norm of dependent columns, on data less their weighted means.
     *
     * @param coefficients the intercept first
     * @param covarianceFactor {@code [1/W + m'Cm, -m'C; -Cm, C]} for the total weight W, the means m and {@code C = (X'WX)^+} of the centred rows
     */
    private record CentredFit(Tensor coefficients, Tensor covarianceFactor) {
        static CentredFit of(Tensor x, Tensor y, Tensor w, LeastSquares.Method method) {
            double total = w.sum().item();
            Tensor share = w.div(total), m = share.matmul(x), mean = share.matmul(y), centred = x.sub(m);
            // A constant column is noise of rounding once it is centred.
            var keep = share.matmul(centred.square()).gt(share.matmul(x.square()).mul(1e-24)).to(DType.F64);
            var fit = new LeastSquares(method).fit(centred.mul(keep), y.sub(mean), w);
            Tensor b = fit.coefficients(), c = fit.covarianceFactor(), cm = c.matmul(m);
            var intercept = mean.sub(m.matmul(b)).unsqueeze(0);
            var top = Tensor.concat(0, m.matmul(cm).add(1 / total).reshape(1), cm.neg()).unsqueeze(0);
            return new CentredFit(Tensor.concat(0, intercept, b), Tensor.concat(0, top, Tensor.concat(1, cm.neg().unsqueeze(1), c)));
        }
    }
}
